"""Rows of cells to blocks that can be read alone: every value carries its column's name.

Sheets are made for eyes: titles above the header, headers of several rows, a label that counts for the rows below it,
a blank line and another table. This module finds them; the formats only deliver rows.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from .document import Block

_LOOKAHEAD = 12
_HEADER_ROWS = 4
_LONGEST_HEADER = 100
_LONGEST_SECTION = 160
# In a form as much of the values are numbers, and as much are words.
_FORM = 0.25
_YEAR = re.compile(r"(?:1[89]|20|21)\d\d")
_DATE = re.compile(r"\d{4}-\d\d-\d\d(?: \d\d:\d\d(?::\d\d)?)?")
_VALUE = re.compile(
    r"[(\-+−–~<>≤≥]?\s*(?:[A-Z]{0,3}[$€£¥₹₪﷼]|[A-Z]{3}\s)?\s*[\-−]?\d[\d.,'’\s/:\-–]*\s*"
    r"(?:[%‰$€£¥₹₪]|[^\W\d_]{1,4}[²³]?|[AaPp]\.?[Mm]\.?)?\)?|[\-–—]+|\S+@\S+\.\S+|(?:https?://|www\.)\S+"
)


@dataclass(frozen=True, slots=True)
class Row:
    """Displayed cells of one row; `number` is its place in the sheet or file, counted from 1.

    `values` are what a workbook holds for them: None, text, a number, a date, a time or a boolean.
    """

    number: int
    cells: list[str]
    values: list[object] = field(default_factory=list)

    @property
    def filled(self) -> list[int]:
        return [index for index, cell in enumerate(self.cells) if cell]


@dataclass(slots=True)
class _Layout:
    """What is known of the table at hand."""

    place: Block
    columns: list[str] = field(default_factory=list)
    section: str = ""
    section_row: int = 0
    width: int = 0


def table_blocks(rows: Iterable[Row], place: Block, *, header_rows: int | None = None) -> Iterator[Block]:
    """One block a row. `place` lends page, sheet and headings; `header_rows` None means find out."""
    layout = _Layout(place)
    pending: list[Row] = []
    decided = False
    for row in rows:
        if not row.filled:
            yield from _begin(pending, layout, header_rows)
            pending, decided = [], False
        elif decided:
            yield _body(row, layout)
        else:
            pending.append(row)
            if len(pending) == _LOOKAHEAD:
                yield from _begin(pending, layout, header_rows)
                pending, decided = [], True
    yield from _begin(pending, layout, header_rows)


def _begin(rows: list[Row], layout: _Layout, header_rows: int | None) -> Iterator[Block]:
    """The first rows after a blank one: titles, then a header or a continuation of the table above, then the body."""
    width = max((len(row.filled) for row in rows), default=0)
    first_column = min((row.filled[0] for row in rows), default=0)
    start = 0
    if header_rows is None:
        while start < len(rows) and rows[start].filled == [first_column]:
            start += 1
    titles, rest = rows[:start], rows[start:]
    for row in titles:
        yield replace(layout.place, kind="paragraph", text=row.cells[first_column], rows=(row.number, row.number))
    short = [row.cells[first_column] for row in titles if len(row.cells[first_column]) <= _LONGEST_HEADER]
    if titles and rest and short:
        layout.place = replace(layout.place, headings=(*_without_titles(layout), *short[-1:]))
    if not rest:
        return
    count = min(header_rows, len(rest)) if header_rows is not None else count_header_rows(rest, first_column)
    if count or width > layout.width:
        layout.columns, layout.width = join_header(rest[:count]), width
    layout.section = ""
    for row in rest[count:]:
        yield _body(row, layout)
    if count and not rest[count:]:
        yield replace(layout.place, text=" | ".join(filter(None, layout.columns)), rows=(rest[0].number, rest[-1].number))


def _without_titles(layout: _Layout) -> tuple[str, ...]:
    """Each table of a sheet stands under its own title, not under those of the tables above."""
    return layout.place.headings[:1] if layout.place.sheet else layout.place.headings


def _is_value(cell: str) -> bool:
    return bool(_VALUE.fullmatch(cell)) and not _YEAR.fullmatch(cell)


def _may_be_header(row: Row) -> bool:
    cells = [row.cells[index] for index in row.filled]
    if any(len(cell) > _LONGEST_HEADER for cell in cells):
        return False
    # Dates head the columns of a time series, but then all the cells after the first are dates.
    return not any(_is_value(cell) for cell in cells) or (len(cells) > 2 and all(_DATE.fullmatch(cell) for cell in cells[1:]))


def count_header_rows(rows: list[Row], first_column: int) -> int:
    """How many of the rows at the top of a table name its columns; `first_column` is the leftmost that is filled."""
    width = max(len(row.filled) for row in rows)
    count = 0
    for row in rows[:_HEADER_ROWS]:
        if not _may_be_header(row) or (count and not _explains(row, rows[count - 1], first_column, width)):
            break
        count += 1
    count = count if count < len(rows) else min(count, 1)
    if not count or not _names_differ(rows[count - 1]) or (width == 2 and _is_a_form(rows[count:])):
        return 0
    return count


def _explains(row: Row, above: Row, first_column: int, width: int) -> bool:
    """Whether a second header row divides the columns of the first: that one had gaps or names over several columns."""
    if row.filled == [first_column] or len({above.cells[index] for index in above.filled}) >= width:
        return False
    label, label_above = row.cells[first_column], above.cells[first_column]
    return not label or not label_above or label == label_above


def _is_a_form(rows: list[Row]) -> bool:
    """Two columns of names and values of every kind, such as Phone, Founded, E-mail: the first row is no header."""
    kinds = [_is_value(row.cells[row.filled[-1]]) for row in rows if len(row.filled) == 2]
    return min(kinds.count(True), kinds.count(False)) > _FORM * len(kinds)


def _names_differ(row: Row) -> bool:
    cells = [row.cells[index] for index in row.filled]
    return len(set(cells)) > 0.5 * len(cells)


def join_header(rows: list[Row]) -> list[str]:
    """One name a column. In all rows but the last, a name counts for the empty cells to its right."""
    names: list[list[str]] = [[] for _ in range(max((len(row.cells) for row in rows), default=0))]
    for position, row in enumerate(rows):
        carried = ""
        for column in range(len(names)):
            cell = row.cells[column] if column < len(row.cells) else ""
            carried = cell or (carried if position < len(rows) - 1 else "")
            if carried and carried not in names[column]:
                names[column].append(carried)
    return [" ".join(parts) for parts in names]


def _body(row: Row, layout: _Layout) -> Block:
    filled = row.filled
    if len(filled) == 1 and layout.width > 1 and filled[0] <= 1 and len(row.cells[filled[0]]) <= _LONGEST_SECTION:
        text = row.cells[filled[0]]
        layout.section = f"{layout.section} {text}" if layout.section_row == row.number - 1 and layout.section else text
        layout.section_row = row.number
        return replace(layout.place, text=text, rows=(row.number, row.number), header=_header(layout))
    cells = [(layout.columns[index] if index < len(layout.columns) else "", row.cells[index]) for index in filled]
    if not layout.columns and len(cells) == 2 and not _is_value(cells[0][1]):
        text = f"{cells[0][1].rstrip(':')}: {cells[1][1]}"
    elif not layout.columns:
        text = " | ".join(cell for _, cell in cells)
    else:
        text = "; ".join(f"{name.rstrip(':')}: {cell}" if name else cell for name, cell in cells)
    text = f"{layout.section.rstrip(':')}; {text}" if layout.section else text
    return replace(layout.place, text=text, rows=(row.number, row.number), header=_header(layout))


def _header(layout: _Layout) -> str:
    return " | ".join(filter(None, layout.columns))
