"""How well passages fit a question, in an owner's words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

# The number is strict with short questions and small bases, where one word that stands nowhere weighs much; on the demo's
# questions it is above 0.1 for all but one that can be answered, and below it for those that cannot.
SURE, UNSURE = 0.5, 0.1
STRONG, FAIR = 67, 34
# Sides whose scores have no scale of their own.
BY_WORDS = ("words", "ngrams")


@dataclass(frozen=True, slots=True)
class Side:
    """How well a passage fits on one side of the search, 0…100: words against the best passage found, meaning as it is."""

    label: str
    percent: int

    @property
    def said(self) -> str:
        """The bar as a word."""
        if self.percent >= STRONG:
            return _("strong")
        if self.percent >= FAIR:
            return _("fair")
        return _("weak") if self.percent else _("none")


def best_scores(found: Iterable[Mapping[str, float]]) -> dict[str, float]:
    """The best score of each side that has no scale of its own, among the scores of all passages of one search."""
    rows = list(found)
    return {side: max((row.get(side, 0.0) for row in rows), default=0.0) for side in BY_WORDS}


def sides(scores: Mapping[str, float], best: Mapping[str, float]) -> list[Side]:
    """One passage's scores as bars."""
    labels = {"words": _("Same words"), "ngrams": _("Similar spelling"), "meaning": _("Same meaning")}
    return [Side(label, _percent(scores[side], best.get(side, 1.0))) for side, label in labels.items() if side in scores]


def _percent(score: float, best: float) -> int:
    return round(100 * min(1.0, max(0.0, score / best))) if best > 0 else 0


def confidence_in_words(value: float | None, *, found: bool, cited: bool = False) -> str:
    """`value` is 0…1, as the search gives it; `cited`: an answer rests on passages that it found, whatever it thought of them."""
    if not found:
        return _("Nothing in the knowledge fits this question.")
    if (value or 0) >= SURE:
        return _("The answer is very likely in what was found.")
    if cited:
        return _("The answer rests on what was found.")
    if (value or 0) >= UNSURE:
        return _("The answer may be in what was found.")
    return _("What was found may not hold the answer. Look at it before you trust it.")
