"""What teammates order the inbox with: tags, canned replies, saved views."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from ninja import Field, Query, Router, Schema, Status

from frontdesk.conversations import canned, tagging, views
from frontdesk.conversations.filtering import Filters
from frontdesk.conversations.models import CannedReply, Tag, View
from frontdesk.workspaces.permissions import require

from ..auth import ApiRequest
from ..pagination import Page, Paging, page_of

router = Router(tags=["Inbox"])
TAG = "/api/tags/{uuid:tag_id}"
REPLY = "/api/canned-replies/{uuid:reply_id}"
VIEW = "/api/views/{uuid:view_id}"
Colour = Literal["gray", "red", "orange", "yellow", "green", "teal", "blue", "purple", "pink"]
Name = Annotated[str, Field(min_length=1, max_length=40)]
ViewName = Annotated[str, Field(min_length=1, max_length=views.NAME_LENGTH)]
ReplyText = Annotated[str, Field(min_length=1, max_length=canned.MAX_TEXT)]


class TagIn(Schema):
    name: Name
    colour: Colour = "gray"


class TagPatch(Schema):
    name: Name | None = None
    colour: Colour | None = None


class TagOut(Schema):
    id: int
    uuid: UUID
    name: str
    colour: str
    created_at: datetime


class CannedReplyIn(Schema):
    shortcut: str = Field(max_length=40, description="What is typed after “/”: letters, digits, - and _.")
    text: ReplyText = Field(description="With blanks: {name} {first_name} {email} {phone} {agent} {me} {business}.")
    shared: bool = Field(True, description="Everybody's, or only your own.")


class CannedReplyPatch(Schema):
    shortcut: Annotated[str, Field(max_length=40)] | None = None
    text: ReplyText | None = None
    shared: bool | None = None


class CannedReplyOut(Schema):
    id: int
    uuid: UUID
    shortcut: str
    text: str
    shared: bool
    used_count: int
    created_at: datetime

    @staticmethod
    def resolve_shared(reply: CannedReply) -> bool:
        return reply.user_id is None


class ViewIn(Schema):
    name: ViewName
    filters: Filters = Filters()
    shared: bool = Field(False, description="For everybody, or only for you. What a program saves is for everybody.")


class ViewPatch(Schema):
    name: ViewName | None = None
    filters: Filters | None = None
    shared: bool | None = None


class ViewOut(Schema):
    id: int
    uuid: UUID
    name: str
    shared: bool
    filters: dict[str, Any]
    created_at: datetime


class CountOut(Schema):
    uuid: UUID
    count: int = Field(description=f"Conversations that it shows, words apart; counted up to {views.COUNTED}.")


@router.get("/api/tags", response=Page[TagOut])
def list_tags(request: ApiRequest, paging: Query[Paging]) -> dict[str, Any]:
    require(request.actor, "view")
    return page_of(request, tagging.tags(), paging)


@router.post("/api/tags", response={201: TagOut})
def create_tag(request: ApiRequest, body: TagIn) -> Status:
    return Status(201, tagging.create_tag(request.actor, body.name, body.colour))


@router.get(TAG, response=TagOut)
def read_tag(request: ApiRequest, tag_id: UUID) -> Tag:
    return tagging.tag_by_uuid(tag_id)


@router.patch(TAG, response=TagOut)
def change_tag(request: ApiRequest, tag_id: UUID, body: TagPatch) -> Tag:
    return tagging.update_tag(request.actor, tagging.tag_by_uuid(tag_id), **body.dict(exclude_unset=True))


@router.delete(TAG, response={204: None})
def delete_tag(request: ApiRequest, tag_id: UUID) -> Status:
    """From all conversations. Can be brought back in the Studio for 30 days."""
    tagging.delete_tag(request.actor, tagging.tag_by_uuid(tag_id))
    return Status(204, None)


@router.get("/api/canned-replies", response=Page[CannedReplyOut])
def list_replies(
    request: ApiRequest, paging: Query[Paging], search: Annotated[str, Field(max_length=200)] = ""
) -> dict[str, Any]:
    """Everybody's and your own. `search` is what was typed after “/”: shortcuts that begin so, then texts that hold it."""
    rows = canned.find(request.actor, search, limit=canned.LIMIT) if search else canned.replies(request.actor)
    return page_of(request, rows, paging)


@router.post("/api/canned-replies", response={201: CannedReplyOut})
def create_reply(request: ApiRequest, body: CannedReplyIn) -> Status:
    return Status(201, canned.create_reply(request.actor, body.shortcut, body.text, shared=body.shared))


@router.get(REPLY, response=CannedReplyOut)
def read_reply(request: ApiRequest, reply_id: UUID) -> CannedReply:
    return canned.reply_by_uuid(request.actor, reply_id)


@router.patch(REPLY, response=CannedReplyOut)
def change_reply(request: ApiRequest, reply_id: UUID, body: CannedReplyPatch) -> CannedReply:
    return canned.update_reply(request.actor, canned.reply_by_uuid(request.actor, reply_id), **body.dict(exclude_unset=True))


@router.delete(REPLY, response={204: None})
def delete_reply(request: ApiRequest, reply_id: UUID) -> Status:
    """Can be brought back in the Studio for 30 days."""
    canned.delete_reply(request.actor, canned.reply_by_uuid(request.actor, reply_id))
    return Status(204, None)


@router.get("/api/views", response=Page[ViewOut])
def list_views(request: ApiRequest, paging: Query[Paging]) -> dict[str, Any]:
    """Your own and those for everybody. List what one shows with `/api/conversations?view_id=…`."""
    return page_of(request, views.views(request.actor), paging)


@router.get("/api/views/counts", response=list[CountOut])
def count_views(request: ApiRequest) -> list[dict[str, Any]]:
    shown = list(views.views(request.actor))
    found = views.counts(request.actor, shown)
    return [{"uuid": view.uuid, "count": found[view.pk]} for view in shown]


@router.post("/api/views", response={201: ViewOut})
def create_view(request: ApiRequest, body: ViewIn) -> Status:
    return Status(201, views.create_view(request.actor, body.name, body.filters, shared=body.shared))


@router.get(VIEW, response=ViewOut)
def read_view(request: ApiRequest, view_id: UUID) -> View:
    return views.view_by_uuid(request.actor, view_id)


@router.patch(VIEW, response=ViewOut)
def change_view(request: ApiRequest, view_id: UUID, body: ViewPatch) -> View:
    given = body.model_dump(exclude_unset=True, exclude={"filters"})
    return views.update_view(request.actor, views.view_by_uuid(request.actor, view_id), filters=body.filters, **given)


@router.delete(VIEW, response={204: None})
def delete_view(request: ApiRequest, view_id: UUID) -> Status:
    """Only the view; no conversation is touched."""
    views.delete_view(request.actor, views.view_by_uuid(request.actor, view_id))
    return Status(204, None)
