"""Which sources of a base a list shows: by state, kind and words; and how many there are of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.translation import gettext as _

from frontdesk.knowledge import queries
from frontdesk.knowledge.jobs import UNFINISHED
from frontdesk.knowledge.models import KnowledgeBase, Source

# What each filter shows; that of a state its own name, for what several states are.
STATES = {"learning": UNFINISHED, "ready": ["ready"], "failed": ["failed"], "cancelled": ["cancelled"]}
LEFT_OUT = "excluded"


@dataclass(frozen=True, slots=True)
class Filter:
    """One of the buttons above the list, or one of the kinds to choose from."""

    value: str
    label: str
    number: int


@dataclass(frozen=True, slots=True)
class Narrowing:
    """What somebody wants to see; empty parts narrow nothing."""

    state: str = ""
    kind: str = ""
    words: str = ""

    @classmethod
    def of(cls, asked: QueryDict) -> Narrowing:
        state, kind = asked.get("state", ""), asked.get("kind", "")
        words = asked.get("words", "").replace("\x00", "").strip()[:200]
        return cls(state if state in {*STATES, LEFT_OUT} else "", kind if kind in Source.Kind.values else "", words)

    def __bool__(self) -> bool:
        return bool(self.state or self.kind or self.words)

    def rows(self, base: KnowledgeBase) -> QuerySet[Source]:
        rows = queries.sources(base, kinds=[self.kind] if self.kind else (), words=self.words)
        if self.state == LEFT_OUT:
            return rows.filter(excluded=True)
        return rows.filter(state__in=STATES[self.state]) if self.state else rows


@dataclass(frozen=True, slots=True)
class Tally:
    """How many sources a base has: `states` for the buttons, `kinds` where there are several."""

    states: list[Filter]
    kinds: list[Filter]

    @property
    def total(self) -> int:
        return self.states[0].number

    def number(self, state: str) -> int:
        return next((each.number for each in self.states if each.value == state), 0)


def tally_of(base: KnowledgeBase) -> Tally:
    """One query."""
    counted = queries.tally(base)
    states: Counter[str] = Counter()
    kinds: Counter[str] = Counter()
    for row in counted:
        states[row.state] += row.number
        states[LEFT_OUT] += row.number if row.excluded else 0
        kinds[row.kind] += row.number
    rows: list[tuple[str, Any, int]] = [
        ("", _("All"), sum(kinds.values())),
        ("learning", _("Learning…"), _sum(states, STATES["learning"])),
        ("ready", _("Ready"), _sum(states, STATES["ready"])),
        ("failed", _("Could not be learned"), _sum(states, STATES["failed"])),
        ("cancelled", _("Stopped"), _sum(states, STATES["cancelled"])),
        (LEFT_OUT, _("Left out"), states[LEFT_OUT]),
    ]
    named = [Filter(kind, str(Source.Kind(kind).label), number) for kind, number in sorted(kinds.items())]
    return Tally([Filter(*row) for row in rows if row[2] or not row[0]], named if len(named) > 1 else [])


def _sum(states: Counter[str], names: Iterable[str]) -> int:
    return sum(states[name] for name in names)
