"""What a teammate's socket may see, in the workspace's scope. Synchronous; the socket calls these in threads."""

from __future__ import annotations

from importlib import import_module
from uuid import UUID

from django.conf import settings
from django.contrib.auth import get_user
from django.http import HttpRequest, parse_cookie

from frontdesk.conversations.models import Conversation
from frontdesk.conversations.queries import conversation_by_uuid
from frontdesk.core import limits
from frontdesk.core.errors import NotAllowed
from frontdesk.runs.models import Run
from frontdesk.runs.queries import run_by_uuid
from frontdesk.workspaces.permissions import Actor

from ..studio.request import NoWorkspace, SignInNeeded
from ..studio.request import enter as enter_studio

SOCKETS_PER_MINUTE = 120
Session = import_module(settings.SESSION_ENGINE).SessionStore


def enter(cookies: str, workspace: str, *, origin: str, own_origin: str) -> Actor:
    """Who opens a socket, for the workspace that they have open. Raises NotAllowed, TooManyRequests.

    The page says which workspace it shows: one that was left in another tab gets no news of the new one.
    """
    if not origin or origin.lower() not in {own_origin.lower(), *(trusted.lower() for trusted in settings.CSRF_TRUSTED_ORIGINS)}:
        raise NotAllowed
    actor = member(cookies, workspace)
    limits.check(f"studio-sockets:{actor.credential}", allowed=SOCKETS_PER_MINUTE, seconds=60)
    return actor


def member(cookies: str, workspace: str) -> Actor:
    """The person whose session this is, as they are now in that workspace. Raises NotAllowed."""
    request = HttpRequest()
    request.session = Session(parse_cookie(cookies).get(settings.SESSION_COOKIE_NAME))
    request.user = get_user(request)
    try:
        enter_studio(request)
    except (SignInNeeded, NoWorkspace) as error:
        raise NotAllowed from error
    actor: Actor = request.actor  # type: ignore[attr-defined]
    if str(actor.workspace.uuid) != workspace or not actor.may("view"):
        raise NotAllowed
    return actor


def look_at(conversation: str, asked_run: str) -> tuple[Conversation, str | None]:
    """A conversation, and the run to follow in it: the open one, or the one that the page was following.

    Raises ConversationNotFound.
    """
    found = conversation_by_uuid(conversation)
    open_run = found.runs.filter(state__in=Run.OPEN).values_list("uuid", flat=True).first()
    if open_run is None and (asked := _uuid(asked_run)) is not None:
        open_run = found.runs.filter(uuid=asked).values_list("uuid", flat=True).first()
    return found, str(open_run) if open_run else None


def run_to_follow(run: str) -> str:
    """A run of this workspace, as its uuid. Raises RunNotFound."""
    return str(run_by_uuid(_uuid(run) or UUID(int=0)).uuid)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
