"""Sheets as people make them, read and asked in this process: what `reading` and `tables.child` do, without starting one each."""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.worksheet.worksheet import Worksheet

from frontdesk.knowledge.reading import containers
from frontdesk.knowledge.reading.child import TableFinder, built_in
from frontdesk.knowledge.reading.limits import Limits
from frontdesk.knowledge.reading.source import Source
from frontdesk.knowledge.tables import child, packing
from frontdesk.knowledge.tables.packing import Packed

Fill = Callable[[Worksheet], None]


@dataclass(frozen=True)
class Asked:
    """What a query gave: rows, and the rows of the sheet that they come from."""

    rows: list[list[Any]]
    used: dict[str, list[int] | None]


def workbook(path: Path, *rows: Sequence[object], fill: Fill = lambda sheet: None, sheet: str = "Data") -> Path:
    """A workbook of one sheet, filled by rows or by a function."""
    book = openpyxl.Workbook()
    book.active.title = sheet
    for row in rows:
        book.active.append(list(row))
    fill(book.active)
    book.save(path)
    return path


def tables_in(path: Path) -> list[Packed]:
    """The tables of a file, packed and unpacked as on their way to the database."""
    limits = Limits()
    media_type = containers.identify(path, path.name, limits)
    source = Source(path, path.name, media_type, limits, lambda done, of: None)
    finder = TableFinder(source)
    for _block in built_in(media_type)(source):
        pass
    assert "tables_unread" not in source.warnings
    return [_packed(table) for table in finder.tables]


def _packed(table: Any) -> Packed:
    packed: Packed | None = None
    for message in packing.messages(table):
        packed = packing.described(message["table"]) if "table" in message else packing.with_rows(packed, message["rows"])
    return packed


def ask(tables: Sequence[Packed], sql: str, *, rows: int = 100) -> Asked:
    """A query, answered by the child's own function."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        described = []
        for number, table in enumerate(tables):
            (folder / f"{number}.gz").write_bytes(table.rows)
            described.append({"name": table.name, "columns": table.columns, "file": f"{number}.gz", "hidden": table.hidden})
        order = {"sql": sql, "tables": described, "rows": rows, "memory": "128MiB"}
        result = child.answer(order, folder)
    return Asked(result["rows"], result["used"])


def ranges(numbers: Sequence[int]) -> Iterator[tuple[int, int]]:
    """4, 5, 6, 9 → (4, 6), (9, 9)."""
    for _key, group in itertools.groupby(enumerate(numbers), key=lambda pair: pair[1] - pair[0]):
        members = [number for _index, number in group]
        yield members[0], members[-1]
