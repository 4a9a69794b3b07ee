"""How far back a card looks."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from frontdesk.sdk.widgets import Figures, Measure

from .words import phrase


class Period(BaseModel):
    days: Literal[7, 30, 90] = Field(default=7, title=phrase("How many days to look back"))


class LongPeriod(BaseModel):
    """For what is rare."""

    days: Literal[7, 30, 90] = Field(default=30, title=phrase("How many days to look back"))


async def sums(figures: Figures, days: int, measure: Measure) -> tuple[float, float]:
    """Of the period, and of the one before it."""
    return await figures.total(measure, days=days), await figures.total(measure, days=days, before=days)


def change(now: float, before: float) -> float | None:
    """Relative to before; None when there was nothing to compare with."""
    return (now - before) / before if before else None


def share(part: float, whole: float) -> float | None:
    """In percent; None of nothing."""
    return 100 * max(0.0, min(part / whole, 1.0)) if whole else None
