"""Files of messages for vendors and customers: /files/<signed address>."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from frontdesk.conversations import attachments
from frontdesk.core.errors import FrontdeskError

from .serving import given


@require_safe
def by_link(request: HttpRequest, token: str) -> HttpResponse:
    try:
        return given(request, attachments.by_link(token))
    except FrontdeskError as error:
        return HttpResponse(str(error.message), status=error.status, content_type="text/plain; charset=utf-8")
