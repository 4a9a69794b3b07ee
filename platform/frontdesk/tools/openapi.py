"""OpenAPI 3 documents, written by strangers, as HTTP tools that an owner can choose from (spec.openapis.org/oas/v3.1)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin

import orjson
import yaml
from django.conf import settings
from django.utils.translation import gettext as _

from frontdesk.core.errors import Invalid
from frontdesk.core.http import SafeClient

from .errors import SchemaRefused
from .http_calls import PLACE
from .schemas import MOST_NODES, Filling
from .values import checked

LARGEST = 2**20
DEEPEST = 100
MOST_PARTS = 200_000
MOST_OPERATIONS = 300
METHODS = ("get", "post", "put", "patch", "delete")
MOST_PARAMETERS = 200
# All operations of a document share the limit: to check one schema takes as long as it is large.
MOST_WORK = 20_000
LONGEST_ADDRESS = 2_000
ODD = re.compile(r"[^A-Za-z0-9_]+")
VARIABLE = re.compile(r"\{([^{}]*)\}")
# YAML knows numbers to the base of 60 ("1:30:00"); a long one takes minutes to read.
LONG_NUMBER = re.compile(r"[-+]?[0-9][0-9_:.]{100}")


@dataclass(frozen=True, slots=True)
class Key:
    """A header that the service wants to see who calls: `prefix` stands before what the owner fills in ("Bearer ")."""

    header: str
    prefix: str = ""


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing that the service can do. `values` are for `actions.create_http_tool`; `problem` says why there are none."""

    key: str
    label: str
    description: str
    values: dict[str, Any] | None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Service:
    title: str
    server: str
    keys: tuple[Key, ...]
    operations: tuple[Operation, ...]


async def fetch(url: str) -> str:
    """A document from the web. Raises FetchRefused or SchemaRefused."""
    client = SafeClient(max_bytes=LARGEST, allowed_hosts=settings.TOOL_ALLOWED_HOSTS)
    fetched = await client.fetch(url, headers={"accept": "application/json, application/yaml, text/*;q=0.5"})
    if fetched.status >= 400:
        raise SchemaRefused(_("There is no document at this address (%(status)s).") % {"status": fetched.status})
    return fetched.body.decode("utf-8", "replace")


def read(text: str, *, address: str = "") -> Service:
    """What a document offers. `address` is where it came from: servers may be named relative to it. Raises SchemaRefused."""
    document = _parsed(text)
    if "swagger" in document:
        raise SchemaRefused(_("This is a Swagger 2 document. Export it as OpenAPI 3 and try again."))
    if not str(document.get("openapi", "")).startswith("3.") or not isinstance(document.get("paths"), Mapping):
        raise SchemaRefused(_("This is no OpenAPI 3 document: it has no “openapi” and “paths”."))
    server = _server(document, address)
    reader = _Reader(document, server)
    found = tuple(reader.operations())
    if not found:
        raise SchemaRefused(_("This document describes nothing that can be called."))
    return Service(_text(_mapping(document.get("info")).get("title"))[:120], server, tuple(_keys(document)), found)


def _parsed(text: str) -> dict[str, Any]:
    if len(text.encode("utf-8", "replace")) > LARGEST:
        raise SchemaRefused(_("This document is larger than 1 MB. Cut it down to what you need."))
    try:
        document = orjson.loads(text) if text.lstrip().startswith("{") else _yaml(text)
    except (orjson.JSONDecodeError, yaml.YAMLError, ValueError, RecursionError) as error:
        where = str(error).replace("\n", " ")[:160]
        raise SchemaRefused(_("This is neither JSON nor YAML: %(where)s") % {"where": where}) from error
    if not isinstance(document, dict):
        raise SchemaRefused(_("This is no OpenAPI 3 document: it has no “openapi” and “paths”."))
    return document


class _Loader(yaml.CSafeLoader):
    """Merge keys ("<<") can be made to grow without end, and OpenAPI does not know them."""

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        if any(key.tag == "tag:yaml.org,2002:merge" for key, _value in node.value):
            raise yaml.YAMLError("merge keys (<<) are not taken")


def _yaml(text: str) -> Any:
    """Measured first, piece by piece, since building a tree that is too deep cannot be stopped."""
    depth = 0
    for number, event in enumerate(yaml.parse(text, Loader=yaml.CSafeLoader)):
        if isinstance(event, yaml.ScalarEvent) and (event.tag or not event.style) and LONG_NUMBER.match(event.value):
            raise yaml.YAMLError("a number with too many digits")
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST or number > MOST_PARTS:
            raise yaml.YAMLError("too deep or too large")
    return yaml.load(text, Loader=_Loader)  # noqa: S506  (a safe loader)


def _server(document: Mapping[str, Any], address: str) -> str:
    servers = document.get("servers")
    first = _mapping(servers[0]) if isinstance(servers, list) and servers else {}
    url = _text(first.get("url")) or "/"
    variables = _mapping(first.get("variables"))
    # Once, from left to right: a default that names other variables could double itself without end.
    defaults = {str(name): _text(_mapping(variable).get("default")) for name, variable in variables.items()}
    url = VARIABLE.sub(lambda name: defaults.get(name[1], name[0])[:LONGEST_ADDRESS], url[:LONGEST_ADDRESS])
    return (urljoin(address, url) if address else url).rstrip("/")


def _keys(document: Mapping[str, Any]) -> Iterator[Key]:
    seen = set()
    for scheme in _mapping(_mapping(document.get("components")).get("securitySchemes")).values():
        each = _mapping(scheme)
        kind, found = (each.get("type"), _text(each.get("scheme")).lower()), None
        if kind[0] == "apiKey" and each.get("in") == "header":
            found = Key(_text(each.get("name"))[:100])
        elif kind == ("http", "bearer") or kind[0] in ("oauth2", "openIdConnect"):
            found = Key("Authorization", "Bearer ")
        elif kind == ("http", "basic"):
            found = Key("Authorization", "Basic ")
        if found and found.header.lower() not in seen:
            seen.add(found.header.lower())
            yield found


class _Reader:
    def __init__(self, document: Mapping[str, Any], server: str) -> None:
        self.document, self.server = document, server
        self.room = MOST_WORK

    def operations(self) -> Iterator[Operation]:
        number = 0
        for path, item in self.document["paths"].items():
            entry = _mapping(item)
            for method in METHODS:
                if isinstance(entry.get(method), Mapping) and isinstance(path, str):
                    number += 1
                    if number > MOST_OPERATIONS:
                        return
                    yield self._operation(path, method, entry, entry[method])

    def _operation(self, path: str, method: str, entry: Mapping[str, Any], operation: Mapping[str, Any]) -> Operation:
        key = f"{method.upper()} {path}"[:300]
        label = (_text(operation.get("summary")) or _text(operation.get("operationId")) or key).strip()[:120]
        description = (_text(operation.get("description")) or label).strip()[:2000]
        filling = Filling(self.document)
        try:
            if self.room < 0:
                raise SchemaRefused(_("There is too much in this document. Cut it down to what you need."))
            url, schema = self._arguments(filling, path, method, entry, operation)
            values = {
                "name": label,
                "description": description,
                "endpoint_url": url,
                "http_method": method.upper(),
                "body_schema": schema,
                "ask_first": method != "get",
            }
            checked(values)
        except Invalid as error:
            why = error.errors[0]["message"] if error.errors else str(error.message)
            return Operation(key, label, description, None, why)
        finally:
            self.room -= MOST_NODES - filling.room
        return Operation(key, label, description, values)

    def _arguments(
        self, filling: Filling, path: str, method: str, entry: Mapping[str, Any], operation: Mapping[str, Any]
    ) -> tuple[str, dict[str, Any]]:
        """The address with its places, and one schema of all arguments."""
        schema = self._body(filling, operation) if method in ("post", "put", "patch") else {"type": "object"}
        properties, required = dict(schema.get("properties", {})), list(schema.get("required", []))
        url, query = self.server + path, []
        for parameter in self._parameters(filling, entry, operation):
            where, original = parameter.get("in"), _text(parameter.get("name"))
            if where not in ("path", "query"):
                continue
            name = _free_name(original, where, properties)
            properties[name] = {
                **filling.fill(parameter.get("schema", {"type": "string"})),
                **({"description": _text(parameter["description"])[:500]} if parameter.get("description") else {}),
            }
            if where == "path":
                url = url.replace(f"{{{original}}}", f"{{{name}}}")
            else:
                query.append(f"{original}={{{name}}}")
            if parameter.get("required") is True or where == "path":
                required.append(name)
        address = f"{url}?{'&'.join(query)}" if query else url
        return address, {**schema, "type": "object", "properties": properties, "required": list(dict.fromkeys(required))}

    def _parameters(
        self, filling: Filling, entry: Mapping[str, Any], operation: Mapping[str, Any]
    ) -> Iterator[Mapping[str, Any]]:
        """Of the path and of the operation, whose own win."""
        found: dict[tuple[str, str], Mapping[str, Any]] = {}
        for several in (entry.get("parameters"), operation.get("parameters")):
            for each in several[:MOST_PARAMETERS] if isinstance(several, list) else []:
                parameter = _mapping(filling.resolve(each["$ref"]) if _reference(each) else each)
                found[(_text(parameter.get("in")), _text(parameter.get("name")))] = parameter
        return iter(found.values())

    def _body(self, filling: Filling, operation: Mapping[str, Any]) -> dict[str, Any]:
        body = operation.get("requestBody")
        body = _mapping(filling.resolve(body["$ref"]) if _reference(body) else body)
        kinds = _mapping(body.get("content"))
        media = next((_mapping(media) for kind, media in kinds.items() if "json" in str(kind)), None)
        if media is None:
            if kinds and body.get("required") is True:
                raise SchemaRefused(_("It wants a form or a file; only JSON can be sent."))
            return {"type": "object"}
        schema = filling.fill(media.get("schema", {}))
        if schema.get("type", "object") != "object":
            raise SchemaRefused(_("It wants a list or a single value as its body; only an object can be sent."))
        return schema


def _free_name(original: str, where: str, properties: Mapping[str, Any]) -> str:
    name = original if PLACE.fullmatch(f"{{{original}}}") else ODD.sub("_", original).strip("_") or "value"
    name = name if name[0].isalpha() or name[0] == "_" else f"_{name}"
    return f"{name}_in_{where}"[:64] if name in properties else name[:64]


def _reference(value: Any) -> bool:
    return isinstance(value, Mapping) and isinstance(value.get("$ref"), str)


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _text(value: Any) -> str:
    return value.replace("\x00", "") if isinstance(value, str) else ""
