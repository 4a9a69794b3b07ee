"""A rehearsal of protocols other than HTTP: what a plugin opens with `Context.sockets` leads to a server of its vendor's double.

A `Server` does no I/O and knows one connection: it is given what the plugin said and gives what to say next.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from .errors import NotReachable
from .rehearsal import Double

Opened = Callable[[], AbstractContextManager[Double]]
"""The double, for as long as a `with` lasts, which is a transaction."""
InThread = Callable[..., Awaitable[Any]]
PIECE = 1 << 16


@dataclass(frozen=True, slots=True)
class Said:
    """What a server says next, after so many seconds; with `ends` it hangs up then."""

    data: bytes = b""
    after: float = 0.0
    ends: bool = False


class Server(ABC):
    """The vendor's end of one connection. It lives as long as that does; what is to stay is remembered by the double."""

    @abstractmethod
    def greets(self, double: Opened) -> Said:
        """What it says as soon as it is connected to."""

    @abstractmethod
    def hears(self, data: bytes, double: Opened) -> Said:
        """What it says to that; what came may end in the middle of anything."""


class Wires:
    """`Context.sockets` in a rehearsal. `in_thread` runs what asks the database. Nothing is encrypted, for nothing goes out."""

    def __init__(self, double: Opened, in_thread: InThread = asyncio.to_thread) -> None:
        self._double = double
        self._in_thread = in_thread
        self._talks: set[asyncio.Task[None]] = set()

    async def connect(self, host: str, port: int, *, tls: bool, timeout: float) -> socket.socket:
        server = await self._in_thread(self._who_answers, host, port)
        if server is None:
            raise NotReachable(f"Nobody answers at {host}:{port} in this rehearsal.", reason="unreachable")
        ours, theirs = socket.socketpair()
        ours.settimeout(timeout)
        talk = asyncio.create_task(self._talk(server, theirs))
        self._talks.add(talk)
        talk.add_done_callback(self._talks.discard)
        return ours

    def trust(self) -> ssl.SSLContext:
        return _trust()

    def _who_answers(self, host: str, port: int) -> Server | None:
        with self._double() as double:
            return double.server(host, port)

    async def _talk(self, server: Server, line: socket.socket) -> None:
        """Until one of them hangs up. A server that breaks hangs up too; the host has noted why."""
        reader, writer = await asyncio.open_connection(sock=line)
        try:
            with suppress(Exception):  # whoever opened the double has noted it
                said = await self._in_thread(server.greets, self._double)
                while await self._say(said, writer) and (data := await reader.read(PIECE)):
                    said = await self._in_thread(server.hears, data, self._double)
        finally:
            writer.close()

    async def _say(self, said: Said, writer: asyncio.StreamWriter) -> bool:
        """Whether the line stays open."""
        await asyncio.sleep(said.after)
        writer.write(said.data)
        await writer.drain()
        return not said.ends


@lru_cache(maxsize=1)
def _trust() -> ssl.SSLContext:
    return ssl.create_default_context()
