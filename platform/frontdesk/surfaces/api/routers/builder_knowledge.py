"""The builder document's knowledge bases, whose knowledge an assistant uses, and indexing (31–37)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from ninja import Router, Schema, Status
from pydantic import PlainSerializer, WithJsonSchema

from frontdesk.agents import actions as agents
from frontdesk.agents.models import Agent
from frontdesk.agents.queries import agent_by_uuid
from frontdesk.knowledge import actions, deletion, indexing, queries
from frontdesk.knowledge.models import KnowledgeBase, Source
from frontdesk.workspaces.permissions import require

from ..auth import ApiRequest
from .knowledge import BaseIn, BaseOut, BasePatch

router = Router(tags=["Knowledge (builder)"])
ANALYTICS = "/api/analytics"


def _to_the_second(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


# As the document writes them: 2025-06-19T12:34:56Z.
Moment = Annotated[
    datetime, PlainSerializer(_to_the_second, return_type=str), WithJsonSchema({"type": "string", "format": "date-time"})
]


class KnowledgeBaseObject(BaseOut):
    created_at: Moment
    updated_at: Moment


class OfBase(Schema):
    """What every source tells of its base, and of how learning it goes."""

    kb_uuid: UUID
    status: str
    problem: str

    @staticmethod
    def resolve_kb_uuid(source: Source) -> UUID:
        return source.base.uuid

    @staticmethod
    def resolve_status(source: Source) -> str:
        return source.state


class DoneMessage(Schema):
    message: str


class AssistantIn(Schema):
    assistant_id: UUID


class IndexingOut(Schema):
    status: str
    task_id: UUID


class TaskProblem(Schema):
    id: int
    name: str
    problem: str


class TaskResult(Schema):
    indexed: int
    failed: list[TaskProblem]


class TaskOut(Schema):
    status: Literal["PENDING", "SUCCESS", "FAILURE"]
    result: TaskResult | None


class AssistantBaseIn(Schema):
    assistant_id: UUID
    kb_id: UUID | int


class AssistantBaseOut(Schema):
    status: str
    message: str
    assistant_id: UUID
    kb_id: UUID


@router.get(ANALYTICS + "/knowledge-bases", response=list[KnowledgeBaseObject])
def list_knowledge_bases(request: ApiRequest) -> list[KnowledgeBase]:
    """All of the workspace, the last changed first."""
    require(request.actor, "view")
    return list(queries.bases())


@router.post(ANALYTICS + "/create-knowledge-base", response={201: KnowledgeBaseObject})
def create_knowledge_base(request: ApiRequest, body: BaseIn) -> Status:
    made = actions.create_base(request.actor, **body.dict())
    return Status(201, queries.base(made.pk))


@router.post(ANALYTICS + "/update-knowledge-base/{int:kb_id}", response=KnowledgeBaseObject)
def update_knowledge_base(request: ApiRequest, kb_id: int, body: BasePatch) -> KnowledgeBase:
    """What is left out stays."""
    actions.update_base(request.actor, queries.base(kb_id), **body.dict(exclude_unset=True))
    return queries.base(kb_id)


@router.delete(ANALYTICS + "/delete-knowledge-base/{int:kb_id}", response=DoneMessage)
def delete_knowledge_base(request: ApiRequest, kb_id: int) -> dict[str, str]:
    """It can be brought back in the Studio for 30 days."""
    deletion.delete_base(request.actor, queries.base(kb_id))
    return {"message": "Knowledge base and namespace deleted"}


@router.post(ANALYTICS + "/set_assistant_kb", response=AssistantBaseOut)
def set_assistant_knowledge_base(request: ApiRequest, body: AssistantBaseIn) -> dict[str, Any]:
    """The one base that an assistant uses from now on, by its id or uuid. An assistant that is live uses it at once."""
    agent, base = agent_by_uuid(body.assistant_id), queries.base(body.kb_id)
    agents.set_knowledge(request.actor, agent, [base.uuid])
    return {"status": "success", "message": "Knowledge base set", "assistant_id": agent.uuid, "kb_id": base.uuid}


@router.post(ANALYTICS + "/index-documents", response={202: IndexingOut})
def index_documents(request: ApiRequest, body: AssistantIn) -> Status:
    """Read everything that an assistant knows again; what did not change is not embedded again."""
    task = indexing.start(request.actor, bases_of(agent_by_uuid(body.assistant_id)))
    return Status(202, {"status": "Indexing started in background", "task_id": task.uuid})


@router.get(ANALYTICS + "/get-task-status/{str:task_id}", response=TaskOut)
def read_task_status(request: ApiRequest, task_id: str) -> indexing.Task:
    """FAILURE when nothing could be indexed; what could not be among others is listed in `result.failed`."""
    return indexing.task(request.actor, task_id)


def bases_of(agent: Agent) -> list[KnowledgeBase]:
    """Those that an assistant was given, and its own."""
    return queries.bases_of(agents.latest_content(agent).knowledge, agent_id=agent.pk)
