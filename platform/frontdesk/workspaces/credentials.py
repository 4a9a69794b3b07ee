"""From a credential to an actor: the one way in for every surface."""

from __future__ import annotations

from uuid import UUID

from django.utils.translation import gettext as _

from frontdesk.core.errors import Malformed
from frontdesk.core.scoping import unscoped

from . import accounts, keys, tokens
from .errors import Stranger, TokenRefused, WorkspaceRequired
from .models import Membership, User
from .permissions import Actor


def split(authorization: str) -> tuple[str, str]:
    """An Authorization header as (scheme in lower case, credential)."""
    scheme, _space, value = authorization.strip().partition(" ")
    return scheme.lower(), value.strip()


def actor(authorization: str, *, workspace_id: str | None, place: keys.Place) -> Actor | None:
    """Who an Authorization header stands for; None when there is none, or one of another scheme.

    Clients that know only Bearer (OpenAI's among them) may send an API key that way.
    """
    scheme, value = split(authorization)
    if scheme == "api-key" or (scheme == "bearer" and value.startswith(f"{keys.PREFIX}_")):
        return program(value, place)
    if scheme == "bearer":
        return member(person(value), workspace_id)
    return None


def person(token: str) -> User:
    """Whose Bearer token this is, ours or an outside issuer's. Raises TokenRefused."""
    user = tokens.user_of_own(token, "access") if tokens.is_own(token) else accounts.meet(tokens.outsider_of(token))
    if not user.is_active:
        raise TokenRefused
    return user


def member(user: User, workspace_id: str | None = None) -> Actor:
    """A person in a workspace: the one named by its uuid, or the only one they have.

    Raises Malformed for what is no uuid, Stranger for somebody else's workspace, WorkspaceRequired when there is no telling.
    """
    with unscoped():
        memberships = Membership.objects.select_related("user", "workspace").filter(user=user)
        if workspace_id:
            found = memberships.filter(workspace__uuid=_uuid(workspace_id)).first()
            if found is None:
                raise Stranger
            return Actor.person(found)
        mine = list(memberships[:2])
    if len(mine) == 1:
        return Actor.person(mine[0])
    if not mine:
        raise WorkspaceRequired(_("You belong to no workspace yet. Create one, or ask an owner for an invitation."))
    raise WorkspaceRequired


def program(raw_key: str, place: keys.Place) -> Actor:
    """A program by its API key. Raises KeyRefused or PlaceRefused."""
    return Actor.program(keys.authenticate(raw_key, place))


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise Malformed(_("X-Workspace-ID must be the uuid of a workspace.")) from error
