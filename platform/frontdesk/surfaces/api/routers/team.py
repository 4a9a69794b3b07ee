"""Members of the workspace, and invitations to join it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from django.shortcuts import get_object_or_404
from ninja import Field, Query, Router, Schema, Status
from pydantic import StringConstraints

from frontdesk.workspaces import actions, queries
from frontdesk.workspaces.models import Invitation, Membership
from frontdesk.workspaces.permissions import require

from ..auth import PERSON, ApiRequest
from ..pagination import Page, Paging, page_of

router = Router(tags=["Team"])
RoleName = Literal["owner", "editor", "teammate", "viewer"]


class MemberOut(Schema):
    id: int
    user_id: UUID = Field(alias="user.uuid")
    name: str = Field(alias="user.get_full_name")
    email: str | None = Field(alias="user.email")
    role: str
    created_at: datetime


class RoleIn(Schema):
    role: RoleName


class InvitationIn(Schema):
    email: Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=254)]
    role: RoleName = "teammate"


class InvitationOut(Schema):
    id: int
    email: str
    role: str
    expires_at: datetime
    created_at: datetime


class InvitationSentOut(InvitationOut):
    link: str = Field(description="Where the invited person joins. Shown this once.")


class AcceptIn(Schema):
    token: Annotated[str, StringConstraints(min_length=1, max_length=100)]


class JoinedOut(Schema):
    workspace_id: UUID = Field(alias="workspace.uuid")
    name: str = Field(alias="workspace.name")
    role: str


@router.get("/api/members", response=Page[MemberOut])
def list_members(request: ApiRequest, paging: Query[Paging]) -> dict[str, object]:
    return page_of(request, queries.members(), paging)


@router.patch("/api/members/{int:member_id}", response=MemberOut)
def change_member(request: ApiRequest, member_id: int, body: RoleIn) -> Membership:
    return actions.change_role(request.actor, get_object_or_404(queries.members(), pk=member_id), body.role)


@router.delete("/api/members/{int:member_id}", response={204: None})
def remove_member(request: ApiRequest, member_id: int) -> Status:
    """Take somebody out of the team, or leave it."""
    actions.remove_member(request.actor, get_object_or_404(queries.members(), pk=member_id))
    return Status(204, None)


@router.get("/api/invitations", response=Page[InvitationOut])
def list_invitations(request: ApiRequest, paging: Query[Paging]) -> dict[str, object]:
    """Invitations that wait for an answer."""
    require(request.actor, "manage_team")
    return page_of(request, queries.open_invitations(), paging)


@router.post("/api/invitations", response={201: InvitationSentOut})
def invite(request: ApiRequest, body: InvitationIn) -> Status:
    """Ask somebody to join, by e-mail."""
    invitation, link = actions.invite(request.actor, body.email, body.role)
    return Status(201, {**InvitationOut.from_orm(invitation).model_dump(), "link": link})


@router.delete("/api/invitations/{int:invitation_id}", response={204: None})
def revoke_invitation(request: ApiRequest, invitation_id: int) -> Status:
    actions.revoke_invitation(request.actor, get_object_or_404(Invitation, pk=invitation_id))
    return Status(204, None)


@router.post("/api/invitations/accept", auth=PERSON, response=JoinedOut)
def accept_invitation(request: ApiRequest, body: AcceptIn) -> Membership:
    """Join the workspace that a token was sent for."""
    return actions.accept_invitation(request.person, body.token)
