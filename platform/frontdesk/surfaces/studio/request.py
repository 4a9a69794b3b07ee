"""A request of somebody who has entered the Studio: who acts, and in which workspace."""

from __future__ import annotations

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from frontdesk.workspaces import queries
from frontdesk.workspaces.models import Membership
from frontdesk.workspaces.permissions import Actor

SESSION_KEY = "workspace"


class SignInNeeded(Exception):
    """Nobody is signed in."""


class NoWorkspace(Exception):
    """This person belongs to no workspace."""


class StudioRequest(HttpRequest):
    """The type of what views behind `studio_page` are given: Django's request with these attributes, set by `enter`."""

    htmx: HtmxDetails
    actor: Actor
    memberships: list[Membership]


def row_id(text: str) -> int:
    """The id of a row as a form or an address gave it; 0, which no row has, for what is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


def enter(request: HttpRequest) -> None:
    """Let somebody in, to the workspace they chose last. Raises SignInNeeded or NoWorkspace."""
    user = request.user
    if not user.is_authenticated or not user.is_active:
        raise SignInNeeded
    memberships = queries.memberships_of(user)
    if not memberships:
        raise NoWorkspace
    wanted = request.session.get(SESSION_KEY)
    chosen = next((each for each in memberships if str(each.workspace.uuid) == wanted), memberships[0])
    request.actor, request.memberships = Actor.person(chosen), memberships  # type: ignore[attr-defined]
