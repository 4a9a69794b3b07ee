"""People: tokens, registering, and one's own account."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from ninja import Field, Router, Schema, Status
from pydantic import StringConstraints

from frontdesk.workspaces import accounts, queries, tokens
from frontdesk.workspaces.models import User

from ..auth import PERSON, ApiRequest, place_of

router = Router(tags=["Accounts"])
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=254)]
Password = Annotated[str, StringConstraints(min_length=1, max_length=256)]


class TokenIn(Schema):
    username: Name = Field(description="A user name or an e-mail address.")
    password: Password


class TokenPairOut(Schema):
    refresh: str
    access: str


class RefreshIn(Schema):
    refresh: Annotated[str, StringConstraints(min_length=1, max_length=4000)]


class AccessOut(Schema):
    access: str


class RegisterIn(Schema):
    username: Name = Field(description="A user name or an e-mail address.")
    password: Password
    email: Annotated[str, StringConstraints(max_length=254)] = ""
    full_name: Annotated[str, StringConstraints(max_length=150)] = ""
    workspace_name: Annotated[str, StringConstraints(max_length=120)] = Field("", description="The business's name.")
    invitation: Annotated[str, StringConstraints(max_length=100)] = Field("", description="The token of an invitation to join.")


class RegisteredOut(Schema):
    message: str
    user_id: UUID


class MembershipBrief(Schema):
    workspace_id: UUID = Field(alias="workspace.uuid")
    name: str = Field(alias="workspace.name")
    role: str


class MeOut(Schema):
    user_id: UUID
    username: str
    email: str
    first_name: str
    last_name: str
    workspaces: list[MembershipBrief]


class PasswordIn(Schema):
    old_password: Annotated[str, StringConstraints(max_length=256)] = ""
    new_password: Password


@router.post("/api/token", auth=None, response=TokenPairOut)
def obtain(request: ApiRequest, body: TokenIn) -> TokenPairOut:
    """Sign in: an access token for requests, a refresh token for new access tokens."""
    return _pair(accounts.sign_in(body.username, body.password, ip=place_of(request).ip))


@router.post("/api/token/refresh", auth=None, response=AccessOut)
def refresh(request: ApiRequest, body: RefreshIn) -> AccessOut:
    return AccessOut(access=tokens.issue(tokens.user_of_own(body.refresh, "refresh"), "access"))


@router.post("/api/register", auth=None, response={201: RegisteredOut})
def register(request: ApiRequest, body: RegisterIn) -> Status:
    """A new person with a workspace of their own, or with the one they were invited to."""
    given = {"email": body.email, "full_name": body.full_name, "workspace_name": body.workspace_name}
    user = accounts.register(body.username, body.password, invitation=body.invitation, ip=place_of(request).ip, **given)
    return Status(201, {"message": "User registered successfully.", "user_id": user.uuid})


@router.get("/api/me", auth=PERSON, response=MeOut)
def me(request: ApiRequest) -> MeOut:
    """Who I am, and the workspaces I belong to."""
    user = request.person
    return MeOut(
        user_id=user.uuid,
        username=user.username or "",
        email=user.email or "",
        first_name=user.first_name,
        last_name=user.last_name,
        workspaces=queries.memberships_of(user),
    )


@router.post("/api/me/password", auth=PERSON, response=TokenPairOut)
def change_password(request: ApiRequest, body: PasswordIn) -> TokenPairOut:
    """Set a new password. All tokens that are out end; the answer holds new ones."""
    return _pair(accounts.change_password(request.person, body.old_password, body.new_password))


@router.post("/api/me/sign-out-everywhere", auth=PERSON, response={204: None})
def sign_out_everywhere(request: ApiRequest) -> Status:
    """End all tokens and sessions of mine, this one too."""
    accounts.sign_out_everywhere(request.person)
    return Status(204, None)


def _pair(user: User) -> TokenPairOut:
    return TokenPairOut(refresh=tokens.issue(user, "refresh"), access=tokens.issue(user, "access"))
