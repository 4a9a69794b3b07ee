"""The tables of a spreadsheet in words."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path, PurePath
from shutil import copyfileobj
from tempfile import NamedTemporaryFile
from typing import IO, Any

from django.utils.translation import gettext as _

from .. import places, reading
from ..reading.errors import Unreadable
from .models import SourceTable
from .packing import Packed

# For somebody who waits for the answer.
LONGEST_SECONDS = 25.0
HEAD_ROWS = 5
WIDEST_CELL = 60


def summary_of_upload(file: IO[bytes], name: str) -> str:
    """Of a file that was not learned yet. Raises Unreadable; one that takes long is left to the worker."""
    file.seek(0)
    with NamedTemporaryFile(suffix=PurePath(name).suffix) as copy:
        copyfileobj(file, copy)
        copy.flush()
        file.seek(0)
        try:
            return in_words(reading.read(Path(copy.name), name=name, limits=reading.Limits(seconds=LONGEST_SECONDS)).tables)
        except Unreadable as error:
            if error.code != "timeout":
                raise
            return _("This spreadsheet is large and still being read.")


def in_words(tables: Sequence[SourceTable | Packed]) -> str:
    """An `Info` part (tables, rows, columns with their types and how many values each has) and a `Head` part (first rows)."""
    if not tables:
        return _("No tables were found in this source.")
    info = "\n\n".join(_info(table) for table in tables)
    head = "\n\n".join(_head(table) for table in tables)
    return f"Info:\n{info}\n\nHead:\n{head}"


def _info(table: SourceTable | Packed) -> str:
    lines = [
        f"{_title(table)}: {table.row_count} rows, {len(table.columns)} columns",
        *_aligned([["#", "Column", "Non-null", "Type"], *_described(table)]),
    ]
    if not table.complete:
        lines.append(f"Only the first {table.row_count} rows are kept.")
    return "\n".join(lines)


def _described(table: SourceTable | Packed) -> list[list[str]]:
    return [
        [str(number), str(column["label"]), str(column["filled"]), str(column["type"])]
        for number, column in enumerate(table.columns, 1)
    ]


def _head(table: SourceTable | Packed) -> str:
    labels = [str(column["label"]) for column in table.columns]
    rows = [[_cell(value) for value in row[1:]] for row in table.head[:HEAD_ROWS]]
    return "\n".join([_title(table), *_aligned([labels, *rows])])


def _title(table: SourceTable | Packed) -> str:
    place = places.in_words({"sheet": table.sheet, "rows": [table.first_row, table.last_row]})
    return f"{table.title} ({place})"


def _cell(value: Any) -> str:
    text = "" if value is None else str(value)
    return text if len(text) <= WIDEST_CELL else f"{text[: WIDEST_CELL - 1]}…"


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Columns of one width each, two spaces apart."""
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
