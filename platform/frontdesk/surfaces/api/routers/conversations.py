"""Conversations: to read and search, who answers them, whose they are, and what teammates note in them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from django.db import transaction
from django.db.models import Prefetch, QuerySet
from ninja import Field, Query, Router, Schema
from ninja import Status as Answer
from pydantic import StringConstraints

from frontdesk.conversations import actions, activities, assigning, notes, queries, searching, snoozing, tagging, views
from frontdesk.conversations.filtering import YEAR_IN_MINUTES, Filters, filtered
from frontdesk.conversations.models import Activity, Conversation, Note, Tag
from frontdesk.workspaces.permissions import require

from ..auth import ApiRequest
from ..pagination import Page, Paging, page_of

router = Router(tags=["Conversations"])
Status = Literal["active", "support_active", "closed"]
Priority = Literal["low", "normal", "high", "urgent"]
Words = Annotated[str, Field(max_length=200)]


class ContactOut(Schema):
    id: int
    uuid: UUID
    name: str
    email: str
    phone: str
    language: str


class TagName(Schema):
    uuid: UUID
    name: str
    colour: str


class PersonOut(Schema):
    uuid: UUID
    name: str = Field(alias="get_full_name")


class ConversationOut(Schema):
    id: int
    uuid: UUID
    status: str
    status_reason: str
    channel: str = Field(alias="channel_kind")
    agent_id: UUID | None = Field(None, alias="agent.uuid")
    contact: ContactOut
    assignee: PersonOut | None
    priority: Priority
    tags: list[TagName]
    snoozed_until: datetime | None
    waiting_since: datetime | None = Field(description="Since when nobody has answered the customer.")
    test: bool
    last_message: str = Field(alias="last_message_preview")
    last_message_at: datetime | None
    created_at: datetime

    @staticmethod
    def resolve_priority(conversation: Conversation) -> str:
        return Conversation.Priority(conversation.priority).name.lower()

    @staticmethod
    def resolve_tags(conversation: Conversation) -> list[Tag]:
        return list(conversation.tags.all())


class ConversationPatch(Schema):
    """Any of these; what is left out stays. All of it happens, or nothing."""

    status: Status | None = None
    reason: Annotated[str, Field(max_length=200)] = Field("", description="Why the status is another one; shown in the thread.")
    assignee: UUID | None = Field(None, description="A member's `user_id`; null gives it to nobody.")
    priority: Priority | None = None
    tags: Annotated[list[UUID], Field(max_length=20)] | None = Field(None, description="Exactly these tags.")
    snoozed_until: datetime | None = Field(None, description="Null brings it back at once.")


class InboxFilter(Schema):
    """Which conversations to list."""

    status: Literal["active", "support_active", "closed", "open"] | None = Field(None, description="`open` is all but closed.")
    search: Words = Field("", description="In messages, notes and customers; the best match comes first.")
    test: bool = Field(False, description="Those held in test mode, which are left out otherwise.")
    agent_id: UUID | None = None
    channel: Annotated[str, Field(max_length=40)] = Field("", description="A kind: telegram, email, widget, api, …")
    tag: Annotated[list[UUID], Field(max_length=20)] = Field([], description="Again for each; a conversation must have all.")
    assignee: Literal["me", "nobody"] | UUID | None = None
    unread: bool = False
    snoozed: Literal["hidden", "only", "all"] = "all"
    priority: list[Priority] = []
    waiting_minutes: int | None = Field(None, ge=0, le=YEAR_IN_MINUTES, description="Waits longer than that.")
    language: Annotated[str, Field(max_length=10)] = ""
    contact_id: UUID | None = None
    blocked: bool = Field(False, description="Those of blocked customers, which are left out otherwise.")
    view_id: UUID | None = Field(None, description="A saved view; it stands for all other filters.")

    def filters(self, request: ApiRequest) -> Filters:
        if self.view_id is not None:
            return views.filters_of(views.view_by_uuid(request.actor, self.view_id))
        same = self.dict(exclude={"search", "test", "agent_id", "tag", "contact_id", "view_id", "status", "assignee"})
        named = {"agent": self.agent_id, "contact": self.contact_id, "tags": self.tag, "tests": self.test, "words": self.search}
        return Filters(**same, **named, status=self.status or "", assignee=self.assignee or "")


class NoteIn(Schema):
    text: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=notes.MAX_TEXT)]


class NoteOut(Schema):
    id: int
    uuid: UUID
    text: str
    author: str = Field(alias="author_name")
    created_at: datetime


class ActivityOut(Schema):
    id: int
    uuid: UUID
    kind: str
    text: str = Field(description="What was done, as a sentence.")
    by: str = Field(alias="actor_name", description="Empty for what happened by itself.")
    created_at: datetime

    @staticmethod
    def resolve_text(activity: Activity) -> str:
        return activities.sentence(activity)


@router.get("/api/conversations", response=Page[ConversationOut])
def list_conversations(request: ApiRequest, paging: Query[Paging], wanted: Query[InboxFilter]) -> dict[str, Any]:
    """The last written first; with `search` the best match first."""
    require(request.actor, "view")
    filters = wanted.filters(request)
    rows = filtered(filters, request.actor)
    if not filters.words:
        return page_of(request, _whole(rows).order_by("-last_message_at", "-id"), paging)
    page = page_of(request, [hit.conversation_id for hit in searching.search(filters.words, rows)], paging)
    found = {row.pk: row for row in _whole(Conversation.objects.filter(pk__in=page["results"]))}
    return {**page, "results": [found[pk] for pk in page["results"] if pk in found]}


@router.get("/api/conversations/{uuid:conversation_id}", response=ConversationOut)
def read_conversation(request: ApiRequest, conversation_id: UUID) -> Conversation:
    return _whole(Conversation.objects.filter(pk=queries.conversation_by_uuid(conversation_id).pk)).get()


@router.patch("/api/conversations/{uuid:conversation_id}", response=ConversationOut)
def change_conversation(request: ApiRequest, conversation_id: UUID, body: ConversationPatch) -> Conversation:
    """Who answers, whose it is, how urgent, its tags, and until when it is put off."""
    conversation = queries.conversation_by_uuid(conversation_id)
    _change(request, conversation, body)
    return _whole(Conversation.objects.filter(pk=conversation.pk)).get()


@transaction.atomic
def _change(request: ApiRequest, conversation: Conversation, body: ConversationPatch) -> None:
    actor, given = request.actor, body.dict(exclude_unset=True)
    require(actor, "answer")
    if body.tags is not None:
        tagging.set_tags(actor, conversation, tagging.tags_by_uuid(body.tags))
    if "assignee" in given:
        assigning.assign(actor, conversation, assigning.teammate(body.assignee) if body.assignee else None)
    if body.priority is not None:
        assigning.set_priority(actor, conversation, body.priority)
    if body.snoozed_until is not None:
        snoozing.snooze(actor, conversation, body.snoozed_until)
    elif "snoozed_until" in given:
        snoozing.wake(actor, conversation)
    if body.status is not None:
        actions.set_status(actor, conversation, body.status, reason=body.reason)


@router.get("/api/conversations/{uuid:conversation_id}/notes", response=Page[NoteOut])
def list_notes(request: ApiRequest, conversation_id: UUID, paging: Query[Paging]) -> dict[str, Any]:
    """What teammates told each other, oldest first. No customer and no AI sees it."""
    conversation = queries.conversation_by_uuid(conversation_id)
    return page_of(request, Note.objects.filter(conversation=conversation).defer("search_words").order_by("id"), paging)


@router.post("/api/conversations/{uuid:conversation_id}/notes", response={201: NoteOut})
def add_note(request: ApiRequest, conversation_id: UUID, body: NoteIn) -> Answer:
    return Answer(201, notes.add_note(request.actor, queries.conversation_by_uuid(conversation_id), body.text))


@router.get("/api/conversations/{uuid:conversation_id}/activities", response=Page[ActivityOut])
def list_activities(request: ApiRequest, conversation_id: UUID, paging: Query[Paging]) -> dict[str, Any]:
    """What was done with it, oldest first."""
    conversation = queries.conversation_by_uuid(conversation_id)
    return page_of(request, Activity.objects.filter(conversation=conversation).order_by("id"), paging)


def _whole(rows: QuerySet[Conversation]) -> QuerySet[Conversation]:
    tags = Prefetch("tags", queryset=Tag.objects.filter(deleted_at=None))
    return rows.select_related("contact", "agent", "assignee").prefetch_related(tags)
