"""The tables in the rows of a sheet.

Sheets are made for eyes: titles, headers of several rows, two tables side by side, a label that counts for the rows below it,
a sum under a line. A sheet is cut at blank rows and columns into areas; each area is a title, a table, or more of the table
above it. What a header looks like is decided as for passages (`reading.tables`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from ..reading.tables import Row, count_header_rows, join_header
from .columns import Cell, Column, typed
from .names import identifier
from .totals import total_rows
from .values import NumberStyle

MOST_TABLES = 50
MOST_COLUMNS = 200
MOST_ROWS = 200_000
_LONGEST_TITLE = 200
_LONGEST_LABEL = 200
_LONG_NOTE = 40
_TOP = 24
# What spreadsheet programs call a sheet that nobody named.
_UNNAMED = re.compile(r"(?:sheet|feuil|tabelle|blad|hoja|foglio|planilha|лист|sayfa|ورقة)?\s*\d*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Table:
    """Rows and totals begin with the row's number in the sheet, counted from 1; so do `first_row` and `last_row`."""

    name: str
    title: str
    sheet: str
    columns: list[Column]
    rows: list[list[object]]
    totals: list[list[object]]
    first_row: int
    last_row: int
    complete: bool = True


@dataclass(frozen=True, slots=True)
class _Area:
    """A part of a sheet: rows without those that are blank, columns from `left` to `right`."""

    rows: Sequence[Row]
    left: int
    right: int

    @property
    def width(self) -> int:
        return self.right - self.left + 1


@dataclass(slots=True)
class _Draft:
    """A table that may go on in the next area."""

    title: str
    labels: list[str]
    area: _Area
    header: list[Row]
    body: list[tuple[Row, str]] = field(default_factory=list)


def find(
    rows: Sequence[Row], sheet: str, *, style: NumberStyle = ".", taken: Iterable[str] = (), otherwise: str = ""
) -> list[Table]:
    """The tables of a sheet, from top to bottom.

    `taken` are names that other tables have, `otherwise` what a table is called that has no title in a sheet that has no name;
    `style` is as in `columns.typed`.
    """
    drafts: list[_Draft] = []
    titles: dict[int, str] = {}
    for area in _areas(rows, 0, max((len(row.cells) for row in rows), default=0) - 1):
        top, rest = _titles(area)
        if top:
            titles[area.left] = top[0]
        if rest is None:
            continue
        if rest.width < 2 or len(rest.rows) < 2:
            _continue_with(drafts, rest)
        elif not _continue_with(drafts, rest):
            title = titles.pop(area.left, "") or next((titles.pop(left) for left in sorted(titles) if left <= area.right), "")
            drafts.append(_begin(rest, title))
    names = set(taken)
    tables: list[Table] = []
    for draft in drafts[: MOST_TABLES + 1]:
        table = _finish(draft, sheet, style, names, otherwise)
        if table is not None:
            names.add(table.name)
            tables.append(table)
    return tables


def _areas(rows: Sequence[Row], left: int, right: int) -> Iterator[_Area]:
    """Cut at blank rows, then at blank columns where what stands on both sides of them is no single table."""
    band: list[Row] = []
    for row in [*rows, Row(0, [])]:
        if any(row.cells[left : right + 1]):
            band.append(row)
        elif band:
            yield from _side_by_side(band, left, right)
            band = []


def _side_by_side(band: list[Row], left: int, right: int) -> Iterator[_Area]:
    used = [any(column < len(row.cells) and row.cells[column] for row in band) for column in range(left, right + 1)]
    groups: list[tuple[int, int]] = []
    for column, filled in enumerate(used, left):
        if filled and groups and groups[-1][1] == column - 1:
            groups[-1] = (groups[-1][0], column)
        elif filled:
            groups.append((column, column))
    parts = _parts(band, groups)
    if len(parts) == 1:
        yield _Area(band, *parts[0])
        return
    for part in parts:
        yield from _areas(band, *part)


def _parts(band: Sequence[Row], groups: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Neighbouring groups of columns joined where a blank column only makes room."""
    parts = [groups[0]]
    for group in groups[1:]:
        if _are_apart(band, parts[-1], group):
            parts.append(group)
        else:
            parts[-1] = (parts[-1][0], group[1])
    return parts


def _are_apart(band: Sequence[Row], first: tuple[int, int], second: tuple[int, int]) -> bool:
    """Two tables: their names repeat, one is longer, or each begins with a title of its own."""
    if first[0] == first[1] or second[0] == second[1]:
        return False
    cells = [[row.cells[left : right + 1] for row in band] for left, right in (first, second)]
    filled = [[index for index, row in enumerate(rows) if any(row)] for rows in cells]
    tops = [{cell for cell in rows[where[0]] if cell} for rows, where in zip(cells, filled, strict=True)]
    titled = all(len([cell for cell in rows[where[0]] if cell]) == 1 for rows, where in zip(cells, filled, strict=True))
    return filled[0] != filled[1] or bool(tops[0] & tops[1]) or titled


def _titles(area: _Area) -> tuple[list[str], _Area | None]:
    """What stands above a table, and the rest. Two cells side by side above a wide table, such as a date, belong to it."""
    counts = [len(_filled(row, area)) for row in area.rows]
    widest = max(counts)
    start = 0
    while start < len(counts) and counts[start] == 1:
        start += 1
    while widest >= 4 and start + 1 < len(counts) and counts[start + 1] > 2 and _is_a_pair(area.rows[start], area):
        start += 1
    if start and start < len(counts) and _spans_the_values(area.rows[start - 1], area):
        start -= 1
    alone = [row for row in area.rows[:start] if len(_filled(row, area)) == 1]
    titles = [row.cells[_filled(row, area)[0]][:_LONGEST_TITLE] for row in alone]
    rest = area.rows[start:]
    return titles, _Area(rest, area.left, area.right) if rest else None


def _spans_the_values(row: Row, area: _Area) -> bool:
    """A short name above all columns but the first, such as a year: the first row of their names."""
    return _filled(row, area) == [area.left + 1] and len(row.cells[area.left + 1]) <= _LONG_NOTE


def _filled(row: Row, area: _Area) -> list[int]:
    return [index for index in row.filled if area.left <= index <= area.right]


def _is_a_pair(row: Row, area: _Area) -> bool:
    return _filled(row, area) == [area.left, area.left + 1]


def _within(rows: Iterable[Row], area: _Area) -> list[Row]:
    """The rows as if the area were the whole sheet."""
    return [Row(row.number, row.cells[area.left : area.right + 1], row.values[area.left : area.right + 1]) for row in rows]


def _header_of(area: _Area) -> int:
    top = _within(area.rows[:_TOP], area)
    first = min(row.filled[0] for row in top)
    return count_header_rows(top, first)


def _begin(area: _Area, title: str) -> _Draft:
    count = _header_of(area)
    header = _within(area.rows[:count], area)
    labels = join_header(header) if header else []
    draft = _Draft(title, labels + [""] * (area.width - len(labels)), area, header)
    _add(draft, area, area.rows[count:])
    return draft


def _continue_with(drafts: list[_Draft], area: _Area) -> bool:
    """Take an area into the table above it: it stands in the same columns and brings no header, or the same one again."""
    above = next((draft for draft in reversed(drafts) if draft.area.left <= area.right and draft.area.right >= area.left), None)
    if above is None or area.left < above.area.left or area.right > above.area.right:
        return False
    same = _Area(area.rows, above.area.left, above.area.right)
    first = _within(area.rows[:1], same)[0]
    repeats = bool(above.header) and _says(first) == _says(above.header[-1])
    if not repeats and len(area.rows) > 1 and _header_of(area) and not _is_more_text(above, area):
        return False
    if not repeats and not above.header and area.width != above.area.width:
        return False
    _add(above, same, area.rows)
    return True


def _says(row: Row) -> list[str]:
    return [cell.casefold() for cell in row.cells if cell]


def _is_more_text(above: _Draft, area: _Area) -> bool:
    """Whether nothing sets the first row apart: the table is text alone, above and here, and as wide."""
    rows = [row for row, _section in above.body] + _within(area.rows, area)
    values = [value for row in rows for value in row.values]
    return (
        bool(above.header)
        and area.width == above.area.width
        and all(value is None or isinstance(value, str) for value in values)
        and not any(any(map(str.isdecimal, cell)) for row in rows for cell in row.cells)
    )


def _add(draft: _Draft, area: _Area, rows: Sequence[Row]) -> None:
    """Rows of the body; a row with one label alone counts for those below it, once the body began with such a row."""
    body = _within(rows, _Area(rows, draft.area.left, draft.area.right))
    names = {tuple(_says(row)) for row in draft.header}
    section = draft.body[-1][1] if draft.body else ""
    for index, row in enumerate(body):
        if tuple(_says(row)) in names:
            continue
        follows = index + 1 < len(body)
        if _is_label(row) and follows and (section or not draft.body):
            section = row.cells[row.filled[0]][:_LONGEST_LABEL]
        elif _is_label(row) and not follows and draft.body and _is_note(row.cells[row.filled[0]]):
            continue
        else:
            draft.body.append((row, section))


def _is_label(row: Row) -> bool:
    return len(row.filled) == 1 and row.filled[0] <= 1 and isinstance(_cell(row, row.filled[0]).value, str)


def _is_note(text: str) -> bool:
    return len(text) > _LONG_NOTE or text[0] in "*†¹(" or text.casefold().startswith(("note", "source", "quelle", "ملاحظة"))


def _cell(row: Row, column: int) -> Cell:
    text = row.cells[column] if column < len(row.cells) else ""
    if column < len(row.values):
        return Cell(row.values[column], text)
    return Cell(text or None, text)


def _finish(draft: _Draft, sheet: str, style: NumberStyle, names: set[str], otherwise: str) -> Table | None:
    """Give the columns types and take the totals out."""
    sections = [section for _row, section in draft.body]
    rows = [row for row, _section in draft.body]
    width = min(draft.area.width, MOST_COLUMNS)
    used = [column for column in range(width) if draft.labels[column] or any(_cell(row, column).text for row in rows)]
    if len(used) < 2 or not rows:
        return None
    labels = [draft.labels[column][:_LONGEST_LABEL] for column in used]
    vectors = [[_cell(row, column) for row in rows] for column in used]
    if any(sections):
        labels.append("section")
        vectors.append([Cell(section or None, section) for section in sections])
    columns, values = typed(labels, vectors, style=style)
    sums = total_rows(vectors[: len(used)], columns, values, sections)
    if sums:
        kept = [[cell for row, cell in enumerate(vector) if row not in sums] for vector in vectors]
        columns, values = typed(labels, kept, style=style)
    title = draft.title or (otherwise if _UNNAMED.fullmatch(sheet) else sheet) or sheet
    numbers = [row.number for row in [*draft.header, *rows]]
    body = [row.number for index, row in enumerate(rows) if index not in sums]
    return Table(
        name=identifier(title, names, otherwise="table"),
        title=title,
        sheet=sheet,
        columns=columns,
        rows=[list(line) for line in zip(body[:MOST_ROWS], *values, strict=False)],
        totals=[[rows[index].number, *(vector[index].text for vector in vectors)] for index in sorted(sums)],
        first_row=min(numbers),
        last_row=max(numbers),
        complete=len(body) <= MOST_ROWS and width == draft.area.width,
    )
