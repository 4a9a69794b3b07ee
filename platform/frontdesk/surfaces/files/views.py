"""Files of messages and of knowledge for those who cannot sign in: /files/<signed address>."""

from __future__ import annotations

import mimetypes

from django.conf import settings
from django.core.files.storage import default_storage
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe
from django.views.static import serve

from frontdesk.conversations import attachments
from frontdesk.core.errors import FrontdeskError
from frontdesk.knowledge import originals

from .serving import given, given_bytes


@require_safe
def by_link(request: HttpRequest, token: str) -> HttpResponse:
    try:
        return given(request, attachments.by_link(token))
    except FrontdeskError as error:
        return _sentence(error)


@require_safe
def source_by_link(request: HttpRequest, token: str) -> HttpResponse:
    """Always a download: a page that an owner uploaded never runs here."""
    try:
        source = originals.by_link(token)
        return given_bytes(request, originals.read(source), source.name, "")
    except FrontdeskError as error:
        return _sentence(error)


@require_safe
def picture(request: HttpRequest, path: str) -> HttpResponseBase:
    """A picture of a public page, wherever files are kept."""
    if not settings.S3_BUCKET:
        return serve(request, path, document_root=settings.MEDIA_ROOT)
    try:
        with default_storage.open(path) as stored:
            data = stored.read()
    except FileNotFoundError:
        raise Http404 from None
    except FrontdeskError as error:
        return _sentence(error)
    return given_bytes(request, data, path.rpartition("/")[2], mimetypes.guess_type(path)[0] or "")


def _sentence(error: FrontdeskError) -> HttpResponse:
    return HttpResponse(str(error.message), status=error.status, content_type="text/plain; charset=utf-8")
