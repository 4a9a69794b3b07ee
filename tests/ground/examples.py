"""A value that fits a JSON schema, with the parts it requires and no more."""

from __future__ import annotations

from typing import Any

TEXTS = {"uuid": "00000000-0000-4000-8000-000000000000", "date-time": "2099-01-01T00:00:00Z", "date": "2099-01-01"}


def example(schema: dict[str, Any], components: dict[str, Any]) -> Any:
    """`components` is the document's `components.schemas`."""
    if "$ref" in schema:
        return example(components[schema["$ref"].rpartition("/")[2]], components)
    for key in ("default", "const"):
        if schema.get(key) is not None:
            return schema[key]
    if schema.get("enum"):
        return schema["enum"][0]
    for key in ("anyOf", "oneOf", "allOf"):
        if key in schema:
            return example(next(choice for choice in schema[key] if choice.get("type") != "null"), components)
    match schema.get("type"):
        case "object":
            return {name: example(schema["properties"][name], components) for name in schema.get("required", [])}
        case "array":
            return [example(schema["items"], components)] * schema.get("minItems", 0)
        case "integer" | "number":
            return schema.get("minimum", 1)
        case "boolean":
            return False
        case "null":
            return None
    return TEXTS.get(schema.get("format", ""), "x" * max(8, schema.get("minLength", 0)))
