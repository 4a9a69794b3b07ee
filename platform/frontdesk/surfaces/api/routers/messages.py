"""Messages of a conversation: what was said, with its files, and what a teammate writes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from django.db.models import Prefetch
from django.utils.translation import gettext as _
from ninja import Field, Query, Router, Schema
from ninja import Status as Answer
from pydantic import StringConstraints

from frontdesk.channels import templates
from frontdesk.conversations import actions, queries
from frontdesk.conversations.attachments import MOST_FILES, Upload
from frontdesk.conversations.models import Attachment, Conversation, Message
from frontdesk.core.errors import Invalid
from frontdesk.sdk.values import Template
from frontdesk.workspaces.permissions import require

from ..auth import ApiRequest
from ..forms import read_form
from ..media import absolute
from ..pagination import Page, Paging, page_of
from ..parser import MULTIPART, read_body

router = Router(tags=["Conversations"])
MOST_VALUES = 100


class AttachmentOut(Schema):
    uuid: UUID
    name: str
    media_type: str = Field(description="What its content is; until it is here, what the sender says.")
    size: int
    state: str = Field(description="`pending` (on its way), `ready` or `refused`")
    problem: str = Field(description="Why it was not taken.")
    url: str | None = Field(description="Where it is with the same credential; null unless it is ready.")

    @staticmethod
    def resolve_url(attachment: Attachment, context: Mapping[str, Any]) -> str | None:
        ready = attachment.state == Attachment.State.READY
        return absolute(context["request"], f"/api/attachments/{attachment.uuid}/") if ready else None


class MessageOut(Schema):
    id: int
    uuid: UUID
    author: str
    text: str
    attachments: list[AttachmentOut]
    reply_to: UUID | None = Field(None, alias="reply_to.uuid", description="The message that this one answers.")
    reaction: str = Field(description="An emoji that the customer put on it.")
    deleted: bool = Field(description="Whether the customer took it back.")
    rating: str
    sources: list[dict[str, Any]]
    run_id: UUID | None = Field(None, alias="run_uuid")
    created_at: datetime

    @staticmethod
    def resolve_attachments(message: Message) -> list[Attachment]:
        return list(message.attachments.all())

    @staticmethod
    def resolve_deleted(message: Message) -> bool:
        return message.deleted_at is not None


class TemplateIn(Schema):
    name: Annotated[str, Field(max_length=512)]
    language: Annotated[str, Field(max_length=20)]
    values: Annotated[list[str], Field(max_length=MOST_VALUES)] = Field([], description="What stands for {{1}}, {{2}}…")


class TemplateOut(Schema):
    name: str
    language: str
    text: str = Field(description="With its blanks as {{1}}, {{2}}…")


class PersonMessageIn(Schema):
    """Either words, or an approved template."""

    text: Annotated[str, StringConstraints(strip_whitespace=True, max_length=actions.MAX_TEXT)] = ""
    reply_to: UUID | None = Field(None, description="A message of this conversation that this one answers.")
    template: TemplateIn | None = None


class PersonFilesIn(Schema):
    """The words of a form that carries files."""

    text: Annotated[str, StringConstraints(strip_whitespace=True, max_length=actions.MAX_TEXT)] = ""
    reply_to: UUID | None = None


def _json_shape() -> dict[str, Any]:
    """Whole in itself: what stands in `openapi_extra` cannot refer to the document's schemas."""
    shape = PersonMessageIn.json_schema()
    del shape["$defs"]
    shape["properties"]["template"] = {"anyOf": [TemplateIn.json_schema(), {"type": "null"}]}
    return shape


FILES = {"type": "array", "items": {"type": "string", "format": "binary"}, "maxItems": MOST_FILES}
FORM = {
    "files": FILES,
    "text": {"type": "string", "maxLength": actions.MAX_TEXT},
    "reply_to": {"type": "string", "format": "uuid"},
}
WORDS_OR_FILES = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": _json_shape()},
            MULTIPART: {"schema": {"type": "object", "properties": FORM, "required": ["files"]}},
        },
    }
}


@router.get("/api/conversations/{uuid:conversation_id}/messages", response=Page[MessageOut])
def list_messages(request: ApiRequest, conversation_id: UUID, paging: Query[Paging]) -> dict[str, Any]:
    """Oldest first."""
    rows = queries.messages(queries.conversation_by_uuid(conversation_id)).select_related("reply_to")
    return page_of(request, rows.prefetch_related(Prefetch("attachments", Attachment.objects.order_by("id"))), paging)


@router.post("/api/conversations/{uuid:conversation_id}/messages", response={201: MessageOut}, openapi_extra=WORDS_OR_FILES)
def send_message(request: ApiRequest, conversation_id: UUID) -> Answer:
    """Write to the customer as a person; it goes out on the channel that the conversation is on.

    Files come as a form, in the field `files`. Some channels take only a `template` for a customer who has been silent for long.
    """
    conversation = queries.conversation_by_uuid(conversation_id)
    if request.content_type == MULTIPART:
        words = read_form(request.POST, PersonFilesIn)
        return Answer(201, _reply(request, conversation, words.text, words.reply_to, _uploads(request)))
    body = read_body(request, PersonMessageIn)
    if body.template is None:
        return Answer(201, _reply(request, conversation, body.text, body.reply_to))
    if body.text or body.reply_to:
        raise Invalid.field("template", _("Send either a text or a template."))
    chosen = body.template
    return Answer(201, templates.send_template(request.actor, conversation, chosen.name, chosen.language, chosen.values))


@router.get("/api/conversations/{uuid:conversation_id}/templates", response=list[TemplateOut])
def list_templates(request: ApiRequest, conversation_id: UUID) -> Sequence[Template]:
    """The approved texts of the conversation's channel, asked of the vendor; none where there is no such thing."""
    require(request.actor, "answer")
    channel = queries.conversation_by_uuid(conversation_id).channel
    return templates.templates(channel) if channel else ()


def _reply(
    request: ApiRequest, conversation: Conversation, text: str, reply_to: UUID | None, files: Sequence[Upload] = ()
) -> Message:
    answered = conversation.messages.filter(uuid=reply_to).first() if reply_to else None
    if reply_to and answered is None:
        raise Invalid.field("reply_to", _("There is no such message in this conversation."))
    return actions.reply_as_person(request.actor, conversation, text, files=files, reply_to=answered)


def _uploads(request: ApiRequest) -> list[Upload]:
    """One more than are taken at most, so that too many are refused without being read."""
    sent = request.FILES.getlist("files")[: MOST_FILES + 1]
    return [Upload(file.name or "", file.read(), file.content_type or "") for file in sent]
