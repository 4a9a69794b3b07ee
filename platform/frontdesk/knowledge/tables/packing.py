"""Tables on their way: from the process that reads a file into a row of the database, and into the process that is asked.

Rows travel as gzip of JSON lines, `{"r": 4, "c0": "Soup", "c1": "4.50"}`, so that only confined processes look inside.
"""

from __future__ import annotations

import base64
import datetime
import gzip
import json
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from decimal import Decimal
from typing import Any

from .columns import as_text
from .recognition import Table

HEAD_ROWS = 20
# Of a table's rows, unpacked.
MOST_BYTES = 256 << 20
_PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class Packed:
    """A table whose rows nobody looks into; `columns` are `columns.Column` as JSON."""

    name: str
    title: str
    sheet: str
    columns: list[dict[str, Any]]
    row_count: int
    first_row: int
    last_row: int
    complete: bool
    head: list[list[Any]]
    totals: list[list[Any]]
    rows: bytes

    @property
    def hidden(self) -> tuple[tuple[int, int], ...]:
        """Nothing is left out of a file that was just read."""
        return ()


def messages(table: Table) -> Iterator[dict[str, Any]]:
    """What the child says of a table, as JSON can carry it: `{"table": …}`, then `{"rows": a piece}` to the end."""
    plain = [[_plain(value) for value in row] for row in table.rows]
    lines = "\n".join(json.dumps(_line(row), ensure_ascii=False, separators=(",", ":")) for row in plain)
    packed = gzip.compress(lines.encode("utf-8", "replace"), 6, mtime=0)
    yield {"table": _described(table, plain[:HEAD_ROWS])}
    for start in range(0, len(packed), _PIECE):
        yield {"rows": base64.b64encode(packed[start : start + _PIECE]).decode()}


def _described(table: Table, head: list[list[Any]]) -> dict[str, Any]:
    return {
        "name": table.name,
        "title": table.title,
        "sheet": table.sheet,
        "columns": [asdict(column) for column in table.columns],
        "row_count": len(table.rows),
        "first_row": table.first_row,
        "last_row": table.last_row,
        "complete": table.complete,
        "head": head,
        "totals": table.totals[:HEAD_ROWS],
    }


def described(message: dict[str, Any]) -> Packed:
    """The table of a `{"table": …}`, without its rows. Raises KeyError, TypeError or ValueError for what no table looks like."""
    return Packed(
        name=str(message["name"])[:63],
        title=str(message["title"])[:200],
        sheet=str(message["sheet"])[:200],
        columns=[dict(column) for column in message["columns"]],
        row_count=int(message["row_count"]),
        first_row=int(message["first_row"]),
        last_row=int(message["last_row"]),
        complete=bool(message["complete"]),
        head=list(message["head"]),
        totals=list(message["totals"]),
        rows=b"",
    )


def with_rows(table: Packed, piece: str) -> Packed:
    """The table with one more piece of its rows. Raises ValueError for what no table looks like."""
    return replace(table, rows=table.rows + base64.b64decode(piece, validate=True))


def unpack(rows: bytes) -> Iterator[list[Any]]:
    """`[row number, value, …]` for each row. Raises ValueError for more than MOST_BYTES, or what no table looks like."""
    unzip = zlib.decompressobj(zlib.MAX_WBITS | 16)
    data = unzip.decompress(rows, MOST_BYTES)
    if unzip.unconsumed_tail:
        raise ValueError("more rows than a table may have")
    for line in data.splitlines():
        yield list(json.loads(line).values())


def _line(row: Sequence[Any]) -> dict[str, Any]:
    return {"r": row[0], **{f"c{number}": value for number, value in enumerate(row[1:])}}


def _plain(value: object) -> Any:
    return as_text(value) if isinstance(value, Decimal | datetime.date) else value
