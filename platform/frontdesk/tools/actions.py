"""Every change to the tools of a workspace. Secrets go in and never come out."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from typing import Any

from asgiref.sync import async_to_sync
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from frontdesk.core.errors import Conflict, Invalid
from frontdesk.core.events import emit
from frontdesk.plugins import calling, config
from frontdesk.plugins.activation import is_on
from frontdesk.plugins.capabilities import context
from frontdesk.plugins.errors import PluginFailed
from frontdesk.plugins.host import host
from frontdesk.plugins.offers import Offer
from frontdesk.sdk.errors import PluginError
from frontdesk.sdk.tools import Tool
from frontdesk.workspaces import audit
from frontdesk.workspaces.permissions import Actor, require

from . import http_calls, queries
from .catalogue import as_listed
from .errors import ConnectionFailed, ToolNotFound, UnknownToolSource
from .models import Connection, HttpTool
from .openapi import Service
from .values import HttpToolValues, checked, merged_secrets

MOST_TOOLS = 500
MOST_OF_A_CONNECTION = 200
LISTING_SECONDS = 15.0


@transaction.atomic
def create_http_tool(actor: Actor, values: dict[str, Any]) -> HttpTool:
    """Make a tool of an address (`values.HttpToolValues`). Raises Invalid with one entry a field."""
    require(actor, "manage_tools")
    _make_room(1)
    row = _filled(HttpTool(workspace=actor.workspace), checked(values))
    row.save()
    _note(actor, "tool.created", row)
    return row


@transaction.atomic
def import_http_tools(actor: Actor, many: Sequence[dict[str, Any]]) -> list[HttpTool]:
    """Make several at once, or none."""
    require(actor, "manage_tools")
    _make_room(len(many))
    return [create_http_tool(actor, values) for values in many]


def import_operations(actor: Actor, service: Service, keys: Sequence[str], secret_headers: dict[str, Any]) -> list[HttpTool]:
    """Make tools of a document's operations. Raises Invalid for a key that it does not have, or that cannot be a tool."""
    found = {operation.key: operation for operation in service.operations}
    chosen = []
    for key in dict.fromkeys(keys):
        operation = found.get(key)
        if operation is None or operation.values is None:
            missing = _("“%(key)s” is not in this document.") % {"key": key[:100]}
            raise Invalid.field("operations", operation.problem if operation else missing)
        chosen.append({**operation.values, "secret_headers": secret_headers})
    return import_http_tools(actor, chosen)


@transaction.atomic
def change_http_tool(actor: Actor, tool: HttpTool, values: dict[str, Any]) -> HttpTool:
    """Change some of its fields. A secret header that is left empty keeps its value; None forgets it."""
    require(actor, "manage_tools")
    row = HttpTool.objects.select_for_update(of=("self",)).filter(pk=tool.pk, deleted_at=None).first()
    if row is None:
        raise ToolNotFound()
    _filled(row, checked({**queries.values_of(row), **values})).save()
    _note(actor, "tool.changed", row)
    return row


def try_http_tool(actor: Actor, values: dict[str, Any], arguments: dict[str, Any], *, tool: HttpTool | None = None) -> Any:
    """Call it once with what is on the screen, before it is saved. Gives `http_calls.Outcome`; raises Invalid."""
    require(actor, "manage_tools")
    row = HttpTool(workspace=actor.workspace)
    if tool is not None:
        row.endpoint_url, row.secrets = tool.endpoint_url, dict(tool.secrets)
    kept = queries.values_of(tool) if tool else {}
    return async_to_sync(http_calls.test)(_filled(row, checked({**kept, **values})), arguments)


@transaction.atomic
def delete_http_tool(actor: Actor, tool: HttpTool) -> None:
    """Agents cannot use it from now on. It can be brought back for 30 days."""
    require(actor, "manage_tools")
    if not HttpTool.objects.filter(pk=tool.pk, deleted_at=None).update(deleted_at=timezone.now()):
        raise ToolNotFound()
    _note(actor, "tool.deleted", tool)


@transaction.atomic
def restore_http_tool(actor: Actor, tool: HttpTool) -> HttpTool:
    require(actor, "manage_tools")
    _make_room(1)
    HttpTool.objects.filter(pk=tool.pk).update(deleted_at=None)
    _note(actor, "tool.restored", tool)
    return tool


def save_connection(
    actor: Actor, source: str, values: dict[str, Any], *, name: str = "", connection: Connection | None = None
) -> Connection:
    """Set a source of tools up, after asking it for its tools. A secret that is left empty keeps its value.

    Raises Invalid with one entry a field, ConnectionFailed with the other side's reason, UnknownToolSource.
    """
    require(actor, "manage_tools")
    offer = _offer(actor, source)
    row = connection or Connection(workspace=actor.workspace, source=source)
    row.settings, row.secrets = config.split(offer.item.config_model, values, kept=row.secrets, before=row.settings)
    row.name = name.strip()[:80] or row.name or str(offer.item.label)
    _take(row, _ask(actor, offer, row))
    row.checked_at, row.problem = timezone.now(), ""
    with transaction.atomic():
        row.save()
        _note(actor, "tool_connection.saved", row)
    return row


def refresh_connection(actor: Actor, connection: Connection) -> Connection:
    """Ask it again what it offers. What it offered stays when it does not answer; the reason is kept and raised.

    A tool that is another one by now is not used until an owner agrees: what was granted is what they saw.
    """
    require(actor, "manage_tools")
    offer = _offer(actor, connection.source)
    try:
        _take(connection, _ask(actor, offer, connection))
        connection.problem = ""
    except ConnectionFailed as failed:
        connection.problem = str(failed.message)[:300]
        raise
    finally:
        connection.checked_at = timezone.now()
        connection.save(update_fields=["tools", "agreed", "problem", "checked_at", "updated_at"])
        emit(actor.workspace.uuid, "tools.changed")
    return connection


@transaction.atomic
def agree_to_changes(actor: Actor, connection: Connection) -> None:
    """Let agents use the tools that changed."""
    require(actor, "manage_tools")
    connection.agreed |= {tool["name"]: tool["fingerprint"] for tool in connection.tools}
    connection.tools = [{key: value for key, value in tool.items() if key != "changed"} for tool in connection.tools]
    connection.save(update_fields=["tools", "agreed", "updated_at"])
    _note(actor, "tool_connection.agreed", connection)


@transaction.atomic
def set_connection_enabled(actor: Actor, connection: Connection, *, enabled: bool) -> None:
    require(actor, "manage_tools")
    connection.enabled = enabled
    connection.save(update_fields=["enabled", "updated_at"])
    _note(actor, "tool_connection.enabled" if enabled else "tool_connection.disabled", connection)


@transaction.atomic
def delete_connection(actor: Actor, connection: Connection) -> None:
    """Its settings and secrets are forgotten; agents cannot use its tools any more."""
    require(actor, "manage_tools")
    _note(actor, "tool_connection.deleted", connection)
    connection.delete()


def _filled(row: HttpTool, values: HttpToolValues) -> HttpTool:
    _same_place_or_new_secrets(row, values)
    for field in ("name", "description", "endpoint_url", "http_method", "body_schema", "headers", "ask_first"):
        setattr(row, field, getattr(values, field))
    row.secrets = merged_secrets(row.secrets, values.secret_headers)
    return row


def _same_place_or_new_secrets(row: HttpTool, values: HttpToolValues) -> None:
    """Keys go to the host that they were entered for: who sends a tool elsewhere may be nobody who knows them."""
    if row.endpoint_url and http_calls.origin_of(row.endpoint_url) != http_calls.origin_of(values.endpoint_url):
        entered = {name.lower() for name, value in values.secret_headers.items() if value != ""}
        if any(name.lower() not in entered for name in row.secrets):
            raise Invalid.field("secret_headers", _("The address is another one now. Enter its secret headers again."))


def _make_room(wanted: int) -> None:
    if HttpTool.objects.filter(deleted_at=None).count() + wanted > MOST_TOOLS:
        raise Conflict(_("A workspace can have %(limit)s tools of its own. Delete some first.") % {"limit": MOST_TOOLS})


def _offer(actor: Actor, source: str) -> Offer:
    offer = host().offers("tool_sources").get(source)
    if offer is None or not is_on(actor.workspace, offer.plugin):
        raise UnknownToolSource()
    return offer


def _ask(actor: Actor, offer: Offer, row: Connection) -> list[dict[str, Any]]:
    """The source's tools as a row keeps them. Raises ConnectionFailed."""
    try:
        settings = offer.item.config_model.model_validate({**row.settings, **row.secrets})
        handed = context(actor.workspace, offer.plugin, settings)
        found = async_to_sync(calling.call)(
            offer.plugin,
            f"tools of {offer.slug}",
            offer.item().tools,
            handed,
            workspace=actor.workspace.uuid,
            answers=(list, tuple),
        )
        listed = _listed(tool for tool in list(found)[:MOST_OF_A_CONNECTION] if isinstance(tool, Tool))
        if found and not listed:
            raise ConnectionFailed(_("It offers nothing that is a tool."))
    except (PluginFailed, PluginError, TypeError, AttributeError, ValueError) as error:
        raise ConnectionFailed(str(getattr(error, "message", error))[:300]) from error
    return list({tool["name"]: tool for tool in listed if tool is not None}.values())


def _listed(tools: Iterable[Tool]) -> list[dict[str, Any] | None]:
    """As rows keep them. Schemas made to take long to check are no reason to keep everybody waiting."""
    ends, listed = time.monotonic() + LISTING_SECONDS, []
    for tool in tools:
        if time.monotonic() > ends:
            raise ConnectionFailed(_("What its tools take is too much to be read."))
        listed.append(as_listed(tool))
    return listed


def _take(row: Connection, now: list[dict[str, Any]]) -> None:
    """What it offers now. A tool whose fingerprint is another one than was agreed to is marked as changed."""
    seen = {tool["name"]: tool["fingerprint"] for tool in [*now, *row.tools]}
    row.agreed = seen | row.agreed
    row.tools = [tool if tool["fingerprint"] == row.agreed[tool["name"]] else {**tool, "changed": True} for tool in now]


def _note(actor: Actor, verb: str, row: HttpTool | Connection) -> None:
    audit.record(actor, verb, row)
    emit(actor.workspace.uuid, "tools.changed")
