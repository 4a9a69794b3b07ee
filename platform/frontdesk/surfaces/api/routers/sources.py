"""Sources in hand: changing them, their files and passages, and many at once."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils.translation import gettext as _
from ninja import Field, File, Query, Router, Schema, Status
from ninja.files import UploadedFile
from pydantic import StringConstraints

from frontdesk.core.errors import Invalid
from frontdesk.knowledge import actions, deletion, many, originals, passages, places, queries, upload_types
from frontdesk.knowledge.errors import SourceNotFound
from frontdesk.knowledge.models import Chunk, KnowledgeBase, Source
from frontdesk.workspaces.permissions import require

from ...files.serving import given_bytes
from ..auth import ApiRequest
from ..pagination import Page, Paging, page_of
from .attachments import FILE
from .knowledge import LongText, SourceOut

router = Router(tags=["Knowledge"])
BASE = "/api/knowledge-bases/{uuid:kb_uuid}"
SOURCE = "/api/sources/{int:source_id}"
PASSAGE = "/api/passages/{int:passage_id}"
ANSWERS = {200: {"description": "The file, or the range of it that was asked for.", "content": FILE}}
Id = Annotated[int, Field(ge=1, lt=2**63)]


class SourcePatch(Schema):
    """Any of the fields; what is left out stays. Another text or address is learned again."""

    title: Annotated[str, StringConstraints(strip_whitespace=True, max_length=255)] = ""
    text: LongText = Field("", description="Of a text or an answer.")
    url: Annotated[str, StringConstraints(max_length=2000)] = Field("", description="Of a link.")
    grabber_enabled: bool = False
    metadata: dict[str, Any] = {}


class PassageDetails(Schema):
    id: int
    position: int
    text: str
    original: str = Field(description="What the source says, where an owner put other words; else empty.")
    title: str
    headings: list[str]
    place: str
    language: str
    excluded: bool

    @staticmethod
    def resolve_place(passage: Chunk) -> str:
        return places.in_words(passage.place)


class PassagePatch(Schema):
    """Any of the fields; what is left out stays."""

    text: Annotated[str, StringConstraints(max_length=passages.LONGEST)] = ""
    excluded: bool = False


class ManyIn(Schema):
    action: Literal["refresh", "retry", "cancel", "exclude", "include", "move", "delete"]
    ids: list[Id] = Field(max_length=many.MOST, description="Of sources of this base; others are left as they are.")
    move_to: UUID | None = Field(None, description="The uuid of another base.")


class ManyOut(Schema):
    changed: int


class WaitingOut(Schema):
    waiting: int = Field(description="Sources that wait to be learned.")


@router.get(SOURCE, response=SourceOut)
def read_source(request: ApiRequest, source_id: int) -> Source:
    return queries.source(source_id)


@router.post(SOURCE + "/refresh", response={202: SourceOut})
def refresh_source(request: ApiRequest, source_id: int) -> Status:
    """Read it again; what did not change is not embedded again."""
    actions.refresh_source(request.actor, queries.source(source_id))
    return Status(202, queries.source(source_id))


@router.post(SOURCE + "/cancel", response={202: SourceOut})
def cancel_source(request: ApiRequest, source_id: int) -> Status:
    """Stop learning it."""
    actions.cancel_source(request.actor, queries.source(source_id))
    return Status(202, queries.source(source_id))


@router.delete(SOURCE, response={204: None})
def delete_source(request: ApiRequest, source_id: int) -> Status:
    deletion.delete_source(request.actor, queries.source(source_id))
    return Status(204, None)


@router.patch(SOURCE, response=SourceOut)
def change_source(request: ApiRequest, source_id: int, body: SourcePatch) -> Source:
    source, changes = queries.source(source_id), body.dict(exclude_unset=True)
    if "text" in changes and not source.body:
        raise Invalid.field("text", _("Only texts and answers can be written anew. Replace a file with another file."))
    if "url" in changes and source.kind != Source.Kind.LINK:
        raise Invalid.field("url", _("Only a link has an address."))
    actions.update_source(request.actor, source, **changes)
    return queries.source(source_id)


@router.get(SOURCE + "/file", response={200: None}, openapi_extra={"responses": ANSWERS})
def read_file(request: ApiRequest, source_id: int) -> HttpResponse:
    """As it was uploaded."""
    require(request.actor, "view")
    source = queries.source(source_id)
    if not source.file:
        raise SourceNotFound
    return given_bytes(request, originals.read(source), source.name, "")


@router.post(SOURCE + "/file", response={202: SourceOut})
def replace_file(request: ApiRequest, source_id: int, file: File[UploadedFile]) -> Status:
    """A newer file in the place of the old one. The id stays; only what changed is embedded again."""
    source = queries.source(source_id)
    if not source.file:
        raise SourceNotFound
    upload_types.check_file(request.actor.workspace, file, file.name)
    actions.replace_file(request.actor, source, file, name=file.name)
    return Status(202, queries.source(source_id))


@router.get(SOURCE + "/passages", response=Page[PassageDetails])
def list_passages(
    request: ApiRequest,
    source_id: int,
    paging: Query[Paging],
    search: str = "",
    which: Literal["", "edited", "excluded"] = "",
) -> dict[str, Any]:
    """A source as the AI sees it, in reading order."""
    require(request.actor, "view")
    return page_of(request, queries.passages(queries.source(source_id), words=search, which=which), paging)


@router.get(PASSAGE, response=PassageDetails)
def read_passage(request: ApiRequest, passage_id: int) -> Chunk:
    require(request.actor, "view")
    return queries.passage(passage_id)


@router.patch(PASSAGE, response=PassageDetails)
def change_passage(request: ApiRequest, passage_id: int, body: PassagePatch) -> Chunk:
    """Put other words in its place, leave it out of answers, or take it in again."""
    passage = queries.passage(passage_id)
    if "text" in body.model_fields_set:
        passages.edit_passage(request.actor, passage, body.text)
    if "excluded" in body.model_fields_set:
        actions.exclude_passage(request.actor, passage, excluded=body.excluded)
    return queries.passage(passage_id)


@router.post(PASSAGE + "/restore", response=PassageDetails)
def restore_passage(request: ApiRequest, passage_id: int) -> Chunk:
    """Say again what the source says."""
    passages.restore_passage(request.actor, queries.passage(passage_id))
    return queries.passage(passage_id)


@router.post(BASE + "/sources/many", response=ManyOut)
def change_many(request: ApiRequest, kb_uuid: UUID, body: ManyIn) -> dict[str, int]:
    """One action on many sources of a base."""
    base = queries.base(kb_uuid)
    rows = queries.sources(base).filter(pk__in=body.ids)
    return {"changed": _do(request, base, rows, body)}


@router.post(BASE + "/pause", response=WaitingOut)
def pause_base(request: ApiRequest, kb_uuid: UUID) -> dict[str, int]:
    """Stop learning for now. What agents know already they go on knowing."""
    return {"waiting": many.pause(request.actor, queries.base(kb_uuid))}


@router.post(BASE + "/resume", response=WaitingOut)
def resume_base(request: ApiRequest, kb_uuid: UUID) -> dict[str, int]:
    return {"waiting": many.resume(request.actor, queries.base(kb_uuid))}


def _do(request: ApiRequest, base: KnowledgeBase, rows: QuerySet[Source], body: ManyIn) -> int:
    actor = request.actor
    match body.action:
        case "refresh":
            return many.learn_again(actor, base, rows)
        case "retry":
            return many.retry(actor, base, rows)
        case "cancel":
            return many.stop(actor, base, rows)
        case "exclude" | "include":
            return many.exclude(actor, base, rows, excluded=body.action == "exclude")
        case "move":
            if body.move_to is None:
                raise Invalid.field("move_to", _("Name the knowledge base to move them to."))
            return many.move(actor, base, rows, queries.base(body.move_to))
    return many.delete(actor, base, rows)[0]
