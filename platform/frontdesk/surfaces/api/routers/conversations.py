"""Conversations and their messages, to read; and who answers."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from ninja import Field, Query, Router, Schema

from frontdesk.conversations import queries

from ..auth import ApiRequest
from ..pagination import Page, Paging, page_of

router = Router(tags=["Conversations"])
Status = Literal["active", "support_active", "closed"]
Words = Annotated[str, Field(max_length=200)]


class ContactOut(Schema):
    id: int
    uuid: UUID
    name: str
    email: str
    phone: str
    language: str


class ConversationOut(Schema):
    id: int
    uuid: UUID
    status: str
    status_reason: str
    channel: str = Field(alias="channel_kind")
    agent_id: UUID | None = Field(None, alias="agent.uuid")
    contact: ContactOut
    test: bool
    last_message: str = Field(alias="last_message_preview")
    last_message_at: datetime | None
    created_at: datetime


class MessageOut(Schema):
    id: int
    uuid: UUID
    author: str
    text: str
    rating: str
    sources: list[dict[str, Any]]
    run_id: UUID | None = Field(None, alias="run_uuid")
    created_at: datetime


@router.get("/api/conversations", response=Page[ConversationOut])
def list_conversations(
    request: ApiRequest, paging: Query[Paging], status: Status | None = None, search: Words = "", test: bool = False
) -> dict[str, Any]:
    """The last written first. `search` looks into the messages; conversations held in test mode are left out unless `test`."""
    return page_of(request, queries.conversations(status=status or "", search=search, tests=test), paging)


@router.get("/api/conversations/{uuid:conversation_id}", response=ConversationOut)
def read_conversation(request: ApiRequest, conversation_id: UUID) -> Any:
    return queries.conversation_by_uuid(conversation_id)


@router.get("/api/conversations/{uuid:conversation_id}/messages", response=Page[MessageOut])
def list_messages(request: ApiRequest, conversation_id: UUID, paging: Query[Paging]) -> dict[str, Any]:
    """Oldest first."""
    return page_of(request, queries.messages(queries.conversation_by_uuid(conversation_id)), paging)
