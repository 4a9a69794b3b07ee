"""Rows that sum up others. They stay out of a table's rows, so that a sum over these counts nothing twice."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Literal

from .columns import Cell, Column

_SUM = (
    r"(?:grand |sub[- ]?|net |overall )?totals?|sums?|(?:zwischen|gesamt)?summen?|gesamt|insgesamt|total général|sous-total|"
    r"somme|suma|subtotal|totale|subtotaal|totaal|razem|(?:ara |genel )?toplam|итого|всего|合计|总计|小计|"
    r"(?:ال)?مجموع(?: (?:الكلي|الفرعي))?|(?:ال)?[إا]جمالي|סה\"כ"
)
_OTHER = r"averages?|avg|mean|durchschnitt|moyenne|promedio|media|gemiddelde|ortalama|(?:ال)?متوسط|(?:ال)?معدل|count|anzahl"
_ONLY_SUM = re.compile(rf"(?:{_SUM})\s*[:：=]?", re.IGNORECASE)
_ONLY_OTHER = re.compile(rf"(?:{_OTHER})\s*[:：=]?", re.IGNORECASE)
_BEGINS = re.compile(rf"(?:{_SUM})\b.{{1,60}}|.{{1,60}}\b(?:{_SUM})", re.IGNORECASE)
_Kind = Literal["word", "words", "unnamed", ""]
# What rounding in a sheet hides.
_NEAR = Decimal("0.011")


def total_rows(
    vectors: Sequence[Sequence[Cell]], columns: Sequence[Column], values: Sequence[Sequence[object]], sections: Sequence[str]
) -> set[int]:
    """Which rows sum up others: those that say so and stand last or are right, and those that say nothing and are right
    in every column."""
    count = len(vectors[0])
    numbers = [_numbers(column) for kind, column in zip(columns, values, strict=True) if kind.type in {"integer", "decimal"}]
    kinds = [
        _kind([vector[row] for vector in vectors], any(column[row] is not None for column in numbers)) for row in range(count)
    ]
    tail = count
    while tail and kinds[tail - 1]:
        tail -= 1
    found: set[int] = set()
    last = -1
    for row, kind in enumerate(kinds):
        if not kind:
            continue
        groups = _groups(row, last, found, sections)
        right = [_adds_up(column, row, groups) for column in numbers if column[row] is not None]
        proven = all(right) if kind == "unnamed" else any(right) or (kind == "word" and row >= tail)
        if proven:
            found.add(row)
            last = row
    return found if len(found) < count else set()


def _numbers(values: Sequence[object]) -> list[Decimal | None]:
    return [None if value is None else Decimal(str(value)) for value in values]


def _kind(cells: Sequence[Cell], has_number: bool) -> _Kind:
    if not has_number:
        return ""
    texts = [cell.text for cell in cells if isinstance(cell.value, str) and any(map(str.isalpha, cell.text))]
    if not texts:
        filled = sum(cell.value is not None for cell in cells)
        return "unnamed" if filled < len(cells) else ""
    if any(_ONLY_SUM.fullmatch(text) or _ONLY_OTHER.fullmatch(text) for text in texts[:2]):
        return "word"
    return "words" if _BEGINS.fullmatch(texts[0]) else ""


def _groups(row: int, last: int, found: set[int], sections: Sequence[str]) -> list[list[int]]:
    """What a row may sum up: all rows above, those since the last sum, those of its section, or the sums themselves."""
    above = [index for index in range(row) if index not in found]
    since = [index for index in above if index > last]
    section = [index for index in above if sections[index] and sections[index] == sections[row]]
    return [group for group in (above, since, section, sorted(found)) if group]


def _adds_up(column: Sequence[Decimal | None], row: int, groups: Sequence[Sequence[int]]) -> bool:
    said = column[row]
    for group in groups:
        parts = [number for index in group if (number := column[index]) is not None]
        if len(parts) > 1 and said is not None and abs(sum(parts) - said) <= _NEAR:
            return True
    return False
