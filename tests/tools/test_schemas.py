"""Schemas that strangers wrote: made safe when they come in, and checked quickly."""

from __future__ import annotations

from typing import Any

import pytest

from frontdesk.tools import schemas
from frontdesk.tools.errors import SchemaRefused


def test_references_are_filled_in() -> None:
    schema = {
        "type": "object",
        "properties": {"lines": {"type": "array", "items": {"$ref": "#/$defs/Line"}}, "note": {"type": "string", "x-own": 1}},
        "$defs": {"Line": {"type": "object", "properties": {"sku": {"type": "string"}}, "required": ["sku"]}},
    }
    kept = schemas.prepared(schema)
    assert kept == {
        "type": "object",
        "properties": {
            "lines": {
                "type": "array",
                "items": {"type": "object", "properties": {"sku": {"type": "string"}}, "required": ["sku"]},
            },
            "note": {"type": "string"},
        },
    }
    assert schemas.problems({"lines": [{}]}, kept) == ["lines.0: 'sku' is a required property"]


def test_what_refers_to_itself_ends() -> None:
    tree: dict[str, Any] = {
        "$ref": "#/$defs/Node",
        "$defs": {"Node": {"type": "object", "properties": {"child": {"$ref": "#/$defs/Node"}}}},
    }
    kept = schemas.prepared(tree)
    assert kept["properties"]["child"] == {}
    assert schemas.problems({"child": {"child": {"child": 1}}}, kept) == []


def test_a_schema_that_grows_is_refused() -> None:
    laughs = {f"L{n}": {"allOf": [{"$ref": f"#/$defs/L{n + 1}"}] * 8} for n in range(20)} | {"L20": {"type": "string"}}
    with pytest.raises(SchemaRefused, match="too large or too deep"):
        schemas.prepared({"type": "object", "properties": {"a": {"$ref": "#/$defs/L0"}}, "$defs": laughs})


def test_a_schema_that_is_deep_is_refused() -> None:
    deep: dict[str, Any] = {"type": "string"}
    for _level in range(3000):
        deep = {"type": "array", "items": deep}
    with pytest.raises(SchemaRefused, match="too large or too deep"):
        schemas.prepared({"type": "object", "properties": {"a": deep}})


def test_a_pattern_made_to_take_forever_does_not() -> None:
    kept = schemas.prepared({"type": "object", "properties": {"a": {"type": "string", "pattern": "^(a|aa)+$"}}})
    assert schemas.problems({"a": "a" * 5000 + "!"}, kept) == [], "nobody knows in time, so it decides nothing"
    assert schemas.problems({"a": "b"}, kept) == ["a: 'b' does not match '^(a|aa)+$'"]


def test_words_of_openapi_three_zero() -> None:
    kept = schemas.prepared(
        {
            "properties": {
                "size": {"type": "string", "nullable": True, "enum": ["s", "m"], "example": "s"},
                "example": {"type": "number", "minimum": 0, "exclusiveMinimum": True},
            }
        }
    )
    assert kept["properties"] == {
        "size": {"type": ["string", "null"], "enum": ["s", "m", None]},
        "example": {"type": "number", "exclusiveMinimum": 0},
    }
    assert schemas.problems({"size": None, "example": 1}, kept) == []
    assert schemas.problems({"example": 0}, kept) == ["example: 0 is less than or equal to the minimum of 0"]


@pytest.mark.parametrize(
    "wrong", [[], "text", None, {"type": "string"}, {"properties": {"a": 5}}, {"properties": {"a": {"minimum": "x"}}}]
)
def test_what_is_no_schema_of_arguments(wrong) -> None:
    with pytest.raises(SchemaRefused):
        schemas.prepared(wrong)


def test_problems_are_few_and_short() -> None:
    kept = schemas.prepared({"type": "object", "properties": {f"p{n}": {"type": "integer"} for n in range(50)}})
    found = schemas.problems({f"p{n}": "x" * 10_000 for n in range(50)}, kept)
    assert len(found) == 5
    assert all(len(problem) < 260 for problem in found)


LONG = "A" * 60_000


@pytest.mark.parametrize(
    "much",
    [
        {"properties": {f"p{n}": {"$ref": "#/c"} for n in range(1_000)}, "c": {"enum": [LONG]}},
        {"properties": {f"p{n}": {"$ref": "#/c"} for n in range(1_000)}, "c": {"properties": {LONG: True}}},
        {"properties": {"a": {"pattern": "(" * 8_000 + ")" * 8_000}}},
        {"properties": {"a": {"pattern": "a{99999999999999}"}}},
        {"properties": {"a": {"$ref": f"#/l/{'0' * 6_000}"}}, "l": [1]},
    ],
    ids=range(5),
)  # fmt: skip
def test_what_would_take_all_memory_or_break_a_reader_is_refused(much) -> None:
    with pytest.raises(SchemaRefused):
        schemas.prepared(much)


def test_arguments_that_break_a_reader_are_problems() -> None:
    assert "twice" in schemas.problems([{"a": 1}, {"a": 1}], {"uniqueItems": True})[0]
    assert schemas.problems([{"n": n} for n in range(3_000)], {"uniqueItems": True}) == []
    assert schemas.problems(10**400, {"multipleOf": 0.1}) == ["A number in the arguments is too large."]
