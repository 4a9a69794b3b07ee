"""Files of messages."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from ninja import Router

from frontdesk.conversations.attachments import attachment_by_uuid

from ...files.serving import given
from ..auth import ApiRequest

router = Router(tags=["Conversations"])
FILE = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
ANSWERS = {200: {"description": "The file, or the range of it that was asked for.", "content": FILE}}


@router.get("/api/attachments/{uuid:attachment_id}", response={200: None}, openapi_extra={"responses": ANSWERS})
def read_attachment(request: ApiRequest, attachment_id: UUID) -> HttpResponse:
    """A file of a message as it was sent. What browsers cannot show safely comes as `application/octet-stream`."""
    return given(request, attachment_by_uuid(attachment_id))
