"""Opening hours as rows of a form: each weekday and each special day with its pairs of times."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import uuid4

from django.http import QueryDict
from django.utils import timezone
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _

from frontdesk.core.errors import Invalid
from frontdesk.workspaces import hours
from frontdesk.workspaces.hours import OpeningHours, Span, SpecialDay

Pairs = list[tuple[str, str]]
MOST_PAIRS = 12


@dataclass(slots=True)
class Day:
    """A weekday, or with `date` a special day or several. `key` names its fields, `problem` is what is wrong with them."""

    key: str
    label: Any = ""
    pairs: Pairs = field(default_factory=list)
    date: str = ""
    until: str = ""
    problem: str = ""

    def spans(self) -> list[Span]:
        """What was typed; with `problem` filled, none."""
        try:
            return hours.spans_of(self.pairs)
        except Invalid as error:
            self.problem = str(error.message)
            return []


class HoursRows:
    """The rows as they are kept, or as they were sent."""

    def __init__(self, kept: OpeningHours, data: QueryDict | None = None) -> None:
        self.days = [Day(str(day), WEEKDAYS[day]) for day in range(hours.DAYS)]
        if data is None:
            for day, spans in zip(self.days, kept.week, strict=True):
                day.pairs = _typed(spans)
            self.special = [_special_row(each) for each in kept.special if _lies_ahead(each)]
        else:
            for day in self.days:
                day.pairs = _sent_pairs(data, day.key)
            self.special = [_sent_special(data, key) for key in data.getlist("special")[:200]]
        # What is over stays as it is and is not shown.
        self.past = [each for each in kept.special if not _lies_ahead(each)]

    @property
    def fresh(self) -> Day:
        """An empty special day, for the template that new rows are copied from."""
        return Day("special-new")

    def values(self) -> dict[str, Any] | None:
        """`week` and `special` for the opening hours; None with `problem` filled in the rows."""
        week = [day.spans() for day in self.days]
        special = [made for row in self.special if (made := _special_of(row)) is not None]
        if any(row.problem for row in [*self.days, *self.special]):
            return None
        return {
            "week": [[span.model_dump(mode="json") for span in spans] for spans in week],
            "special": [each.model_dump(mode="json") for each in [*self.past, *special]],
        }


def _typed(spans: Sequence[Span]) -> Pairs:
    return [(f"{span.opens:%H:%M}", f"{span.closes:%H:%M}") for span in spans]


def _lies_ahead(each: SpecialDay) -> bool:
    return (each.until or each.date) >= timezone.localdate()


def _special_row(each: SpecialDay) -> Day:
    until = each.until.isoformat() if each.until else ""
    return Day(f"special-{uuid4().hex[:8]}", each.name, _typed(each.spans), each.date.isoformat(), until)


def _sent_pairs(data: QueryDict, key: str) -> Pairs:
    opens, closes = data.getlist(f"from-{key}"), data.getlist(f"to-{key}")
    return [pair for pair in zip(opens, closes, strict=False) if any(pair)][:MOST_PAIRS]


def _sent_special(data: QueryDict, key: str) -> Day:
    name = data.get(f"name-{key}", "").strip()[:80]
    return Day(key[:40], name, _sent_pairs(data, key), data.get(f"date-{key}", ""), data.get(f"until-{key}", ""))


def _special_of(row: Day) -> SpecialDay | None:
    """None for a row in which nothing was filled in, and for one with a `problem`."""
    if not (row.date or row.until or row.label or row.pairs):
        return None
    spans = row.spans()
    try:
        first, until = date.fromisoformat(row.date), date.fromisoformat(row.until) if row.until else None
    except ValueError:
        row.problem = row.problem or _("Choose a date.")
    else:
        if until is not None and until < first:
            row.problem = _("The last day comes before the first.")
        elif not row.problem:
            return SpecialDay(date=first, until=until if until != first else None, name=str(row.label), spans=spans)
    return None
