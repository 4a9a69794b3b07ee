"""A query over tables, answered in a locked-down DuckDB in a process of its own."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Protocol

from ..reading.errors import Unreadable
from ..reading.limits import MIB, Limits
from ..reading.process import pieces, started

SECONDS = 10.0
ROWS = 100
# DuckDB's own; the process that it runs in has room for itself besides.
MEMORY = "256MiB"
LIMITS = Limits(seconds=SECONDS, memory=1536 * MIB, output=4 * MIB)


class QueryRefused(Exception):
    """The query may not be asked, cannot be answered, or costs too much; the text says why, for whoever wrote it."""


class Askable(Protocol):
    """A table under the name that the query knows it by; `rows` as in `packing`, without those `hidden` (first, last)."""

    @property
    def name(self) -> str: ...
    @property
    def columns(self) -> Sequence[dict[str, Any]]: ...
    @property
    def rows(self) -> bytes: ...
    @property
    def hidden(self) -> Sequence[tuple[int, int]]: ...


@dataclass(frozen=True, slots=True)
class Result:
    """`used` gives for each table the rows of its sheet that the answer comes from; None stands for the whole table."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    more: bool
    used: dict[str, tuple[int, ...] | None]


def ask(tables: Sequence[Askable], sql: str, *, rows: int = ROWS, limits: Limits = LIMITS) -> Result:
    """At most `rows` rows of the result. Raises QueryRefused."""
    with TemporaryDirectory(prefix="frontdesk-tables-") as name:
        folder = Path(name)
        _write_order(folder, tables, sql, rows)
        message = _answer_of(folder, limits)
    if "result" not in message:
        raise QueryRefused(str(message.get("refused", "")) or "The query could not be answered.")
    result = message["result"]
    return Result(
        columns=tuple(map(str, result["columns"])),
        rows=tuple(tuple(row) for row in result["rows"]),
        more=bool(result["more"]),
        used={name: None if numbers is None else tuple(map(int, numbers)) for name, numbers in result["used"].items()},
    )


def _write_order(folder: Path, tables: Sequence[Askable], sql: str, rows: int) -> None:
    """The question, and the rows of those tables whose names stand in it."""
    plain = sql.lower()
    described = []
    for number, table in enumerate(tables):
        described.append({"name": table.name, "columns": table.columns, "file": f"{number}.json.gz", "hidden": table.hidden})
        if table.name in plain:
            (folder / f"{number}.json.gz").write_bytes(table.rows)
    order = {"sql": sql, "tables": described, "rows": rows, "memory": MEMORY}
    (folder / "order.json").write_text(json.dumps(order), encoding="utf-8")


def _answer_of(folder: Path, limits: Limits) -> dict[str, Any]:
    """What the child says. It read what strangers wrote, so this is looked at, not trusted."""
    said = bytearray()
    try:
        with started("tables.child", {"folder": str(folder)}, limits) as child:
            for piece in pieces(child, limits, lambda: False):
                said += piece
    except Unreadable as error:
        why = {"timeout": "The query took too long", "too_large": "The result is too large"}[error.code]
        raise QueryRefused(f"{why}. Ask for less at once.") from error
    try:
        return dict(json.loads(said))
    except ValueError as error:
        raise QueryRefused("The query used more time or memory than is allowed. Ask for less at once.") from error
