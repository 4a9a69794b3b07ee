"""The words of `words.toml`, folded as the search folds them, and Django's names of months and weekdays."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from django.utils import dates, translation

from ..lexical.terms import fold


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """`poles`: word → (which pair of opposites, whether it is the yes side). Months and weekdays → their numbers."""

    no: frozenset[str]
    poles: Mapping[str, tuple[int, bool]]
    labels: frozenset[str]
    timely: frozenset[str]
    numbers: Mapping[str, int]
    months: Mapping[str, int]
    weekdays: frozenset[str]


@lru_cache(maxsize=32)
def vocabulary(language: str) -> Vocabulary:
    """Of a language that has none: its months and weekdays."""
    row = _rows().get(language, {})
    months, weekdays = _calendar(language)
    return Vocabulary(
        no=_folded(row.get("no", "")),
        poles=dict(_poles(row.get("opposites", []))),
        labels=_folded(row.get("labels", "")),
        timely=_folded(row.get("timely", "")),
        numbers={fold(word): number for number, word in enumerate(row.get("numbers", "").split(), 2)},
        months=months,
        weekdays=weekdays,
    )


@lru_cache(maxsize=1)
def _rows() -> dict[str, dict[str, object]]:
    return tomllib.loads((Path(__file__).parent / "words.toml").read_text(encoding="utf-8"))


def _folded(words: str) -> frozenset[str]:
    return frozenset(fold(word) for word in words.split())


def _poles(pairs: list[str]) -> list[tuple[str, tuple[int, bool]]]:
    return [
        (fold(word), (number, side == 0))
        for number, pair in enumerate(pairs)
        for side, words in enumerate(pair.split("/"))
        for word in words.split("|")
    ]


def _calendar(language: str) -> tuple[dict[str, int], frozenset[str]]:
    with translation.override(language or "en"):
        months = {fold(str(name)): number for table in (dates.MONTHS, dates.MONTHS_3) for number, name in table.items()}
        days = frozenset(
            fold(str(name)).split()[-1] for table in (dates.WEEKDAYS, dates.WEEKDAYS_ABBR) for name in table.values()
        )
    return months, days
