"""What a plugin is handed: the only ways out, and only as wide as the owner agreed.

This bounds an honest plugin and catches a careless one. It is no jail: Python code in the same process can open sockets
and read files on its own. Whoever installs a package trusts it as any other.
"""

from __future__ import annotations

import json
import logging
import socket
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import httpx
from django.conf import settings as django_settings
from django.db import transaction
from django.db.models import Sum
from pydantic import BaseModel

from frontdesk.core import tcp
from frontdesk.core.guarded import Room, guarded_client
from frontdesk.core.scoping import scope
from frontdesk.core.threads import in_thread
from frontdesk.sdk.context import Context
from frontdesk.sdk.errors import NotReachable, StorageFull
from frontdesk.sdk.forms import servers
from frontdesk.sdk.manifest import ANY_HOST, Manifest, allows
from frontdesk.workspaces.models import Workspace

from . import oauth
from .errors import UnknownPlugin
from .host import host
from .models import Activation, StoredValue

MIB = 2**20


def manifest_of(plugin: str) -> Manifest:
    """Raises UnknownPlugin."""
    try:
        return host().manifests[plugin]
    except KeyError:
        raise UnknownPlugin from None


def context(
    workspace: Workspace, plugin: str, settings: BaseModel | None = None, *, language: str = "", room: Room | None = None
) -> Context:
    """The context of a call. Without `settings` the plugin's own are read, which is a query. `room` is for each answer."""
    manifest = manifest_of(plugin)
    settings = own_settings(workspace, manifest) if settings is None else settings
    return Context(
        plugin=plugin,
        workspace=workspace.uuid,
        settings=settings,
        http=partial(client, manifest, room=room),
        storage=_Storage(workspace, plugin, manifest.permissions.storage * MIB),
        log=logging.getLogger(f"frontdesk.plugin.{plugin}"),
        studio=f"{django_settings.BASE_URL}/studio/",
        commands=django_settings.MCP_STDIO_COMMANDS if manifest.permissions.processes else (),
        language=language,
        time_zone=workspace.time_zone,
        sockets=_Sockets(manifest, settings),
        **_account(workspace, manifest),
    )


def own_settings(workspace: Workspace, manifest: Manifest) -> BaseModel:
    """The plugin's config as the owner filled it in. Raises pydantic's ValidationError when it is not complete."""
    with scope(workspace=workspace):
        row = Activation.objects.filter(plugin=manifest.slug).first()
    return manifest.config.model_validate({**row.settings, **row.secrets} if row else {})


def _account(workspace: Workspace, manifest: Manifest) -> dict[str, Any]:
    """Only plugins that declare an account can ask for its token."""
    if manifest.oauth is None:
        return {}
    return {"access_token": partial(oauth.access_token, workspace, manifest, partial(client, manifest))}


def client(manifest: Manifest, *, timeout: float, room: Room | None = None) -> httpx.AsyncClient:
    """HTTP for a plugin, or on its behalf: to the hosts that it asks for."""
    hosts = manifest.permissions.hosts
    refused = None if ANY_HOST in hosts else partial(_refused, manifest)
    return guarded_client(timeout=timeout, allowed_hosts=django_settings.PROVIDER_ALLOWED_HOSTS, refuse=refused, room=room)


def _refused(manifest: Manifest, url: httpx.URL) -> str:
    """Why the plugin may not go there; empty when it may."""
    where = f"{url.host}:{url.port}" if url.port else url.host
    if allows(manifest.permissions.hosts, where):
        return ""
    return f"The plugin {manifest.name} did not ask for {where}, so it cannot reach it."


@dataclass(frozen=True, slots=True)
class _Sockets:
    """`frontdesk.sdk.context.Sockets` for a plugin with these settings."""

    manifest: Manifest
    settings: BaseModel

    async def connect(self, host: str, port: int, *, tls: bool, timeout: float) -> socket.socket:
        where = f"{host.lower()}:{port}"
        asked = self.manifest.permissions
        if where not in asked.hosts and not (asked.servers and where in servers(self.settings).values()):
            raise NotReachable(
                f"The plugin {self.manifest.name} did not ask for {where}, so it cannot reach it.", reason="not_named"
            )
        try:
            return await tcp.connect(
                host.lower(), port, tls=tls, timeout=timeout, allowed_hosts=django_settings.PROVIDER_ALLOWED_HOSTS
            )
        except tcp.ConnectionRefused as refused:
            raise NotReachable(str(refused.message), reason=refused.reason) from refused

    def trust(self) -> ssl.SSLContext:
        return tcp.trust()


@dataclass(frozen=True, slots=True)
class _Storage:
    """`frontdesk.sdk.context.Storage` in the database."""

    workspace: Workspace
    plugin: str
    room: int

    async def get(self, key: str) -> Any | None:
        return await in_thread(self._get, key)

    async def put(self, key: str, value: Any) -> None:
        await in_thread(self._put, key, value)

    async def delete(self, key: str) -> None:
        await in_thread(self._delete, key)

    async def keys(self, prefix: str = "") -> Sequence[str]:
        return await in_thread(self._keys, prefix)

    def _get(self, key: str) -> Any | None:
        with scope(workspace=self.workspace):
            row = StoredValue.objects.filter(plugin=self.plugin, key=key).first()
            return row.value if row else None

    def _put(self, key: str, value: Any) -> None:
        size = len(json.dumps(value))
        with scope(workspace=self.workspace), transaction.atomic():
            others = StoredValue.objects.filter(plugin=self.plugin).exclude(key=key).aggregate(total=Sum("size"))["total"] or 0
            if others + size > self.room:
                raise StorageFull(f"{self.plugin} may keep {self.room // MIB} MiB here, and this would be more.")
            StoredValue.objects.update_or_create(
                workspace=self.workspace, plugin=self.plugin, key=key, defaults={"value": value, "size": size}
            )

    def _delete(self, key: str) -> None:
        with scope(workspace=self.workspace):
            StoredValue.objects.filter(plugin=self.plugin, key=key).delete()

    def _keys(self, prefix: str) -> Sequence[str]:
        with scope(workspace=self.workspace):
            rows = StoredValue.objects.filter(plugin=self.plugin, key__startswith=prefix).order_by("key")
            return list(rows.values_list("key", flat=True)[:10_000])
