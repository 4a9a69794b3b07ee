"""What was found, for a page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Case, Count, Q, QuerySet, When

from frontdesk.core.models import Job

from ..errors import FindingNotFound
from ..models import KnowledgeBase, Source
from .models import Checkup, Finding

UNFINISHED = [Job.State.QUEUED, Job.State.RUNNING]
GRAVEST_FIRST = Case(*(When(kind=kind, then=place) for place, kind in enumerate(Finding.Kind)))


def findings(base: KnowledgeBase | None = None, *, kind: str = "", dismissed: bool = False) -> QuerySet[Finding]:
    """Of a base or of all, the gravest kind first, then by weight; without those whose source is deleted or works again."""
    found = _still().filter(dismissed_at__isnull=not dismissed)
    if base is not None:
        found = found.filter(base=base)
    if kind:
        found = found.filter(kind=kind)
    return found.order_by(GRAVEST_FIRST, "-weight", "pk")


def finding(uuid: UUID) -> Finding:
    """Raises FindingNotFound."""
    found = _still().filter(uuid=uuid).first()
    if found is None:
        raise FindingNotFound
    return found


def _still() -> QuerySet[Finding]:
    there = Q(source=None) | Q(source__deleted_at=None)
    fails = ~Q(kind=Finding.Kind.FAILING) | Q(source__state=Source.State.FAILED)
    found = Finding.objects.filter(there & (Q(other=None) | Q(other__deleted_at=None)) & fails, base__deleted_at=None)
    return found.select_related("base", "source", "other")


def counts(base: KnowledgeBase | None = None) -> dict[str, int]:
    """Open findings of each kind."""
    rows = findings(base).select_related(None).order_by()
    return dict(rows.values_list("kind").annotate(number=Count("pk")))


def open_findings(bases: Sequence[KnowledgeBase]) -> Counter[int]:
    """How many of each base are open, by its id. One query."""
    rows = findings().select_related(None).order_by().filter(base__in=list(bases))
    return Counter(dict(rows.values_list("base").annotate(number=Count("pk"))))


@dataclass(frozen=True, slots=True)
class Look:
    """How looking goes: `percent` is None while it waits. `checked_at` is of the look that was made least recently."""

    busy: bool
    percent: int | None
    checked_at: datetime | None
    not_compared: int
    problem: str = ""


def look(bases: Sequence[KnowledgeBase]) -> Look:
    """Of all these bases together."""
    rows = list(Checkup.objects.select_related("job").filter(base__in=list(bases)))
    busy = [row.job for row in rows if row.job is not None and row.job.state in UNFINISHED]
    total = sum(job.total for job in busy)
    percent = min(99, 100 * sum(job.done for job in busy) // total) if total else None
    times = [row.checked_at for row in rows if row.checked_at]
    failed = next((row.job.error for row in rows if row.job is not None and row.job.state == Job.State.FAILED), "")
    return Look(bool(busy), percent, min(times, default=None), sum(row.not_compared for row in rows), failed)


def old_after(base: KnowledgeBase) -> int:
    """Months, as the owner chose; 0 for never."""
    row = Checkup.objects.filter(base=base).only("old_after").first()
    return row.old_after if row else Checkup._meta.get_field("old_after").default
