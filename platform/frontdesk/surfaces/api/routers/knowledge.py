"""Knowledge bases, their sources, and searching them; and the runtime document's ingest."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any, Literal
from uuid import UUID

import orjson
from django.utils.translation import gettext as _
from ninja import Field, File, Form, Query, Router, Schema, Status
from ninja.files import UploadedFile
from pydantic import StringConstraints

from frontdesk.agents.queries import agent_by_uuid
from frontdesk.core.errors import Invalid, VendorFailed
from frontdesk.core.threads import in_thread
from frontdesk.knowledge import actions, deletion, queries, retrieval
from frontdesk.knowledge.models import KnowledgeBase, Source
from frontdesk.sdk.errors import ProviderError
from frontdesk.workspaces.permissions import require

from ..auth import ApiRequest
from ..pagination import Page, Paging, page_of
from ..parser import MULTIPART, read_body, refuse_nul

router = Router(tags=["Knowledge"])
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
LongText = Annotated[str, StringConstraints(max_length=1_000_000)]


class BaseIn(Schema):
    name: Name
    description: Annotated[str, StringConstraints(max_length=10_000)] = ""
    update_interval: timedelta = Field(timedelta(hours=1), ge=timedelta(minutes=5), le=timedelta(days=365))
    embedding_type: Annotated[str, StringConstraints(max_length=160)] = ""
    chunk_size: int = Field(512, ge=32, le=8192)
    chunk_overlap: int = Field(32, ge=0, le=4096)
    retrieval_method: Literal["dense", "sparse", "hybrid"] = "hybrid"
    reranking_enabled: bool = True
    top_k: int = Field(5, ge=1, le=50)
    top_k_after_reranking: int = Field(3, ge=1, le=50)
    sparse_weightage: float = Field(0.5, ge=0, le=1)


class BasePatch(BaseIn):
    """Any of the fields; what is left out stays."""

    name: Name = ""


class BaseOut(Schema):
    id: int
    uuid: UUID
    name: str
    description: str
    created_at: datetime
    updated_at: datetime
    update_interval: str
    embedding_type: str
    chunk_size: int
    chunk_overlap: int
    retrieval_method: str
    reranking_enabled: bool
    top_k: int
    top_k_after_reranking: int
    sparse_weightage: float
    files_count: int
    links_count: int
    excels_count: int
    data_excels_count: int

    @staticmethod
    def resolve_update_interval(base: KnowledgeBase) -> str:
        return str(base.update_interval)


class TextIn(Schema):
    """A text to learn; or a link, with `url`; or an answer to a question, with `question` and `answer`."""

    title: Annotated[str, StringConstraints(max_length=255)] = ""
    text: LongText = ""
    url: Annotated[str, StringConstraints(max_length=2000)] = ""
    grabber_enabled: bool = False
    question: Annotated[str, StringConstraints(max_length=255)] = ""
    answer: LongText = ""


TEXT_OR_FILE = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": TextIn.json_schema()},
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "properties": {"file": {"type": "string", "format": "binary"}},
                    "required": ["file"],
                }
            },
        },
    }
}


class SourceOut(Schema):
    id: int
    uuid: UUID
    kb_uuid: UUID = Field(alias="base.uuid")
    kind: str
    name: str
    url: str
    status: str = Field(alias="state", description="waiting, learning, ready, failed or cancelled")
    problem: str
    problem_code: str
    percent: int | None = Field(None, description="How far learning is; null when it is not going on or not known yet.")
    pages: int | None
    passages: int = Field(alias="chunk_count")
    size: int
    media_type: str
    used_count: int
    excluded: bool = Field(description="Left out of answers.")
    metadata: dict[str, Any]
    last_refreshed_at: datetime | None
    created_at: datetime
    updated_at: datetime

    @staticmethod
    def resolve_percent(source: Source) -> int | None:
        return queries.progress(source).percent


class SearchIn(Schema):
    query: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]
    k: int = Field(5, ge=1, le=50)


class PassageOut(Schema):
    id: int
    text: str
    title: str
    score: float
    scores: dict[str, float]
    source_id: int
    source: str = Field(alias="source_name")
    place: str
    url: str


class SearchOut(Schema):
    passages: list[PassageOut]
    confidence: float
    took_ms: float


class IngestOut(Schema):
    status: str
    source_id: int
    source_uuid: UUID
    kb_uuid: UUID
    name: str


@router.get("/api/knowledge-bases", response=Page[BaseOut])
def list_bases(request: ApiRequest, paging: Query[Paging]) -> dict[str, Any]:
    return page_of(request, queries.bases(), paging)


@router.post("/api/knowledge-bases", response={201: BaseOut})
def create_base(request: ApiRequest, body: BaseIn) -> Status:
    made = actions.create_base(request.actor, **body.dict())
    return Status(201, queries.base(made.pk))


@router.get("/api/knowledge-bases/{uuid:kb_uuid}", response=BaseOut)
def read_base(request: ApiRequest, kb_uuid: UUID) -> KnowledgeBase:
    return queries.base(kb_uuid)


@router.patch("/api/knowledge-bases/{uuid:kb_uuid}", response=BaseOut)
def change_base(request: ApiRequest, kb_uuid: UUID, body: BasePatch) -> KnowledgeBase:
    actions.update_base(request.actor, queries.base(kb_uuid), **body.dict(exclude_unset=True))
    return queries.base(kb_uuid)


@router.delete("/api/knowledge-bases/{uuid:kb_uuid}", response={204: None})
def delete_base(request: ApiRequest, kb_uuid: UUID) -> Status:
    deletion.delete_base(request.actor, queries.base(kb_uuid))
    return Status(204, None)


@router.post("/api/knowledge-bases/{uuid:kb_uuid}/search", response=SearchOut)
async def search(request: ApiRequest, kb_uuid: UUID, body: SearchIn) -> dict[str, Any]:
    """The passages that fit a question best, with the score of each side."""
    require(request.actor, "view")
    base = await in_thread(queries.base, kb_uuid)
    try:
        found = await retrieval.search([base], body.query, k=body.k)
    except ProviderError as error:
        raise VendorFailed(error.cause) from error
    return {"passages": found.passages, "confidence": found.confidence, "took_ms": round(sum(found.took.values()), 2)}


@router.get("/api/knowledge-bases/{uuid:kb_uuid}/sources", response=Page[SourceOut])
def list_sources(
    request: ApiRequest, kb_uuid: UUID, paging: Query[Paging], status: str = "", kind: str = "", search: str = ""
) -> dict[str, Any]:
    rows = queries.sources(queries.base(kb_uuid), kinds=[kind] if kind else (), state=status, words=search)
    return page_of(request, rows.select_related("job", "base"), paging)


@router.post("/api/knowledge-bases/{uuid:kb_uuid}/sources", response={201: SourceOut}, openapi_extra=TEXT_OR_FILE)
def create_source(request: ApiRequest, kb_uuid: UUID) -> Status:
    """Have a file (multipart, `file`), a text (`title`, `text`), a link (`url`) or a `question` and its `answer` learned."""
    base = queries.base(kb_uuid)
    if request.content_type == MULTIPART:
        file = request.FILES.get("file")
        if file is None:
            raise Invalid.field("file", _("Send the file in the field “file”."))
        made = actions.add_file(request.actor, base, file.name or _("File"), file)
    else:
        made = _add_typed(request, base, read_body(request, TextIn))
    return Status(201, queries.source(made.pk))


def _add_typed(request: ApiRequest, base: KnowledgeBase, body: TextIn) -> Source:
    if body.question or body.answer:
        return actions.add_answer(request.actor, base, body.question, body.answer)
    if body.url:
        return actions.add_link(request.actor, base, body.url, title=body.title, grabber_enabled=body.grabber_enabled)
    return actions.add_text(request.actor, base, body.title, body.text)


@router.post("/api/v1/knowledge/ingest", response={202: IngestOut})
def ingest(
    request: ApiRequest,
    agent_id: Form[UUID],
    source_type: Form[Literal["file", "message", "external"]],
    metadata: Form[str] = "{}",
    file: UploadedFile | None = File(None),  # noqa: B008  (ninja's way to say an optional file)
) -> Status:
    """Teach an agent: into its own knowledge base, which is made on first use.

    `metadata` is a JSON object; `text_content` in it is the text when `source_type` is `message` or `external`.
    """
    agent = agent_by_uuid(agent_id)
    details = _metadata(metadata)
    text = str(details.pop("text_content", "") or "")
    name = str(details.get("source_name") or "")
    if source_type == "file" and file is None:
        raise Invalid.field("file", _("Send the file in the field “file”."))
    if source_type != "file" and not text.strip():
        raise Invalid.field("metadata", _("Put the text into text_content of the metadata."))
    base = actions.base_of_agent(request.actor, agent.pk, agent.name)
    if source_type == "file":
        made = actions.add_file(request.actor, base, file.name or name or _("File"), file, metadata=details)
    else:
        made = actions.add_text(request.actor, base, name or _("Message"), text, kind=source_type, metadata=details)
    return Status(
        202, {"status": "accepted", "source_id": made.pk, "source_uuid": made.uuid, "kb_uuid": base.uuid, "name": made.name}
    )


def _metadata(text: str) -> dict[str, Any]:
    """Strict JSON, as PostgreSQL can keep it: no NaN, no NUL, no half of a character, no depth without end."""
    try:
        found = orjson.loads(text or "{}")
    except orjson.JSONDecodeError:
        found = None
    if not isinstance(found, dict):
        raise Invalid.field("metadata", _("The metadata must be a JSON object."))
    refuse_nul(found)
    return found
