"""A day's figures, counted once when it is over: they stay when conversations are deleted, and need no recounting."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone

from frontdesk.workspaces.models import Workspace

from .measures import MEASURES, total
from .models import Day
from .periods import Period, zone_of

# Days that were missed, as while the machine was off, are counted later.
MOST_MISSED = 31


def count(workspace: Workspace) -> int:
    """Count those of the last days that are over and were not counted yet; gives how many. The workspace must be in scope."""
    zone = zone_of(workspace.time_zone)
    today = timezone.now().astimezone(zone).date()
    first = max(today - timedelta(days=MOST_MISSED), workspace.created_at.astimezone(zone).date())
    days = [first + timedelta(days=n) for n in range((today - first).days)]
    counted = set(Day.objects.filter(day__in=days).values_list("day", flat=True))
    missing = [day for day in days if day not in counted]
    rows = [Day(workspace=workspace, day=day, figures=figures(day, zone)) for day in missing]
    Day.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)


def figures(day: date, zone: ZoneInfo) -> dict[str, float]:
    """Every measure of one day, one query each."""
    period = Period(day, day, zone)
    return {measure: total(measure, period) for measure in MEASURES}


def last(workspace: Workspace, days: int) -> Sequence[dict[str, Any]]:
    """The last days, today included, the oldest first: `{"day", <measure>: number…}`. What is counted is taken as it is."""
    zone = zone_of(workspace.time_zone)
    today = timezone.now().astimezone(zone).date()
    wanted = [today - timedelta(days=n) for n in reversed(range(days))]
    known = dict(Day.objects.filter(day__in=wanted).values_list("day", "figures"))
    known[today] = figures(today, zone)
    nothing = dict.fromkeys(MEASURES, 0.0)
    return [{"day": day, **nothing, **known.get(day, {})} for day in wanted]
