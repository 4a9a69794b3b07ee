"""JSON Schemas (2020-12): made safe when they come in, and used to check arguments before a call goes out.

Who writes a schema may be a stranger: an OpenAPI document, a server. So references are filled in once, within limits, and
what is kept has none: nothing is fetched, nothing grows while checking, and models understand it better too.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import orjson
import regex
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from jsonschema import Draft202012Validator, SchemaError, ValidationError
from jsonschema.validators import extend
from referencing import Registry

from .errors import SchemaRefused

MOST_NODES = 4_000
DEEPEST = 24
LARGEST = 64 * 2**10
PATTERN_SECONDS = 0.05
MOST_PROBLEMS = 5
INDEX = re.compile(r"[0-9]{1,9}")
TOO_LARGE = gettext_lazy("This schema is too large or too deep. Keep to what the tool needs.")

_ONE = frozenset(("items", "additionalProperties", "not", "contains", "if", "then", "else", "propertyNames"))
_LISTS = frozenset(("allOf", "anyOf", "oneOf", "prefixItems"))
_MAPS = frozenset(("properties", "dependentSchemas"))
_PLAIN = frozenset(
    ("type", "enum", "const", "default", "title", "description", "format", "pattern", "minimum", "maximum", "exclusiveMinimum")
    + ("exclusiveMaximum", "multipleOf", "minLength", "maxLength", "minItems", "maxItems", "uniqueItems", "minProperties")
    + ("maxProperties", "required", "dependentRequired", "examples", "minContains", "maxContains")
)


def prepared(schema: Any, document: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """A schema of type object as it is kept: without references, known keywords only. Raises SchemaRefused.

    `document` is where references point into ("#/components/schemas/Order"), the schema itself when there is none.
    """
    if not isinstance(schema, Mapping):
        raise SchemaRefused(_("A schema must be a JSON object."))
    found = Filling(document if document is not None else schema).fill(schema)
    if found.get("type", "object") != "object":
        raise SchemaRefused(_("The arguments of a tool must be a schema of type “object”."))
    found = {**found, "type": "object", "properties": found.get("properties", {})}
    found = _as_json(found)
    try:
        Draft202012Validator.check_schema(found)
    except (RecursionError, OverflowError) as error:  # a pattern that Python's own reader cannot take
        raise SchemaRefused(_("A pattern in this schema is too large or too deep.")) from error
    except SchemaError as error:
        place = ".".join(map(str, error.absolute_path)) or "schema"
        raise SchemaRefused(
            _("This is no JSON Schema (%(place)s): %(problem)s") % {"place": place, "problem": error.message[:200]}
        ) from error
    return found


def _as_json(found: dict[str, Any]) -> dict[str, Any]:
    """As the database can keep it: YAML knows dates, and PostgreSQL no NUL."""
    try:
        written = orjson.dumps(found)
    except orjson.JSONEncodeError as error:
        raise SchemaRefused(_("This schema holds something that JSON cannot say.")) from error
    if b"\\u0000" in written:
        raise SchemaRefused(_("This schema holds something that JSON cannot say."))
    if len(written) > LARGEST:
        raise SchemaRefused(_("This schema is larger than %(limit)s kB.") % {"limit": LARGEST // 1024})
    return orjson.loads(written)  # type: ignore[no-any-return]


class Filling:
    """Copies schemas with their references filled in. All copies made by one object share its limits: a few bytes of YAML
    aliases, or one long text under many references, stand for gigabytes."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.document = document
        self.room = MOST_NODES
        self.letters = LARGEST

    def fill(self, schema: Any, inside: tuple[str, ...] = (), depth: int = 0) -> dict[str, Any]:
        """One schema. A reference to what it stands in becomes “anything”. Raises SchemaRefused."""
        self.room -= 1
        if self.room < 0 or depth > DEEPEST:
            raise SchemaRefused(TOO_LARGE)
        if isinstance(schema, bool):
            return {} if schema else {"not": {}}
        if not isinstance(schema, Mapping):
            raise SchemaRefused(_("A schema must be a JSON object."))
        reference = schema.get("$ref")
        if isinstance(reference, str):
            beside = {key: self._weighed(value) for key, value in schema.items() if key in ("description", "default")}
            target = {} if reference in inside else self.fill(self.resolve(reference), (*inside, reference), depth + 1)
            return {**target, **beside}
        return _openapi_words(dict(self._keywords(schema, inside, depth)), schema)

    def _keywords(self, schema: Mapping[str, Any], inside: tuple[str, ...], depth: int) -> Iterator[tuple[str, Any]]:
        # What a pattern of names allows cannot be said without it, so it allows anything.
        loose = "patternProperties" in schema
        for key, value in schema.items():
            if key in _ONE and not (loose and key == "additionalProperties"):
                yield key, value if isinstance(value, bool) else self.fill(value, inside, depth + 1)
            elif key in _LISTS and isinstance(value, list):
                yield key, [self.fill(each, inside, depth + 1) for each in value]
            elif key in _MAPS and isinstance(value, Mapping):
                yield key, {self._weighed(str(name)): self.fill(each, inside, depth + 1) for name, each in value.items()}
            elif key in _PLAIN:
                yield key, self._weighed(value)

    def _weighed(self, value: Any) -> Any:
        """The value itself, once it is known to be small. Looked through only as far as there is room."""
        waiting = [value]
        while waiting:
            each = waiting.pop()
            self.letters -= 1 + (len(each) if isinstance(each, str | list | tuple | dict) else 0)
            if self.letters < 0:
                raise SchemaRefused(TOO_LARGE)
            if isinstance(each, list | tuple | dict):
                waiting += [*each, *each.values()] if isinstance(each, dict) else each
        return value

    def resolve(self, reference: str) -> Any:
        """What a JSON pointer (RFC 6901) of this document points at. Raises SchemaRefused."""
        if not reference.startswith("#"):
            raise SchemaRefused(_("“%(reference)s” points to another document.") % {"reference": reference[:100]})
        found: Any = self.document
        for step in reference.lstrip("#").split("/")[1:]:
            name = step.replace("~1", "/").replace("~0", "~")
            if isinstance(found, list) and INDEX.fullmatch(name) and int(name) < len(found):
                found = found[int(name)]
            elif isinstance(found, Mapping) and name in found:
                found = found[name]
            else:
                raise SchemaRefused(_("“%(reference)s” points to nothing.") % {"reference": reference[:100]})
        return found


def _openapi_words(found: dict[str, Any], schema: Mapping[str, Any]) -> dict[str, Any]:
    """What OpenAPI 3.0 says in its own way (its Schema Object: nullable, exclusive limits as booleans)."""
    if schema.get("nullable") is True and isinstance(found.get("type"), str):
        found["type"] = [found["type"], "null"]
        if isinstance(found.get("enum"), list) and None not in found["enum"]:
            found["enum"] = [*found["enum"], None]
    for exclusive, limit in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if isinstance(found.get(exclusive), bool) and found.pop(exclusive) and limit in found:
            found[exclusive] = found.pop(limit)
    return found


def problems(arguments: Any, schema: Mapping[str, Any]) -> list[str]:
    """What is wrong with arguments, one sentence each and at most five; empty when they fit."""
    try:
        errors = sorted(_checker(schema).iter_errors(arguments), key=lambda error: list(map(str, error.absolute_path)))
    except RecursionError:
        return ["The arguments are nested too deeply."]
    except OverflowError:
        return ["A number in the arguments is too large."]
    return [_sentence(error) for error in errors[:MOST_PROBLEMS]]


def _checker(schema: Mapping[str, Any]) -> Any:
    return _Checker(schema, registry=Registry())  # an empty registry: nothing is ever fetched


def _sentence(error: ValidationError) -> str:
    place = ".".join(map(str, error.absolute_path))
    return f"{place}: {error.message[:200]}" if place else error.message[:200]


def _pattern(validator: Any, pattern: str, instance: Any, schema: Mapping[str, Any]) -> Iterator[ValidationError]:
    """A pattern may be made to take forever; one that does, or that cannot be read, decides nothing."""
    if not isinstance(instance, str):
        return
    try:
        fits = regex.search(pattern, instance, timeout=PATTERN_SECONDS)
    except (TimeoutError, regex.error):
        return
    if not fits:
        yield ValidationError(f"{instance[:80]!r} does not match {pattern[:100]!r}")


def _unique(validator: Any, wanted: bool, instance: Any, schema: Mapping[str, Any]) -> Iterator[ValidationError]:
    """By what is written: the library's own way takes half a minute for a few thousand objects."""
    if wanted and isinstance(instance, list):
        written = {json.dumps(each, sort_keys=True) for each in instance}
        if len(written) < len(instance):
            yield ValidationError("has the same item twice")


_Checker = extend(Draft202012Validator, {"pattern": _pattern, "uniqueItems": _unique})
