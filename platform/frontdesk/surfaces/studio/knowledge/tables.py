"""The tables of a source as its page shows them, and what the newest file changed in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from frontdesk.knowledge.models import Source
from frontdesk.knowledge.places import in_words
from frontdesk.knowledge.tables import queries
from frontdesk.knowledge.tables.models import SourceTable

SHOWN_ROWS = 8
SHOWN_TABLES = 20
TYPES = {
    "text": gettext_lazy("words"),
    "integer": gettext_lazy("whole numbers"),
    "decimal": gettext_lazy("numbers"),
    "date": gettext_lazy("dates"),
    "datetime": gettext_lazy("dates with times"),
    "boolean": gettext_lazy("yes or no"),
}


@dataclass(frozen=True, slots=True)
class ShownColumn:
    label: str
    kind: str
    note: str


@dataclass(frozen=True, slots=True)
class ShownTable:
    """`rows` and `totals` are (row of the sheet, cells)."""

    title: str
    place: str
    count: int
    columns: list[ShownColumn]
    rows: list[tuple[int, list[str]]]
    totals: list[tuple[int, list[str]]]
    complete: bool


@dataclass(frozen=True, slots=True)
class ShownChange:
    """One table; `lines` are sentences, `values` (row, column, before, after)."""

    table: str
    lines: list[str]
    values: list[tuple[str, str, str, str]]


def tables_of(source: Source) -> dict[str, Any]:
    """What the page of a source needs: `tables`, how many more there are, `table_changes` and since when they are."""
    found = list(queries.tables(source)[: SHOWN_TABLES + 1])
    changes = queries.changes(source)
    since: datetime | None = changes.updated_at if changes else None
    return {
        "tables": [_table(table) for table in found[:SHOWN_TABLES]],
        "more_tables": len(found) > SHOWN_TABLES,
        "table_changes": [_change(change) for change in changes.changes] if changes else [],
        "changed_at": since,
    }


def _table(table: SourceTable) -> ShownTable:
    return ShownTable(
        title=table.title,
        place=in_words({"sheet": table.sheet, "rows": [table.first_row, table.last_row]}),
        count=table.row_count,
        columns=[_column(column) for column in table.columns],
        rows=[(row[0], _cells(row[1:], table.columns)) for row in table.head[:SHOWN_ROWS]],
        totals=[(row[0], [_cell(value) for value in row[1:]]) for row in table.totals],
        complete=table.complete,
    )


def _column(column: Mapping[str, Any]) -> ShownColumn:
    kind = str(TYPES[column["type"]])
    if column["unit"]:
        kind = _("%(kind)s in %(unit)s") % {"kind": kind, "unit": column["unit"]}
    note = _("03/04 is read as 3 April") if column["note"] == "day_first" else ""
    return ShownColumn(column["label"], kind, note)


def _cells(values: Sequence[object], columns: Sequence[Mapping[str, Any]]) -> list[str]:
    return [_percent(value) if column["unit"] == "%" else _cell(value) for value, column in zip(values, columns, strict=True)]


def _percent(value: object) -> str:
    """0.125, as it is kept, as 12.5%."""
    return "" if value is None else f"{(Decimal(str(value)) * 100).normalize():f}%"


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return "" if value is None else str(value)


def _change(change: Mapping[str, Any]) -> ShownChange:
    if change["kind"] == "added":
        lines = [ngettext("A new table with %(n)s row", "A new table with %(n)s rows", change["rows_added"])]
        return ShownChange(change["table"], [lines[0] % {"n": change["rows_added"]}], [])
    if change["kind"] == "removed":
        return ShownChange(change["table"], [_("This table is gone")], [])
    values = [(each["key"], each["column"], each["before"], each["after"]) for each in change["changed"]]
    return ShownChange(change["table"], _lines(change), [tuple(map(_cell, each)) for each in values])  # type: ignore[misc]


def _lines(change: Mapping[str, Any]) -> list[str]:
    lines = []
    if change["columns_added"]:
        lines.append(_("New columns: %(names)s") % {"names": ", ".join(change["columns_added"])})
    if change["columns_removed"]:
        lines.append(_("Columns that are gone: %(names)s") % {"names": ", ".join(change["columns_removed"])})
    if number := change["rows_added"]:
        said = ngettext("%(n)s row added: %(rows)s", "%(n)s rows added: %(rows)s", number)
        lines.append(said % {"n": number, "rows": _first(change["added"], number)})
    if number := change["rows_removed"]:
        said = ngettext("%(n)s row removed: %(rows)s", "%(n)s rows removed: %(rows)s", number)
        lines.append(said % {"n": number, "rows": _first(change["removed"], number)})
    if number := change["rows_changed"]:
        said = ngettext("%(n)s row changed, told apart by “%(key)s”", "%(n)s rows changed, told apart by “%(key)s”", number)
        lines.append(said % {"n": number, "key": change["key"]})
    return lines


def _first(rows: list[list[Any]], number: int) -> str:
    """The first rows in few words, each value in its own direction (U+2068, U+2069)."""
    shown = "; ".join(", ".join(f"\u2068{text}\u2069" for value in row[:4] if (text := _cell(value))) for row in rows[:3])
    return f"{shown}; …" if number > 3 else shown
