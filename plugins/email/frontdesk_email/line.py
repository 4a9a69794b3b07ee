"""A connection to a mail server: opened by the host, used by a thread, cut when its time is over."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

from frontdesk.sdk.context import Context

from .config import Server

T = TypeVar("T")
# No single word of a server may take longer.
PATIENCE = 10.0


async def talk(context: Context, server: Server, work: Callable[[socket.socket], T], *, seconds: float) -> T:
    """What `work` gives, which speaks with the server in a thread. Raises NotReachable, TimeoutError, or what `work` raises.

    When this ends, the line is dead: a thread that is late can do nothing more with it, though it may have begun TLS meanwhile.
    """
    async with asyncio.timeout(seconds):
        line = await context.sockets.connect(
            server.host, server.port, tls=server.encryption == "tls", timeout=min(PATIENCE, seconds)
        )
        handle = socket.socket(fileno=os.dup(line.fileno()))
        try:
            return await asyncio.to_thread(work, line)
        finally:
            with suppress(OSError):
                handle.shutdown(socket.SHUT_RDWR)
            handle.close()
