"""The process that answers one query. Started by `asking.ask`; writes one JSON line, `{"result": …}` or `{"refused": "why"}`."""

from __future__ import annotations

import copy
import datetime
import json
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from ..reading.child import Reporter, confine
from ..reading.limits import Limits
from . import validation

ROW = "_row"
LONGEST_CELL = 500
# Rows of a table that are named as those an answer comes from.
MOST_USED = 10_000
_STORED = {"text": "VARCHAR", "integer": "BIGINT", "date": "DATE", "datetime": "TIMESTAMP", "boolean": "BOOLEAN"}
_SETTINGS: dict[str, str | bool | int | float | list[str]] = {
    "threads": 1,
    "temp_directory": "",
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "allow_community_extensions": False,
    "allow_unsigned_extensions": False,
    "python_enable_replacements": False,
}


def main(argument: str) -> None:
    """Answer what stands in `order.json` of the folder that the argument names."""
    order = json.loads(argument)
    confine(Limits(**order["limits"]), order["parent"])
    reporter = Reporter()
    folder = Path(order["folder"])
    try:
        reporter.send(result=answer(json.loads((folder / "order.json").read_text(encoding="utf-8")), folder))
    except validation.Refused as refused:
        reporter.send(refused=str(refused))
    except (duckdb.OutOfMemoryException, MemoryError):
        reporter.send(refused="The query needs more memory than is allowed. Ask for less at once.")
    except duckdb.Error as error:
        reporter.send(refused=str(error)[:1000])
    reporter.close()


def answer(order: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Column names, rows, whether there were more, and by table the rows of the sheet that they come from (None: all).

    Nothing runs before it was read, and it runs only when the database is locked.
    """
    connection = duckdb.connect(":memory:", config={**_SETTINGS, "memory_limit": order["memory"]})
    tables = {table["name"]: table for table in order["tables"]}
    node = validation.select_of(connection, order["sql"], tables)
    asked = list(dict.fromkeys(name for name in validation.tables_in(node) if name in tables))
    for name in asked:
        _load(connection, tables[name], folder)
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")
    simple = node["type"] == "SELECT_NODE" and node["from_table"]["type"] == "BASE_TABLE" and not node["cte_map"]["map"]
    limit = int(order["rows"])
    if simple and not validation.sums_up(node):
        columns, rows = _run(connection, _with_row(node), limit + 1)
        used: dict[str, list[int] | None] = dict.fromkeys(asked)
        used[node["from_table"]["table_name"].lower()] = sorted({row[-1] for row in rows[:limit]})
        columns, rows = columns[:-1], [row[:-1] for row in rows]
    else:
        columns, rows = _run(connection, node, limit + 1)
        used = dict.fromkeys(asked)
        if simple:
            used[node["from_table"]["table_name"].lower()] = [
                row[0] for row in _run(connection, _rows_behind(node), MOST_USED)[1]
            ]
    return {
        "columns": columns,
        "rows": [[_plain(value) for value in row] for row in rows[:limit]],
        "more": len(rows) > limit,
        "used": used,
    }


def _load(connection: duckdb.DuckDBPyConnection, table: Mapping[str, Any], folder: Path) -> None:
    types = {"r": "BIGINT"} | {f"c{number}": stored_as(column) for number, column in enumerate(table["columns"])}
    names = [ROW, *(column["name"] for column in table["columns"])]
    chosen = ", ".join(f'{key} AS "{name}"' for key, name in zip(types, names, strict=True))
    connection.execute(
        f'CREATE TABLE "{table["name"]}" AS SELECT {chosen} '  # noqa: S608 - names are identifiers of ours (`names.identifier`)
        "FROM read_json(?, format = 'newline_delimited', compression = 'gzip', columns = ?, maximum_object_size = 16777216)",
        [str(folder / table["file"]), types],
    )
    for first, last in table["hidden"]:
        connection.execute(f'DELETE FROM "{table["name"]}" WHERE {ROW} BETWEEN ? AND ?', [first, last])  # noqa: S608 - as above


def stored_as(column: Mapping[str, Any]) -> str:
    """The type of a column in DuckDB."""
    if column["type"] == "decimal":
        return "DOUBLE" if column["scale"] is None else f"DECIMAL(38, {int(column['scale'])})"
    return _STORED[column["type"]]


def _run(connection: duckdb.DuckDBPyConnection, node: Mapping[str, Any], limit: int) -> tuple[list[str], list[tuple[Any, ...]]]:
    tree = json.dumps({"error": False, "statements": [{"node": node, "named_param_map": []}]})
    [(sql,)] = connection.execute("SELECT json_deserialize_sql(?)", [tree]).fetchall()
    result = connection.execute(sql)
    return [column[0] for column in result.description], result.fetchmany(limit)


def _with_row(node: Mapping[str, Any]) -> dict[str, Any]:
    """The same query, with the row of the sheet as its last column."""
    return {**node, "select_list": [*node["select_list"], _row_column(node)]}


def _rows_behind(node: Mapping[str, Any]) -> dict[str, Any]:
    """Which rows a query that sums up has looked at."""
    plain = copy.deepcopy(dict(node))
    plain |= {"select_list": [_row_column(node)], "group_expressions": [], "group_sets": [], "having": None, "qualify": None}
    return plain | {"modifiers": [], "aggregate_handling": "STANDARD_HANDLING"}


def _row_column(node: Mapping[str, Any]) -> dict[str, Any]:
    table = node["from_table"]["alias"] or node["from_table"]["table_name"]
    return {"class": "COLUMN_REF", "type": "COLUMN_REF", "alias": "", "query_location": 0, "column_names": [table, ROW]}


def _plain(value: object) -> Any:
    if isinstance(value, Decimal):
        plain = f"{value:f}"
        return plain.rstrip("0").rstrip(".") if "." in plain else plain
    if isinstance(value, datetime.datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    if isinstance(value, float):
        return float(f"{value:.12g}")
    if value is None or isinstance(value, bool | int):
        return value
    return str(value)[:LONGEST_CELL]
