"""Cards for the owner's Home page: the figures they are made from, what they show, and what the host insists on."""

from __future__ import annotations

import math
import re
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar, Literal, Protocol

from pydantic import BaseModel

from .context import Context
from .manifest import NoConfig

Measure = Literal[
    "conversations",
    "questions",
    "answers",
    "handed_over",
    "not_found",
    "failed",
    "helpful",
    "not_helpful",
    "credits",
    "answer_seconds",
]
Dimension = Literal["agent", "channel", "source", "hour", "weekday", "question_not_found"]
Unit = Literal["", "%", "s"]

LONGEST_DAYS = 366
MOST_BARS, MOST_POINTS, MOST_CHARACTERS = 24, LONGEST_DAYS, 300
LINK = re.compile(r"/studio/[\w\-./?=&%+#]*")


class Figures(Protocol):
    """Counts of one workspace, without tests and trials. Days are whole days in the workspace's time zone, today included.

    A plugin is given them when its manifest asks for the data "figures", and `question_not_found`, which is what customers wrote,
    when it asks for "conversations" as well. Else, and when a card asks too often, DataRefused is raised.

    conversations   begun                              helpful, not_helpful   answers that customers rated so
    questions       messages of customers              credits                spent on answers
    answers         messages of the AI                 answer_seconds         average from the question to the end of its answer
    handed_over     conversations begun in which a person answered or is to
    not_found       questions that were answered without anything from the knowledge; greetings and the like left out
    failed          answers that came to nothing
    """

    async def total(self, measure: Measure, *, days: int, before: int = 0) -> float:
        """The sum over `days` days (an average for seconds); `before` moves the period that many days into the past."""

    async def daily(self, measure: Measure, *, days: int) -> Sequence[tuple[date, float]]:
        """One pair a day, oldest first, days without any included."""

    async def top(self, dimension: Dimension, *, days: int, limit: int = 5) -> Sequence[tuple[str, float]]:
        """What occurred most, with how often, most first.

        agent, channel: conversations. source: answers that rest on it. hour ("0" … "23") and weekday ("1" is Monday): questions.
        """


@dataclass(frozen=True, slots=True)
class Number:
    """One figure. `change` is relative to the period before (0.25 = a quarter more), None when there was nothing.

    `value` is in percent (0 … 100) or in seconds where `unit` says so. A value of None shows `empty` instead.
    """

    value: float | None
    caption: str
    change: float | None = None
    unit: Unit = ""
    more_is_better: bool = True
    empty: str = ""


@dataclass(frozen=True, slots=True)
class Trend:
    """A line over days, oldest first; `total` stands above it in large."""

    points: Sequence[tuple[date, float]]
    caption: str
    total: float | None = None
    unit: Unit = ""


@dataclass(frozen=True, slots=True)
class Bar:
    """A row of a Ranking. `link` leads into the Studio."""

    name: str
    value: float
    link: str = ""


@dataclass(frozen=True, slots=True)
class Ranking:
    """Bars with their names, in the order given. `empty` is said when there is none."""

    rows: Sequence[Bar]
    caption: str
    empty: str = ""
    unit: Unit = ""


@dataclass(frozen=True, slots=True)
class Note:
    """A sentence, perhaps with a link into the Studio ("/studio/knowledge/")."""

    text: str
    link: str = ""
    link_text: str = ""


View = Number | Trend | Ranking | Note


def checked(view: Any) -> View:
    """The view, if it can be drawn. Raises TypeError or ValueError with a sentence for the plugin's author."""
    if not isinstance(view, View):
        raise TypeError(f"a card shows a Number, a Trend, a Ranking or a Note, not {type(view).__name__}")
    for text in _texts(view):
        if not isinstance(text, str) or len(text) > MOST_CHARACTERS:
            raise ValueError(f"a text of a card has at most {MOST_CHARACTERS} characters: {text!r:.60}")
    for number in _numbers(view):
        if isinstance(number, bool) or not isinstance(number, int | float) or not math.isfinite(number):
            raise ValueError(f"{number!r:.60} is not a number that can be drawn")
    for link in _links(view):
        if not LINK.fullmatch(link):
            raise ValueError(f"a card links to addresses that begin with /studio/, not to {link!r:.60}")
    if isinstance(view, Ranking) and len(view.rows) > MOST_BARS:
        raise ValueError(f"a ranking has at most {MOST_BARS} bars, not {len(view.rows)}")
    if isinstance(view, Trend) and not _is_line(view.points):
        raise ValueError(f"a trend has at most {MOST_POINTS} points, each a day and a number")
    return view


def _texts(view: View) -> Iterator[Any]:
    match view:
        case Number() | Ranking():
            yield from (view.caption, view.empty)
        case Trend():
            yield view.caption
        case Note():
            yield from (view.text, view.link_text)
    if isinstance(view, Ranking):
        yield from (row.name for row in view.rows)


def _numbers(view: View) -> Iterator[Any]:
    match view:
        case Number():
            yield from (number for number in (view.value, view.change) if number is not None)
        case Trend():
            yield from (number for number in (view.total, *(value for _day, value in view.points)) if number is not None)
        case Ranking():
            yield from (row.value for row in view.rows)


def _links(view: View) -> Iterator[str]:
    if isinstance(view, Note) and view.link:
        yield view.link
    if isinstance(view, Ranking):
        yield from (row.link for row in view.rows if row.link)


def _is_line(points: Sequence[tuple[date, float]]) -> bool:
    return len(points) <= MOST_POINTS and all(isinstance(day, date) for day, _value in points)


class AnalyticsWidget(ABC):
    """A card on the Home page. The host draws what `look` gives, and keeps it for a minute.

    `config_model` is asked for each time that an owner puts the card on the page, with a default for each field and without
    secrets (those belong to the plugin's own config); `context.settings` is its answer. `icon` is the name of a Material symbol.
    """

    slug: ClassVar[str]
    label: ClassVar[str]
    description: ClassVar[str] = ""
    icon: ClassVar[str] = "monitoring"
    wide: ClassVar[bool] = False
    config_model: ClassVar[type[BaseModel]] = NoConfig

    @abstractmethod
    async def look(self, figures: Figures, context: Context) -> View:
        """What the card shows now, in `context.language`."""
