"""Putting a conversation off until a moment. It is back by itself then, or as soon as the customer writes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from frontdesk.core.bell import SWEEPS
from frontdesk.core.errors import Invalid
from frontdesk.core.scoping import unscoped
from frontdesk.workspaces import audit
from frontdesk.workspaces.models import Workspace
from frontdesk.workspaces.permissions import Actor, require

from . import activities
from .models import Activity, Conversation

LONGEST = timedelta(days=366)
MORNING = time(9)


@dataclass(frozen=True, slots=True)
class Choice:
    key: str
    words: str
    until: datetime


def choices(workspace: Workspace) -> list[Choice]:
    """What a menu offers, in the workspace's time zone."""
    zone = ZoneInfo(workspace.time_zone)
    now = timezone.now().astimezone(zone).replace(second=0, microsecond=0)
    tomorrow = datetime.combine(now.date() + timedelta(days=1), MORNING, zone)
    monday = datetime.combine(now.date() + timedelta(days=7 - now.weekday()), MORNING, zone)
    return [
        Choice("hour", _("In an hour"), now + timedelta(hours=1)),
        Choice("hours", _("In four hours"), now + timedelta(hours=4)),
        Choice("tomorrow", _("Tomorrow morning"), tomorrow),
        Choice("monday", _("Next Monday"), monday),
    ]


@transaction.atomic
def snooze(actor: Actor, conversation: Conversation, until: datetime) -> Conversation:
    """`until` lies ahead, within a year."""
    require(actor, "answer")
    now = timezone.now()
    if timezone.is_naive(until):
        until = until.replace(tzinfo=ZoneInfo(actor.workspace.time_zone))
    if not now < until <= now + LONGEST:
        raise Invalid.field("until", _("Choose a moment that lies ahead, within a year."))
    locked = _locked(conversation)
    locked.snoozed_until = until
    locked.save(update_fields=["snoozed_until", "updated_at"])
    activities.note(locked, Activity.Kind.SNOOZED, actor, until=until.isoformat())
    audit.record(actor, "conversation.snoozed", locked, until=until)
    activities.changed(locked, "snooze")
    return locked


@transaction.atomic
def wake(actor: Actor, conversation: Conversation) -> Conversation:
    """Back before its time."""
    require(actor, "answer")
    locked = _locked(conversation)
    if locked.snoozed_until is not None:
        _wake(locked, actor)
        audit.record(actor, "conversation.woken", locked)
    return locked


def wake_due() -> None:
    """Bring back what was put off until now. Every process may call it at any moment."""
    with unscoped(), transaction.atomic():
        rows = Conversation.objects.select_for_update(skip_locked=True, of=("self",)).select_related("workspace")
        for conversation in rows.filter(snoozed_until__lte=timezone.now()).order_by("snoozed_until")[:100]:
            _wake(conversation)


def _wake(conversation: Conversation, actor: Actor | None = None) -> None:
    conversation.snoozed_until = None
    conversation.save(update_fields=["snoozed_until", "updated_at"])
    activities.note(conversation, Activity.Kind.WOKEN, actor)
    activities.changed(conversation, "snooze")


def _locked(conversation: Conversation) -> Conversation:
    return Conversation.objects.select_for_update(of=("self",)).select_related("workspace").get(pk=conversation.pk)


SWEEPS.append(wake_due)
