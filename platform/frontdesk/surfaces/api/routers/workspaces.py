"""A person's workspaces, and the settings of the one in use."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from ninja import Field, Query, Router, Schema, Status
from pydantic import StringConstraints

from frontdesk.workspaces import accounts, actions, hours, queries
from frontdesk.workspaces.hours import OpeningHours
from frontdesk.workspaces.models import Membership, Workspace

from ..auth import PERSON, ApiRequest
from ..pagination import Page, Paging, page_of

router = Router(tags=["Workspaces"])
Minutes = Annotated[int, Field(ge=0, le=30 * 24 * 60)]
ShortName = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)]


class WorkspaceOut(Schema):
    workspace_id: UUID = Field(alias="uuid")
    id: int
    name: str
    website: str
    language: str
    time_zone: str
    theme: str
    default_reply_handler: str
    auto_response: bool
    opening_hours: OpeningHours = Field(description="At the clock of `time_zone`. `week` begins with Monday.")
    silence_minutes: int = Field(description="After how long without an answer of a person the AI answers again; 0: never.")
    reminder_minutes: int = Field(description="After how long without an answer of a person the team is reminded; 0: never.")

    @staticmethod
    def resolve_opening_hours(workspace: Workspace) -> OpeningHours:
        return hours.read(workspace)


class MyWorkspaceOut(WorkspaceOut):
    role: str

    @staticmethod
    def resolve_opening_hours(row: dict[str, Any]) -> OpeningHours:
        return OpeningHours.model_validate(row["opening_hours"])


class WorkspaceIn(Schema):
    name: ShortName
    language: Annotated[str, StringConstraints(max_length=10)] = "en"


class WorkspacePatch(Schema):
    name: ShortName | None = None
    website: Annotated[str, StringConstraints(max_length=200)] | None = None
    language: Annotated[str, StringConstraints(max_length=10)] | None = None
    time_zone: Annotated[str, StringConstraints(max_length=64)] | None = None
    theme: Annotated[str, StringConstraints(max_length=40)] | None = None
    default_reply_handler: Literal["AI", "Manual"] | None = None
    auto_response: bool | None = None
    opening_hours: OpeningHours | None = None
    silence_minutes: Minutes | None = None
    reminder_minutes: Minutes | None = None


@router.get("/api/workspaces", auth=PERSON, response=Page[MyWorkspaceOut])
def my_workspaces(request: ApiRequest, paging: Query[Paging]) -> dict[str, object]:
    """All workspaces I belong to, with my role in each."""
    page = page_of(request, queries.memberships_of(request.person), paging)
    return {**page, "results": [_mine(membership) for membership in page["results"]]}


@router.post("/api/workspaces", auth=PERSON, response={201: WorkspaceOut})
def create(request: ApiRequest, body: WorkspaceIn) -> Status:
    """A new business, with me as its owner."""
    return Status(201, accounts.create_workspace(request.person, body.name, language=body.language))


@router.get("/api/workspace", response=WorkspaceOut)
def current(request: ApiRequest) -> Workspace:
    """The workspace of this credential."""
    return request.actor.workspace


@router.patch("/api/workspace", response=WorkspaceOut)
def change(request: ApiRequest, body: WorkspacePatch) -> Workspace:
    """Change settings; what is left out stays."""
    return actions.change_workspace(request.actor, **body.model_dump(mode="json", exclude_none=True))


def _mine(membership: Membership) -> dict[str, object]:
    return {**WorkspaceOut.from_orm(membership.workspace).model_dump(by_alias=True), "role": membership.role}
