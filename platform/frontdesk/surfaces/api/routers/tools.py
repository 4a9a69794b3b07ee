"""The builder document's user tools, and the same tools as a resource; what waits for a person's decision."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from asgiref.sync import async_to_sync
from ninja import Field, Query, Router, Schema, Status

from frontdesk.runs import approvals
from frontdesk.tools import actions, catalogue, openapi, queries
from frontdesk.tools.http_calls import Outcome
from frontdesk.tools.models import Approval, HttpTool
from frontdesk.workspaces.permissions import require

from ..auth import ApiRequest
from ..pagination import Page, Paging, page_of

router = Router(tags=["Tools"])
USER_TOOLS = "/api/analytics/user-tools"
Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE", "get", "post", "put", "patch", "delete"]


class ToolIn(Schema):
    """What is left out on a change stays as it is."""

    name: str = Field(description="How the model and the owner know it.")
    description: str = Field("", description="Tells the model when to use it.")
    endpoint_url: str = Field(description="`{name}` stands for an argument, in the path or the query.")
    http_method: Method = "GET"
    body_schema: dict[str, Any] = Field({}, description="JSON Schema (2020-12) of the arguments, of type object.")
    headers: dict[str, str] = Field({}, description="Sent with each call, and shown.")
    secret_headers: dict[str, str | None] = Field({}, description="Never shown again. Empty keeps the value, null forgets it.")
    ask_first: bool = Field(False, description="Whether a person must allow each call, unless an agent says otherwise.")


class ToolPatch(ToolIn):
    """Any of the fields; what is left out stays."""

    name: str = ""
    endpoint_url: str = ""


class ToolOut(Schema):
    id: int
    uuid: UUID
    grant: str = Field(description="How an agent's `tools` name it.")
    name: str
    description: str
    endpoint_url: str
    http_method: str
    body_schema: dict[str, Any]
    headers: dict[str, str]
    secret_headers: list[str] = Field(description="Names only.")
    ask_first: bool
    created_at: datetime
    updated_at: datetime

    @staticmethod
    def resolve_secret_headers(tool: HttpTool) -> list[str]:
        return sorted(tool.secrets)


class CallIn(Schema):
    arguments: dict[str, Any] = {}


class CallOut(Schema):
    success: bool
    status_code: int | None = Field(description="What the service answered; null when nothing was sent or nothing came back.")
    content_type: str
    result: str = Field(description="The answer as a model is shown it: cleaned and cut.")
    problem: str
    took_ms: float


class AvailableOut(Schema):
    id: str = Field(description="What an agent's `tools` name.")
    label: str
    description: str
    origin: str
    parameters: dict[str, Any]
    ask_first: bool


class DocumentIn(Schema):
    """An OpenAPI 3 document, as text or by its address."""

    document: str = Field("", max_length=openapi.LARGEST)
    url: str = Field("", max_length=2000)
    operations: list[str] = Field([], max_length=300, description="Keys such as `GET /orders`; none: only look.")
    secret_headers: dict[str, str | None] = {}


class OperationOut(Schema):
    key: str
    label: str
    description: str
    problem: str


class ImportOut(Schema):
    title: str
    server: str
    headers_wanted: list[str]
    operations: list[OperationOut]
    tools: list[ToolOut]


class ApprovalOut(Schema):
    uuid: UUID
    conversation_id: UUID = Field(alias="conversation.uuid")
    label: str
    arguments: dict[str, Any]
    state: str
    decided_by: str
    deadline_at: datetime
    created_at: datetime


class DecisionIn(Schema):
    approved: bool


@router.get(USER_TOOLS, response=list[ToolOut])
def list_user_tools(request: ApiRequest) -> list[HttpTool]:
    return list(queries.http_tools())


@router.post(USER_TOOLS, response={201: ToolOut})
def create_user_tool(request: ApiRequest, body: ToolIn) -> Status:
    return Status(201, actions.create_http_tool(request.actor, body.dict()))


@router.get(USER_TOOLS + "/{int:tool_id}", response=ToolOut)
def read_user_tool(request: ApiRequest, tool_id: int) -> HttpTool:
    return queries.http_tool(tool_id)


@router.put(USER_TOOLS + "/{int:tool_id}", response=ToolOut)
def replace_user_tool(request: ApiRequest, tool_id: int, body: ToolIn) -> HttpTool:
    """Secret headers that are not named are kept."""
    return actions.change_http_tool(request.actor, queries.http_tool(tool_id), body.dict())


@router.delete(USER_TOOLS + "/{int:tool_id}", response={204: None})
def delete_user_tool(request: ApiRequest, tool_id: int) -> Status:
    actions.delete_http_tool(request.actor, queries.http_tool(tool_id))
    return Status(204, None)


@router.post(USER_TOOLS + "/{int:tool_id}/execute", response=CallOut)
def execute_user_tool(request: ApiRequest, tool_id: int, body: CallIn) -> dict[str, Any]:
    """Call it once, for a test. Arguments that break the schema are told in `problem`, and nothing goes out."""
    return _try(request, tool_id, body)


@router.get("/api/tools", response=Page[ToolOut])
def list_tools(request: ApiRequest, paging: Query[Paging]) -> dict[str, Any]:
    """The workspace's own HTTP tools."""
    return page_of(request, queries.http_tools(), paging)


@router.post("/api/tools", response={201: ToolOut})
def create_tool(request: ApiRequest, body: ToolIn) -> Status:
    return Status(201, actions.create_http_tool(request.actor, body.dict()))


@router.get("/api/tools/available", response=list[AvailableOut])
def list_available(request: ApiRequest) -> list[catalogue.Available]:
    """Every tool that an agent can be granted: of plugins, of connections, and the workspace's own."""
    require(request.actor, "view")
    return catalogue.available(request.actor.workspace)


@router.post("/api/tools/import", response=ImportOut)
def import_tools(request: ApiRequest, body: DocumentIn) -> dict[str, Any]:
    """Look into an OpenAPI document, and make tools of the operations that are named."""
    require(request.actor, "manage_tools")
    text = body.document or async_to_sync(openapi.fetch)(body.url)
    service = openapi.read(text, address="" if body.document else body.url)
    made = actions.import_operations(request.actor, service, body.operations, body.secret_headers) if body.operations else []
    return {
        "title": service.title,
        "server": service.server,
        "headers_wanted": [key.header for key in service.keys],
        "operations": service.operations,
        "tools": made,
    }


@router.get("/api/tools/{int:tool_id}", response=ToolOut)
def read_tool(request: ApiRequest, tool_id: int) -> HttpTool:
    return queries.http_tool(tool_id)


@router.patch("/api/tools/{int:tool_id}", response=ToolOut)
def change_tool(request: ApiRequest, tool_id: int, body: ToolPatch) -> HttpTool:
    return actions.change_http_tool(request.actor, queries.http_tool(tool_id), body.dict(exclude_unset=True))


@router.delete("/api/tools/{int:tool_id}", response={204: None})
def delete_tool(request: ApiRequest, tool_id: int) -> Status:
    actions.delete_http_tool(request.actor, queries.http_tool(tool_id))
    return Status(204, None)


@router.post("/api/tools/{int:tool_id}/try", response=CallOut)
def try_tool(request: ApiRequest, tool_id: int, body: CallIn) -> dict[str, Any]:
    """Call it once, for a test."""
    return _try(request, tool_id, body)


@router.get("/api/approvals", response=Page[ApprovalOut])
def list_approvals(request: ApiRequest, paging: Query[Paging]) -> dict[str, Any]:
    """Calls of tools that wait for a person's decision, the oldest first."""
    require(request.actor, "answer")
    return page_of(request, approvals.waiting(), paging)


@router.post("/api/approvals/{uuid:approval_id}", response=ApprovalOut)
def decide_approval(request: ApiRequest, approval_id: UUID, body: DecisionIn) -> Approval:
    """Allow a call or not. The conversation goes on by itself."""
    return approvals.decide(request.actor, approvals.approval_by_uuid(approval_id), approved=body.approved)


def _try(request: ApiRequest, tool_id: int, body: CallIn) -> dict[str, Any]:
    outcome: Outcome = actions.try_http_tool(request.actor, {}, body.arguments, tool=queries.http_tool(tool_id))
    return {
        "success": not outcome.problem,
        "status_code": outcome.status,
        "content_type": outcome.media_type,
        "result": outcome.text,
        "problem": outcome.problem,
        "took_ms": outcome.took_ms,
    }
