"""Which SQL may be asked: one SELECT over the tables at hand, of node types and functions that stand on a list.

DuckDB's own parser says what a text means (`json_serialize_sql`), so nothing can read differently when it runs. What is not
on the lists is refused, also what a later version adds. https://duckdb.org/docs/stable/data/json/sql_to_and_from_json
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from .words import words

if TYPE_CHECKING:
    import duckdb

LONGEST_SQL = 10_000
DEEPEST = 200
_NODES = frozenset(
    {
        *("SELECT_NODE", "SET_OPERATION_NODE", "BASE_TABLE", "SUBQUERY", "JOIN", "EMPTY"),
        *("ORDER_MODIFIER", "LIMIT_MODIFIER", "DISTINCT_MODIFIER", "ORDER_DEFAULT", "ASCENDING", "DESCENDING"),
    }
)
_EXPRESSIONS = frozenset(
    {
        *("COLUMN_REF", "CONSTANT", "FUNCTION", "COMPARISON", "CONJUNCTION", "OPERATOR", "CAST", "CASE", "BETWEEN"),
        *("SUBQUERY", "WINDOW", "STAR", "TYPE"),
    }
)
_TYPES = words("sql", "types")
AGGREGATES = words("sql", "aggregates")
_FUNCTIONS = AGGREGATES | words("sql", "functions")


class Refused(Exception):
    """This SQL may not be asked; the text says why."""


def select_of(connection: duckdb.DuckDBPyConnection, sql: str, tables: Collection[str]) -> dict[str, Any]:
    """The one SELECT of a text, as its syntax tree. Raises Refused."""
    if len(sql) > LONGEST_SQL:
        raise Refused(f"The query is longer than {LONGEST_SQL} characters.")
    [(answer,)] = connection.execute("SELECT json_serialize_sql(?)", [sql]).fetchall()
    tree = json.loads(answer)
    if tree.get("error"):
        if tree.get("error_type") == "not implemented":
            raise Refused("Only SELECT is allowed.")
        raise Refused(f"This is not valid SQL: {tree.get('error_message', '')}")
    statements = tree["statements"]
    if len(statements) != 1:
        raise Refused("Only one statement is allowed.")
    _check(statements[0], frozenset(tables), 0)
    return dict(statements[0]["node"])


def _check(part: object, tables: frozenset[str], depth: int) -> None:
    if depth > DEEPEST:
        raise Refused("The query is nested too deeply.")
    if isinstance(part, list):
        for each in part:
            _check(each, tables, depth + 1)
    elif isinstance(part, dict):
        inside = tables | {entry["key"].lower() for entry in (part.get("cte_map") or {}).get("map", [])}
        _check_one(part, inside)
        for each in part.values():
            _check(each, inside, depth + 1)


def _check_one(part: Mapping[str, Any], tables: frozenset[str]) -> None:
    kind, node = part.get("class"), part.get("type")
    if kind is not None:
        _check_expression(part)
    elif isinstance(node, str) and node not in _NODES:
        raise Refused(f"{_in_words(node)} is not allowed.")
    if part.get("catalog_name") or part.get("schema_name") or part.get("at_clause") or part.get("sample"):
        raise Refused("Only the tables that are listed may be asked, by their plain names.")
    if node == "BASE_TABLE" and part["table_name"].lower() not in tables:
        raise Refused(f"There is no table {part['table_name']!r}. There are: {', '.join(sorted(tables))}.")


def _check_expression(part: Mapping[str, Any]) -> None:
    kind = part["class"]
    if kind not in _EXPRESSIONS or part.get("catalog") or part.get("schema"):
        raise Refused(f"{_in_words(str(kind))} is not allowed.")
    if kind in {"FUNCTION", "WINDOW"} and part["function_name"].lower() not in _FUNCTIONS:
        raise Refused(f"The function {part['function_name']} is not allowed.")
    if kind == "TYPE" and part["type_name"].lower() not in _TYPES:
        raise Refused(f"The type {part['type_name']} is not allowed.")


def _in_words(name: str) -> str:
    return name.removesuffix("_NODE").removesuffix("_REF").replace("_", " ").capitalize()


def tables_in(part: object) -> Iterator[str]:
    """The names that stand where tables stand, those of subqueries included."""
    if isinstance(part, list):
        for each in part:
            yield from tables_in(each)
    elif isinstance(part, dict):
        if part.get("type") == "BASE_TABLE" and "class" not in part:
            yield part["table_name"].lower()
        for each in part.values():
            yield from tables_in(each)


def sums_up(node: Mapping[str, Any]) -> bool:
    """Whether a row of the result may come from several rows of the table."""
    grouped = (
        node["group_expressions"] or node["group_sets"] or node["having"] or node["aggregate_handling"] != "STANDARD_HANDLING"
    )
    distinct = any(modifier["type"] == "DISTINCT_MODIFIER" for modifier in node["modifiers"])
    return bool(grouped or distinct or _aggregates(node["select_list"]))


def _aggregates(part: object) -> bool:
    if isinstance(part, list):
        return any(_aggregates(each) for each in part)
    if not isinstance(part, dict) or part.get("class") in {"SUBQUERY", "WINDOW"}:
        return False
    if part.get("class") == "FUNCTION" and part["function_name"].lower() in AGGREGATES:
        return True
    return any(_aggregates(each) for each in part.values())
