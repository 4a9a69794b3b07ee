"""People who say nothing: the AI answers again after a while, where the owner wants that, and before it the team is reminded.

Time counts while the business is open, when outside the opening hours everything is left to people. A conversation is given back
only while the AI may and can answer; a closed one, one that is put off and a blocked customer's stay as they are.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone, translation
from django.utils.translation import ngettext

from frontdesk.billing import queries as billing
from frontdesk.conversations import actions as conversations
from frontdesk.conversations import reminding, who_answers
from frontdesk.conversations.models import Conversation
from frontdesk.core.scoping import scope, unscoped
from frontdesk.workspaces import hours
from frontdesk.workspaces.models import Workspace

MINUTE = timedelta(minutes=1)
AT_ONCE = 100


def sweep() -> int:
    """Remind of what waits for long enough, and give back what waits for longer. Gives how many conversations that were."""
    now = timezone.now()
    return sum(_look_after(workspace, now) for workspace in _workspaces(now))


def _workspaces(now: datetime) -> list[Workspace]:
    """Those where somebody may have waited for too long. One query, and nearly always an empty answer."""
    late = Q(workspace__silence_minutes__gt=0, waiting_since__lte=now - F("workspace__silence_minutes") * MINUTE)
    unaware = Q(workspace__reminder_minutes__gt=0, waiting_since__lte=now - F("workspace__reminder_minutes") * MINUTE)
    with unscoped():
        rows = _waiting().filter(late | (unaware & reminding.not_reminded()))
        return list(Workspace.objects.filter(pk__in=rows.values("workspace")))


def _waiting() -> QuerySet[Conversation]:
    rows = Conversation.objects.filter(status=Conversation.Status.SUPPORT_ACTIVE, waiting_since__isnull=False)
    return rows.filter(snoozed_until__isnull=True, contact__blocked_at__isnull=True)


def _look_after(workspace: Workspace, now: datetime) -> int:
    with scope(workspace=workspace), translation.override(workspace.language):
        if who_answers.is_left_to_people(workspace, now):
            return 0
        reminded = sum(reminding.remind(row, workspace.reminder_minutes) for row in _to_remind_of(workspace, now))
        if not workspace.silence_minutes or who_answers.why_not_ai(workspace, now) or billing.balance() <= 0:
            return reminded
        return reminded + sum(_give_back(pk, workspace, now) for pk in _to_give_back(workspace, now))


def _to_remind_of(workspace: Workspace, now: datetime) -> Iterator[int]:
    minutes = workspace.reminder_minutes
    if not minutes or not _is_time(workspace, minutes, now):
        return iter(())
    rows = _waiting().filter(reminding.not_reminded(), waiting_since__lte=now - minutes * MINUTE)
    return iter(rows.order_by("waiting_since").values_list("pk", flat=True)[:AT_ONCE])


def _to_give_back(workspace: Workspace, now: datetime) -> list[int]:
    minutes = workspace.silence_minutes
    if not _is_time(workspace, minutes, now):
        return []
    rows = _waiting().filter(waiting_since__lte=now - minutes * MINUTE, agent__live=True, agent__archived_at=None)
    return list(rows.order_by("waiting_since").values_list("pk", flat=True)[:AT_ONCE])


def _is_time(workspace: Workspace, minutes: int, now: datetime) -> bool:
    """Whoever has just opened has had no time to answer what came while it was closed."""
    opened = hours.open_since(workspace, now)
    return hours.read(workspace).outside != "person" or opened is None or now - opened >= minutes * MINUTE


@transaction.atomic
def _give_back(pk: int, workspace: Workspace, now: datetime) -> bool:
    """Unless somebody has answered at this very moment."""
    minutes = workspace.silence_minutes
    late = _waiting().filter(pk=pk, waiting_since__lte=now - minutes * MINUTE)
    conversation = late.select_for_update(of=("self",)).select_related("workspace", "contact", "agent").first()
    if conversation is None:
        return False
    reason = ngettext(
        "Nobody answered for %(minutes)s minute.", "Nobody answered for %(minutes)s minutes.", minutes
    ) % {"minutes": minutes}  # fmt: skip
    conversations.give_back(conversation, reason=reason)
    return True
