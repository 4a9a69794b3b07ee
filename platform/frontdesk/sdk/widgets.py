"""Figures for the owner's Home page."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import ClassVar, Literal, Protocol

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


class Figures(Protocol):
    """Counts of one workspace, without tests and trials. Days are whole days in the workspace's time zone, today included."""

    async def total(self, measure: Measure, *, days: int, before: int = 0) -> float:
        """The sum over `days` days (an average for seconds); `before` moves the period that many days into the past."""

    async def daily(self, measure: Measure, *, days: int) -> Sequence[tuple[date, float]]:
        """One pair a day, oldest first, days without any included."""

    async def top(self, dimension: Dimension, *, days: int, limit: int = 5) -> Sequence[tuple[str, float]]:
        """What occurred most, with how often, most first."""


@dataclass(frozen=True, slots=True)
class Number:
    """One figure. `change` is relative to the period before (0.25 = a quarter more), None when there was nothing."""

    value: float
    caption: str
    change: float | None = None
    unit: Literal["", "%", "s"] = ""
    more_is_better: bool = True


@dataclass(frozen=True, slots=True)
class Trend:
    """A line over days."""

    points: Sequence[tuple[date, float]]
    caption: str


@dataclass(frozen=True, slots=True)
class Ranking:
    """Bars with their names, longest first."""

    rows: Sequence[tuple[str, float]]
    caption: str
    empty: str = ""


@dataclass(frozen=True, slots=True)
class Note:
    """A sentence, perhaps with a link into the Studio ("/studio/knowledge/")."""

    text: str
    link: str = ""
    link_text: str = ""


View = Number | Trend | Ranking | Note


class AnalyticsWidget(ABC):
    """A card on the Home page. The host draws what `look` gives, and keeps it for a minute.

    `config_model` is asked for each time that an owner puts the card on the page; `context.settings` is its answer.
    """

    slug: ClassVar[str]
    label: ClassVar[str]
    description: ClassVar[str] = ""
    wide: ClassVar[bool] = False
    config_model: ClassVar[type[BaseModel]] = NoConfig

    @abstractmethod
    async def look(self, figures: Figures, context: Context) -> View:
        """What the card shows now."""
