"""What the host hands to a plugin when it calls it: one workspace, and the only ways out that its owner agreed to."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from logging import Logger
from typing import Any, Protocol
from uuid import UUID

from pydantic import BaseModel

from .errors import NotConnected, NotReachable
from .vendor import HttpFactory


class Storage(Protocol):
    """A plugin's own values in one workspace, by key. No other plugin and no other workspace sees them.

    A value is anything JSON can hold. `put` raises StorageFull beyond what the manifest asked for.
    """

    async def get(self, key: str) -> Any | None: ...

    async def put(self, key: str, value: Any) -> None: ...

    async def delete(self, key: str) -> None: ...

    async def keys(self, prefix: str = "") -> Sequence[str]: ...


class Sockets(Protocol):
    """Connections to servers that speak no HTTP: those that the manifest names with their port ("imap.example.com:993"), and,
    for a plugin that asks for `servers`, those in its settings (`frontdesk.sdk.forms.ServerAddress`). Public addresses only.
    """

    async def connect(self, host: str, port: int, *, tls: bool, timeout: float) -> socket.socket:
        """A blocking socket; no read or write takes longer than `timeout` seconds. Raises NotReachable."""
        ...

    def trust(self) -> ssl.SSLContext:
        """What certificates are checked with, for protocols that begin plain and go on in TLS."""
        ...


class NoSockets:
    """For a plugin that asks for none."""

    async def connect(self, host: str, port: int, *, tls: bool, timeout: float) -> socket.socket:
        raise NotReachable(f"This plugin did not ask for {host}:{port}, so it cannot reach it.", reason="not_named")

    def trust(self) -> ssl.SSLContext:
        return ssl.create_default_context()


async def _no_account() -> str:
    raise NotConnected("This plugin declares no account to connect.")


@dataclass(frozen=True, slots=True)
class Context:
    """One call of a plugin, in one workspace.

    `settings` is the plugin's `config` as the owner filled it in, secrets included; for what is configured on its own
    (a provider account, a channel, a tool source) it is that. `http` makes a client that reaches the agreed hosts only;
    `studio` is the address of the owner's Studio, with a slash at its end: "{studio}conversations/{uuid}/" opens a conversation.
    `commands` are the programs, each with its arguments, that the operator lets owners name for a plugin that asks for processes.
    `language` is the reader's ("en", "ar"), `time_zone` the business's ("Europe/Berlin"). `access_token` gives a token of the
    account that the manifest's `oauth` declares, one that is still good; raises NotConnected. `sockets` is for other protocols.
    """

    plugin: str
    workspace: UUID
    settings: BaseModel
    http: HttpFactory
    storage: Storage
    log: Logger
    studio: str = ""
    commands: tuple[tuple[str, ...], ...] = ()
    language: str = ""
    time_zone: str = ""
    access_token: Callable[[], Awaitable[str]] = _no_account
    sockets: Sockets = NoSockets()
