"""Who answers a conversation: what the owner chose, and whether the AI may and can."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from django.utils import timezone, translation
from django.utils.translation import gettext as _

from frontdesk.providers import working
from frontdesk.workspaces import hours
from frontdesk.workspaces.models import Workspace

from .models import Conversation


@dataclass(frozen=True, slots=True)
class First:
    """A status, and in the team's language why it is not what the owner chose, where it is not."""

    status: str
    reason: str = ""


def first_status(workspace: Workspace, moment: datetime | None = None) -> First:
    """Who answers a new conversation, or one that begins again. Outside the opening hours the owner may have chosen otherwise."""
    moment = moment or timezone.now()
    outside = "as_always" if hours.open_at(workspace, moment) else hours.read(workspace).outside
    wanted = workspace.default_reply_handler == Workspace.Handler.AI
    if not (wanted or outside == "ai"):
        return First(Conversation.Status.SUPPORT_ACTIVE)
    reason = why_not_ai(workspace, moment)
    return First(Conversation.Status.SUPPORT_ACTIVE if reason else Conversation.Status.ACTIVE, reason)


def next_answer(workspace: Workspace, conversation: Conversation | None = None) -> Literal["assistant", "person"]:
    """Who is to answer what a customer writes next, as far as nobody has read it: in that conversation, else in a new one."""
    open_one = conversation is not None and conversation.status != Conversation.Status.CLOSED
    status = conversation.status if conversation and open_one else first_status(workspace).status
    return "person" if status == Conversation.Status.SUPPORT_ACTIVE else "assistant"


def why_not_ai(workspace: Workspace, moment: datetime | None = None) -> str:
    """Why the AI answers nobody at that moment, in the team's language; "" when it does."""
    with translation.override(workspace.language):
        closed = _("It is outside your opening hours.") if is_left_to_people(workspace, moment) else ""
    return why_ai_cannot(workspace) or closed


def why_ai_cannot(workspace: Workspace) -> str:
    """As `why_not_ai`, whatever the clock says."""
    with translation.override(workspace.language):
        if not workspace.auto_response:
            return _("Automatic answers are turned off.")
        return "" if working.any_works(workspace) else _("No AI provider works. Look at Settings, AI providers.")


def is_left_to_people(workspace: Workspace, moment: datetime | None = None) -> bool:
    """Whether it is closed, and the owner wants the AI silent then."""
    return hours.read(workspace).outside == "person" and not hours.open_at(workspace, moment)
