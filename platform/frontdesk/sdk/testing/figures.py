"""Figures of a business that never was, for the tests of cards."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import get_args

from ..errors import DataRefused
from ..manifest import DataKind
from ..widgets import LONGEST_DAYS, Dimension, Measure

TODAY = date(2026, 11, 21)
NAMES: dict[Dimension, Sequence[str]] = {
    "agent": ("Mila", "Nour"),
    "channel": ("Website", "WhatsApp"),
    "source": ("Menu.pdf", "Prices.xlsx", "Our house: opening hours, parking, allergies, and all that people ask at the door"),
    "hour": ("17", "9", "0", "23"),
    "weekday": ("6", "7", "1"),
    "question_not_found": ("Do you have oat milk?", "هل لديكم حليب الشوفان؟", "x" * 300),
}


class PlayedFigures:
    """`frontdesk.sdk.widgets.Figures` from numbers made up, always the same: all zero and empty, or with something everywhere.

    `data` is what the manifest asks for; what needs more is refused as the host refuses it.
    """

    def __init__(self, *, empty: bool, data: Sequence[DataKind] = ("figures", "conversations")) -> None:
        self.empty, self.data = empty, data
        self.asked = 0

    async def total(self, measure: Measure, *, days: int, before: int = 0) -> float:
        self._ask("figures", days)
        rank = get_args(Measure).index(measure)
        if self.empty:
            return 0.0
        return 4.25 + before / 100 if measure == "answer_seconds" else float((11 - rank) * days + before)

    async def daily(self, measure: Measure, *, days: int) -> Sequence[tuple[date, float]]:
        self._ask("figures", days)
        rank = get_args(Measure).index(measure)
        values = [0.0 if self.empty else float((number * 7 + rank) % 23) for number in range(days)]
        return [(TODAY - timedelta(days=days - 1 - number), value) for number, value in enumerate(values)]

    async def top(self, dimension: Dimension, *, days: int, limit: int = 5) -> Sequence[tuple[str, float]]:
        self._ask("conversations" if dimension == "question_not_found" else "figures", days)
        names = () if self.empty else NAMES[dimension][:limit]
        return [(name, float(20 - 6 * number)) for number, name in enumerate(names)]

    def _ask(self, needed: DataKind, days: int) -> None:
        self.asked += 1
        if not 1 <= days <= LONGEST_DAYS:
            raise ValueError(f"days must be 1 to {LONGEST_DAYS}, not {days}")
        if not {"figures", needed} <= set(self.data):
            raise DataRefused(f"The manifest does not ask for the data “{needed}”.")
