"""Whole days in a business's time zone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.utils import timezone

from frontdesk.sdk.widgets import LONGEST_DAYS

FARTHEST_BACK = 10 * LONGEST_DAYS


@dataclass(frozen=True, slots=True)
class Period:
    """From the midnight that begins `first` to the one that ends `last`."""

    first: date
    last: date
    zone: ZoneInfo

    @property
    def begin(self) -> datetime:
        return _midnight(self.first, self.zone)

    @property
    def end(self) -> datetime:
        return _midnight(self.last + timedelta(days=1), self.zone)

    def days(self) -> Iterator[date]:
        for number in range((self.last - self.first).days + 1):
            yield self.first + timedelta(days=number)


def last_days(days: int, *, before: int = 0, zone: ZoneInfo) -> Period:
    """So many days, today included, or as many that ended `before` days ago. Raises ValueError for too many or too few."""
    if not 1 <= days <= LONGEST_DAYS or not 0 <= before <= FARTHEST_BACK:
        raise ValueError(f"days must be 1 to {LONGEST_DAYS} and before 0 to {FARTHEST_BACK}, not {days} and {before}")
    last = timezone.localdate(timezone=zone) - timedelta(days=before)
    return Period(last - timedelta(days=days - 1), last, zone)


def zone_of(name: str) -> ZoneInfo:
    """UTC for what is no time zone."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return ZoneInfo("UTC")


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time.min, tzinfo=zone)
