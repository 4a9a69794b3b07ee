"""All tools that an agent may be granted, whatever they come from, under ids that stay."""

from __future__ import annotations

import logging
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any
from uuid import UUID

from frontdesk.plugins.activation import active
from frontdesk.plugins.host import host
from frontdesk.sdk.tools import Tool
from frontdesk.sdk.values import ToolSpec
from frontdesk.workspaces.models import Workspace

from . import http_calls, schemas
from .models import Connection, HttpTool

logger = logging.getLogger(__name__)
# What all vendors take as the name of a function (OpenAI: 64 of these; Gemini: beginning with a letter).
LONGEST_NAME = 60
NAME = re.compile(r"[^a-z0-9_]+")
HTTP = "http"


@dataclass(frozen=True, slots=True)
class Available:
    """One tool. `name` is how a model calls it, `origin` who offers it in an owner's words, `item` what is called:
    the plugin's Tool, an HttpTool, or a Connection, whose tool is `inner`."""

    id: str
    name: str
    label: str
    description: str
    parameters: Mapping[str, Any]
    ask_first: bool
    seconds: float
    origin: str
    plugin: str
    item: Tool | HttpTool | Connection
    inner: str = ""

    @property
    def spec(self) -> ToolSpec:
        return ToolSpec(self.name, self.description or self.label, self.parameters)


def available(workspace: Workspace, ids: Sequence[str] | None = None) -> list[Available]:
    """The tools that work in the workspace in scope now; with `ids` only those, in that order.

    Three queries at most. What was deleted, is turned off or belongs to somebody else is not there.
    """
    wanted = None if ids is None else list(dict.fromkeys(ids))
    if wanted == []:
        return []
    found = {tool.id: tool for tool in (*_of_plugins(workspace, wanted), *_own(wanted), *_of_connections(workspace, wanted))}
    return list(found.values()) if wanted is None else [found[each] for each in wanted if each in found]


def named_apart(tools: Iterable[Available], taken: Iterable[str] = ()) -> list[Available]:
    """The same tools, no two of which have one name."""
    names, apart = set(taken), []
    for tool in tools:
        name, number = tool.name, 1
        while name in names:
            number += 1
            name = f"{tool.name[: LONGEST_NAME - 4]}_{number}"
        names.add(name)
        apart.append(replace(tool, name=name))
    return apart


def _of_plugins(workspace: Workspace, wanted: Sequence[str] | None) -> Iterable[Available]:
    offered = {f"{offer.plugin}.{slug}": offer for slug, offer in host().offers("tools").items()}
    chosen = {id: offer for id, offer in offered.items() if wanted is None or id in wanted}
    on = active(workspace, {offer.plugin for offer in chosen.values()})
    for id, offer in chosen.items():
        tool: Tool = offer.item
        if offer.plugin in on and (parameters := _parameters(tool)) is not None:
            yield Available(
                id=id,
                name=tool.name,
                label=tool.label,
                description=str(tool.description),
                parameters=parameters,
                ask_first=bool(tool.approval),
                seconds=float(tool.seconds),
                origin=host().manifests[offer.plugin].name,
                plugin=offer.plugin,
                item=tool,
            )


def _own(wanted: Sequence[str] | None) -> Iterable[Available]:
    rows = HttpTool.objects.filter(deleted_at=None).order_by("name", "id")
    if wanted is not None:
        uuids = _uuids(each for each in wanted if each.startswith(f"{HTTP}."))
        rows = rows.filter(uuid__in=uuids) if uuids else rows.none()
    for tool in rows:
        yield of_http_tool(tool)


def _uuids(ids: Iterable[str]) -> list[UUID]:
    """The second part of each id, where it is one."""
    found = []
    for id in ids:
        with suppress(ValueError, IndexError):
            found.append(UUID(id.split(".")[1]))
    return found


def of_http_tool(tool: HttpTool) -> Available:
    return Available(
        id=tool.grant,
        name=_as_name(tool.name) or f"tool_{tool.pk}",
        label=tool.name,
        description=tool.description,
        parameters=tool.body_schema,
        ask_first=tool.ask_first,
        seconds=http_calls.SECONDS,
        origin="",
        plugin="",
        item=tool,
    )


def _of_connections(workspace: Workspace, wanted: Sequence[str] | None) -> Iterable[Available]:
    found = Connection.objects.filter(enabled=True)
    if wanted is not None:
        uuids = _uuids(each for each in wanted if each.count(".") >= 2)
        found = found.filter(uuid__in=uuids) if uuids else found.none()
    rows = list(found)
    sources = host().offers("tool_sources")
    on = active(workspace, {sources[row.source].plugin for row in rows if row.source in sources})
    for row in rows:
        offer = sources.get(row.source)
        if offer is not None and offer.plugin in on:
            for listed in row.tools:
                if not listed.get("changed"):
                    yield _listed(row, offer.plugin, listed)


def _listed(row: Connection, plugin: str, listed: Mapping[str, Any]) -> Available:
    return Available(
        id=f"{row.source}.{row.uuid}.{listed['name']}",
        name=_as_name(listed["name"]) or f"tool_{row.pk}",
        label=listed["label"],
        description=listed["description"],
        parameters=listed["parameters"],
        ask_first=listed["ask_first"],
        seconds=listed["seconds"],
        origin=row.name,
        plugin=plugin,
        item=row,
        inner=listed["name"],
    )


def as_listed(tool: Tool) -> dict[str, Any] | None:
    """A connection's tool as its row keeps it; None for one that no model could use."""
    name = str(getattr(tool, "name", ""))[:120]
    parameters = _parameters(tool)
    if not name or parameters is None:
        return None
    return {
        "name": name,
        "label": str(getattr(tool, "label", "") or name)[:120],
        "description": str(getattr(tool, "description", ""))[:2000],
        "parameters": parameters,
        "ask_first": bool(tool.approval),
        "seconds": min(max(float(tool.seconds), 1.0), 60.0),
        "fingerprint": str(tool.fingerprint),
    }


@lru_cache(maxsize=1000)
def _parameters(tool: Tool) -> dict[str, Any] | None:
    """Its schema, made ready once; None for one that cannot be used."""
    try:
        return schemas.prepared(tool.parameters)
    except Exception as error:
        logger.warning("the tool %s is left out: %s", getattr(tool, "name", tool), error)
        return None


def _as_name(text: str) -> str:
    """Letters as a model may call them; empty when a name has none of them (“حجز”)."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    name = NAME.sub("_", plain).strip("_")[:LONGEST_NAME]
    return name if name[:1].isalpha() else (f"t_{name}" if name else "")
