"""The request that an HTTP tool stands for, and sending it."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import orjson
from django.conf import settings

from frontdesk.core.http import Fetched, FetchRefused, SafeClient
from frontdesk.sdk.errors import ToolError
from frontdesk.sdk.tools import ToolAnswer

from . import answers, schemas
from .models import HttpTool

PLACE = re.compile(r"\{([A-Za-z_][A-Za-z0-9_.-]{0,63})\}")
SECONDS = 20.0
# More than a model can read; what is larger is refused rather than kept in memory.
MOST_BYTES = 16 * 2**20
DOTS = frozenset((".", ".."))
IN_BODY = frozenset(("POST", "PUT", "PATCH"))


@dataclass(frozen=True, slots=True)
class Prepared:
    """A request, ready to go out."""

    method: str
    url: str
    headers: dict[str, str]
    content: bytes | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a test call found. `problem` is for the owner; `status` is None when nothing answered."""

    status: int | None
    media_type: str
    text: str
    took_ms: float
    problem: str = ""


def places(endpoint_url: str) -> list[str]:
    """Names of the arguments that stand in an address."""
    return list(dict.fromkeys(PLACE.findall(endpoint_url)))


def prepare(tool: HttpTool, arguments: Mapping[str, Any]) -> Prepared:
    """Put checked arguments where they belong. Raises ToolError when one cannot stand in the address."""
    base, _mark, query = tool.endpoint_url.partition("?")
    used = set(places(tool.endpoint_url))
    others = {name: value for name, value in arguments.items() if name not in used}
    pairs = list(_template_pairs(query, arguments))
    content = None
    if tool.http_method in IN_BODY:
        content = orjson.dumps(others)
    else:
        # What the owner wrote into the address stays as it is: a second value for a name may win over the first.
        fixed = {name for name, _value in parse_qsl(query, keep_blank_values=True)}
        pairs += [pair for name, value in others.items() if name not in fixed for pair in _pairs(name, value)]
    path = PLACE.sub(lambda found: _in_path(found[1], arguments), base)
    # Two places side by side, each a dot.
    if DOTS & set(path.split("/")) - set(base.split("/")):
        raise ToolError("These arguments would lead to another address.")
    url = f"{path}?{urlencode(pairs)}" if pairs else path
    headers = {"accept": "application/json, text/*;q=0.8, */*;q=0.1", "user-agent": "Frontdesk", **tool.headers, **tool.secrets}
    if content is not None:
        headers = {"content-type": "application/json", **headers}
    return Prepared(tool.http_method, url, headers, content)


def _in_path(name: str, arguments: Mapping[str, Any]) -> str:
    value = arguments.get(name)
    text = ",".join(map(_plain, value)) if isinstance(value, list) else _plain(value)
    if not text or isinstance(value, Mapping) or not DOTS.isdisjoint(re.split(r"[/\\]", text)):
        raise ToolError(f"{name} is part of the address: it needs a value, which must not be empty or dots.")
    return quote(text, safe="")


def _template_pairs(query: str, arguments: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The query of the address. A pair whose argument was not given is left out."""
    for name, template in parse_qsl(query, keep_blank_values=True):
        wanted = PLACE.findall(template)
        if any(arguments.get(each) is None for each in wanted):
            continue
        if len(wanted) == 1 and template == f"{{{wanted[0]}}}":
            yield from _pairs(name, arguments[wanted[0]])
        else:
            yield name, PLACE.sub(lambda found: _plain(arguments[found[1]]), template)


def _pairs(name: str, value: Any) -> Iterator[tuple[str, str]]:
    if value is not None:
        yield from ((name, _plain(each)) for each in (value if isinstance(value, list) else [value]))


def _plain(value: Any) -> str:
    if isinstance(value, str):
        return value
    return "" if value is None else orjson.dumps(value).decode()


async def call(tool: HttpTool, arguments: Mapping[str, Any]) -> ToolAnswer:
    """Raises ToolError with a sentence for the model."""
    try:
        return answers.of_http(await _send(prepare(tool, arguments)), secrets=secret_values(tool))
    except FetchRefused as refused:
        raise ToolError(str(refused.message)) from refused


async def test(tool: HttpTool, arguments: Mapping[str, Any]) -> Outcome:
    """Call it as an agent would, and tell an owner how that went. Nothing goes out when the arguments do not fit."""
    started = time.perf_counter()
    fetched, text, problem = None, "", "; ".join(schemas.problems(dict(arguments), tool.body_schema))
    if not problem:
        try:
            fetched = await _send(prepare(tool, arguments))
            text = answers.of_http(fetched, secrets=secret_values(tool)).text
        except FetchRefused as refused:
            problem = str(refused.message)
        except ToolError as error:
            problem = str(error)
    took = round(1000 * (time.perf_counter() - started), 1)
    if fetched is None:
        return Outcome(None, "", "", took, problem)
    return Outcome(fetched.status, fetched.media_type, text, took, problem)


async def _send(request: Prepared) -> Fetched:
    client = SafeClient(timeout=SECONDS, max_bytes=MOST_BYTES, allowed_hosts=settings.TOOL_ALLOWED_HOSTS)
    return await client.fetch(request.url, method=request.method, headers=request.headers, content=request.content)


def secret_values(tool: HttpTool) -> tuple[str, ...]:
    """What must never come back: each secret header, and the part behind its scheme ("Bearer …")."""
    values = list(tool.secrets.values())
    return tuple(dict.fromkeys([*values, *(value.partition(" ")[2] for value in values if " " in value)]))


def origin_of(endpoint_url: str) -> str:
    """Who is asked there, and whether over TLS; empty for no address."""
    parts = urlsplit(PLACE.sub("x", endpoint_url))
    return f"{parts.scheme}://{parts.netloc}".lower() if parts.netloc else ""


def host_of(endpoint_url: str) -> str:
    """For a list: where a tool goes."""
    return urlsplit(PLACE.sub("x", endpoint_url)).hostname or ""
