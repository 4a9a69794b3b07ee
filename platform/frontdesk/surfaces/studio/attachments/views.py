"""Files that customers and teammates sent, for members."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.views.decorators.http import require_safe

from frontdesk.conversations.attachments import attachment_by_uuid

from ...files.serving import given
from ..page import studio_page
from ..request import StudioRequest


@require_safe
@studio_page()
def attachment(request: StudioRequest, uuid: UUID) -> HttpResponse:
    return given(request, attachment_by_uuid(uuid))
