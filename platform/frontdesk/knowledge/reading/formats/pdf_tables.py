"""Tables of a PDF page. A PDF has none, only words: columns are the white corridors that several lines share."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from .pdf_lines import Cell, Line

_FEWEST_LINES = 3
_LONGEST_MEAN_CELL = 45
_MOST_COLUMNS = 14
_LEAST_FILLED = 0.6
_LINES_IN_A_CELL = 4
# Lines closer than this, in sizes of the font, belong to one cell when the rows of the table are wider apart.
_TIGHT = 1.35

_Span = tuple[float, float]


@dataclass(slots=True)
class Grid:
    """A run of lines on common columns, with the lines between them that fit into one column."""

    lines: list[Line] = field(default_factory=list)
    columns: list[_Span] = field(default_factory=list)

    def rows(self) -> list[list[str]]:
        """Texts by row and column."""
        rows: list[list[str]] = []
        for group in _group_rows(self.lines):
            cells = [""] * len(self.columns)
            for cell in (cell for line in group for cell in line.cells):
                column = _column_of(cell, self.columns)
                cells[column] = f"{cells[column]} {cell.text}".strip()
            rows.append(cells)
        return rows


def find_tables(lines: list[Line]) -> Iterator[Line | Grid]:
    """The page's lines, those of each table folded into one grid."""
    start = 0
    while start < len(lines):
        grid = _grow(lines, start) if len(lines[start].cells) > 1 else None
        if grid is None:
            yield lines[start]
            start += 1
        else:
            yield grid
            start += len(grid.lines)


def _grow(lines: list[Line], start: int) -> Grid | None:
    """As many lines from `start` as keep the columns apart; None when that is no table."""
    columns: list[_Span] = []
    taken = end = start
    for position in range(start, len(lines)):
        line = lines[position]
        if position > start and (not _follows(line, lines[position - 1]) or _is_apart(lines[start : position + 1])):
            break
        if len(line.cells) == 1:
            if position - taken > _LINES_IN_A_CELL:
                break
            continue
        merged = _merge(columns, line.cells)
        if columns and (len(merged) < len(columns) or len(merged) < min(len(line.cells), len(columns) + 1)):
            break
        if not all(_fits(between, merged) for between in lines[end:position]):
            break
        columns, taken, end = merged, position, position + 1
    end += _trailing(lines, end, columns)
    found = [line for line in lines[start:end] if len(line.cells) > 1]
    if not _is_table(found, len(columns)):
        return None
    return Grid(lines[start:end], columns if found[0].cells[0].left <= found[0].cells[-1].left else columns[::-1])


def _is_table(lines: list[Line], columns: int) -> bool:
    """Short cells that fill most of the grid. Formulas and forms leave it empty, prose fills it with long ones."""
    lengths = [len(cell.text) for line in lines for cell in line.cells]
    if len(lines) < 2 or not 2 <= columns <= _MOST_COLUMNS or sum(lengths) > _LONGEST_MEAN_CELL * len(lengths):
        return False
    if any(len(line.cells) == 2 and _is_marker(line.cells[0].text) for line in lines):
        return False
    filled = len(lengths) / (len(lines) * columns)
    return filled == 1 and columns > 2 if len(lines) < _FEWEST_LINES else filled >= _LEAST_FILLED


def _trailing(lines: list[Line], end: int, columns: list[_Span]) -> int:
    """Lines after the last full one that still belong to its cells."""
    count = 0
    while columns and end + count < len(lines) and count < _LINES_IN_A_CELL:
        line, above = lines[end + count], lines[end + count - 1]
        if not _follows(line, above) or not _is_tight(line, above) or not _fits(line, columns) or line.left < above.left - 1:
            break
        if line.left <= columns[0][0] + 1 and len(columns) > 1 and line.right > columns[0][1]:
            break
        count += 1
    return count


def _is_marker(text: str) -> bool:
    """A bullet or a number of a list, whose text stands apart like a second column."""
    return len(text) <= 4 and (not text[0].isalnum() or text[-1] in ".)")


def _follows(line: Line, above: Line) -> bool:
    """Below the line above and not far; another column or page starts a new run."""
    return -0.5 * line.size < above.baseline - line.baseline < 4.5 * max(line.size, above.size)


def _is_apart(lines: list[Line]) -> bool:
    """Whether the last line stands much farther off than all those before it did from each other."""
    steps = [above.baseline - line.baseline for above, line in zip(lines, lines[1:], strict=False)]
    return len(steps) > _FEWEST_LINES and steps[-1] > 1.7 * max(steps[:-1])


def _is_tight(line: Line, above: Line) -> bool:
    return above.baseline - line.baseline < _TIGHT * max(line.size, above.size)


def _merge(columns: list[_Span], cells: tuple[Cell, ...]) -> list[_Span]:
    merged: list[_Span] = []
    for left, right in sorted([*columns, *((cell.left, cell.right) for cell in cells)]):
        if merged and left <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(right, merged[-1][1]))
        else:
            merged.append((left, right))
    return merged


def _fits(line: Line, columns: list[_Span]) -> bool:
    return sum(line.left < right and left < line.right for left, right in columns) <= 1


def _column_of(cell: Cell, columns: list[_Span]) -> int:
    overlaps = [min(cell.right, right) - max(cell.left, left) for left, right in columns]
    return max(range(len(columns)), key=overlaps.__getitem__)


def _group_rows(lines: list[Line]) -> list[list[Line]]:
    """Lines of one row: a cell that wraps gives lines with one cell, nearer to their own row than rows are to each other."""
    full = [position for position, line in enumerate(lines) if len(line.cells) > 1]
    pitches = sorted(lines[a].baseline - lines[b].baseline for a, b in zip(full, full[1:], strict=False) if b == a + 1)
    sizes = sorted(line.size for line in lines)
    loose = not pitches or pitches[len(pitches) // 2] > _TIGHT * sizes[len(sizes) // 2]
    groups: list[list[Line]] = []
    for position, line in enumerate(lines):
        above = lines[position - 1] if position else None
        partial = above is not None and 1 in (len(line.cells), len(above.cells))
        if above is not None and partial and loose and _is_tight(line, above):
            groups[-1].append(line)
        else:
            groups.append([line])
    return groups
