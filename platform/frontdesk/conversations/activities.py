"""What was done with a conversation, as lines in its thread."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils import dateparse, timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from frontdesk.core.events import emit
from frontdesk.workspaces.permissions import Actor

from .models import Activity, Conversation

Kind = Activity.Kind


def note(conversation: Conversation, kind: str, actor: Actor | None = None, **data: Any) -> Activity:
    """Write a line, in the caller's transaction. Without an actor the customer did it, or time."""
    row = _row(conversation, kind, actor, data)
    row.save()
    return row


def note_many(conversation: Conversation, actor: Actor | None, lines: Iterable[tuple[str, dict[str, Any]]]) -> None:
    """Several lines at once, as (kind, data)."""
    Activity.objects.bulk_create(_row(conversation, kind, actor, data) for kind, data in lines)


def note_each(conversations: Iterable[Conversation], kind: str, actor: Actor | None = None, **data: Any) -> None:
    """The same line in several conversations."""
    Activity.objects.bulk_create(_row(conversation, kind, actor, data) for conversation in conversations)


def _row(conversation: Conversation, kind: str, actor: Actor | None, data: dict[str, Any]) -> Activity:
    by = {"actor_name": actor.name[:200], "user": actor.user} if actor is not None else {}
    return Activity(workspace_id=conversation.workspace_id, conversation=conversation, kind=kind, data=data, **by)


def changed(conversation: Conversation, what: str) -> None:
    """Tell open pages that something about a conversation is different: "tags", "assignee", "priority", "snooze", "contact"."""
    emit(conversation.workspace.uuid, "conversation.changed", conversation=str(conversation.uuid), what=what)


def sentence(activity: Activity) -> str:
    """The line as a person reads it, in the language of whoever looks."""
    said = _with_actor(activity) if activity.actor_name else _by_itself(activity)
    reason = activity.data.get("reason", "")
    return f"{said} {reason}" if reason else said


def _with_actor(activity: Activity) -> str:
    words: dict[str, Any] = {
        Kind.ASSIGNED: _assigned(activity),
        Kind.STATUS: _status(activity),
        Kind.TAGGED: _("%(who)s added the tag %(tag)s."),
        Kind.UNTAGGED: _("%(who)s took the tag %(tag)s away."),
        Kind.PRIORITY: _("%(who)s set the priority to %(priority)s."),
        Kind.SNOOZED: _("%(who)s put this off until %(until)s."),
        Kind.WOKEN: _("%(who)s brought this back."),
        Kind.MERGED: _("%(who)s merged the customer %(other)s into this one."),
        Kind.SPLIT: _("%(who)s made this customer and %(other)s two again."),
        Kind.BLOCKED: _("%(who)s blocked the customer."),
        Kind.UNBLOCKED: _("%(who)s unblocked the customer."),
    }
    return str(words[activity.kind]) % _named(activity)


def _by_itself(activity: Activity) -> str:
    words = {
        Kind.STATUS: _status_by_itself(activity),
        Kind.WOKEN: _("Back, because the customer wrote.")
        if activity.data.get("customer")
        else _("Back, for the time has come."),
    }
    return words.get(Kind(activity.kind), "")


def _status(activity: Activity) -> str:
    return {
        Conversation.Status.ACTIVE: _("%(who)s gave this to the AI."),
        Conversation.Status.SUPPORT_ACTIVE: _("%(who)s took this over."),
        Conversation.Status.CLOSED: _("%(who)s closed this."),
    }.get(activity.data.get("status", ""), "")


def _status_by_itself(activity: Activity) -> str:
    return {
        Conversation.Status.ACTIVE: _("The AI answers now."),
        Conversation.Status.SUPPORT_ACTIVE: _("A person answers now."),
        Conversation.Status.CLOSED: _("This was closed."),
    }.get(activity.data.get("status", ""), "")


def _assigned(activity: Activity) -> str:
    if not activity.data.get("to"):
        return _("%(who)s took this from %(from)s.")
    return _("%(who)s took this on.") if activity.data["to"] == activity.actor_name else _("%(who)s gave this to %(to)s.")


def _named(activity: Activity) -> dict[str, str]:
    data = activity.data
    until = dateparse.parse_datetime(data["until"]) if data.get("until") else None
    return {
        "who": activity.actor_name,
        "to": data.get("to", ""),
        "from": data.get("from", ""),
        "tag": data.get("tag", ""),
        "other": data.get("other", ""),
        "priority": str(Conversation.Priority(data["priority"]).label) if "priority" in data else "",
        "until": date_format(timezone.localtime(until), "j M, H:i") if until else "",
    }
