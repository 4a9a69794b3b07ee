"""Work that is due at times of the clock, as jobs like any other: seen in Ops, retried, taken up again after a crash.

    @job("insights.count_days")
    def count_days(work: Work) -> None: ...

    due("insights.count_days", daily(at=1))

A due time is a `slot`, and there is one job row a slot, whichever of the workers notices it first. One that passed while nothing
ran is made up for; of several that passed, only the last. Times are those of `TIME_ZONE`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import transaction
from django.utils import timezone

from . import bell, jobs
from .models import Job, Periodic

NEVER = datetime(1970, 1, 1, tzinfo=UTC)
Slot = Callable[[datetime], datetime]
"""The last due time at or before a moment."""


def daily(*, at: int) -> Slot:
    """Every day at that hour."""

    def slot(now: datetime) -> datetime:
        today = now.replace(hour=at, minute=0, second=0, microsecond=0)
        return today if today <= now else today - timedelta(days=1)

    return slot


def every(*, minutes: int) -> Slot:
    """So many minutes after midnight, again and again; `minutes` divides a day."""

    def slot(now: datetime) -> datetime:
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
        return midnight + timedelta(minutes=(now - midnight) // timedelta(minutes=minutes) * minutes)

    return slot


@dataclass(slots=True)
class Due:
    kind: str
    slot: Slot
    seen: datetime | None = None


PERIODIC: dict[str, Due] = {}
_lock = threading.Lock()


def due(kind: str, slot: Slot) -> None:
    """Have a kind of job done at these times."""
    PERIODIC[kind] = Due(kind, slot)


def tick(now: datetime | None = None) -> list[Job]:
    """Write the jobs of slots that have come and have none yet. Asks the database once a slot."""
    moment = timezone.localtime(now)
    made = []
    with _lock:
        for each in PERIODIC.values():
            slot = each.slot(moment)
            if each.seen != slot:
                made.append(_begin(each.kind, slot))
                each.seen = slot
    return [row for row in made if row is not None]


@transaction.atomic
def _begin(kind: str, slot: datetime) -> Job | None:
    """The job of a slot, or None when somebody has made it."""
    Periodic.objects.get_or_create(kind=kind, defaults={"slot": NEVER})
    if not Periodic.objects.filter(kind=kind, slot__lt=slot).update(slot=slot):
        return None
    return jobs.enqueue(kind, key=slot.isoformat())


bell.SWEEPS.append(tick)
