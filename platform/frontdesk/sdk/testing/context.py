"""A context to call a plugin with in its own tests: storage in memory, a web that is a function, agreed hosts only."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx
from pydantic import BaseModel

from ..context import Context
from ..errors import NotConnected, StorageFull
from ..manifest import Manifest, allows

WORKSPACE = UUID("00000000-0000-4000-8000-00000000a11c")
OTHER_WORKSPACE = UUID("00000000-0000-4000-8000-0000c4a411e0")

Web = Callable[[httpx.Request], httpx.Response]


def no_web(request: httpx.Request) -> httpx.Response:
    """The web of a test that should not need one."""
    raise AssertionError(f"{request.method} {request.url} was not expected")


@dataclass
class MemoryStorage:
    """`frontdesk.sdk.context.Storage` in a dict. `room` is in bytes."""

    room: int = 2**20
    values: dict[str, str] = field(default_factory=dict)

    async def get(self, key: str) -> Any | None:
        return json.loads(self.values[key]) if key in self.values else None

    async def put(self, key: str, value: Any) -> None:
        kept = {**self.values, key: json.dumps(value)}
        if sum(map(len, kept.values())) > self.room:
            raise StorageFull(f"No more than {self.room} bytes.")
        self.values = kept

    async def delete(self, key: str) -> None:
        self.values.pop(key, None)

    async def keys(self, prefix: str = "") -> Sequence[str]:
        return sorted(key for key in self.values if key.startswith(prefix))


def context_for(
    manifest: Manifest,
    settings: BaseModel | None = None,
    *,
    web: Web = no_web,
    workspace: UUID = WORKSPACE,
    language: str = "en",
    time_zone: str = "UTC",
    token: str = "access-token",  # noqa: S107  (of nobody)
) -> Context:
    """What the host hands to the plugin of that manifest. `web` answers requests to the hosts that it asked for; others fail.

    An account that the manifest declares is connected, with this `token`; with an empty one it is not.
    """

    def answer(request: httpx.Request) -> httpx.Response:
        host = f"{request.url.host}:{request.url.port}" if request.url.port else request.url.host
        if not allows(manifest.permissions.hosts, host):
            raise httpx.ConnectError(f"The plugin {manifest.name} did not ask for {host}.", request=request)
        return web(request)

    def http(*, timeout: float) -> httpx.AsyncClient:
        return httpx.AsyncClient(transport=httpx.MockTransport(answer), timeout=timeout)

    async def access_token() -> str:
        if manifest.oauth is None or not token:
            raise NotConnected(f"{manifest.name} is not connected.")
        return token

    return Context(
        plugin=manifest.slug,
        workspace=workspace,
        settings=manifest.config() if settings is None else settings,
        http=http,
        storage=MemoryStorage(room=manifest.permissions.storage * 2**20),
        log=logging.getLogger(f"frontdesk.plugin.{manifest.slug}"),
        studio="https://frontdesk.example/studio/",
        language=language,
        time_zone=time_zone,
        access_token=access_token,
    )
