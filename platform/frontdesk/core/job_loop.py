"""The event loop of a worker: what jobs await runs on one, so that connections to vendors stay open from one job to the next."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

_loop: asyncio.AbstractEventLoop | None = None


def start() -> None:
    """Called once by the worker process, before its first job."""
    global _loop
    _loop = asyncio.new_event_loop()
    threading.Thread(target=_loop.run_forever, name="job-loop", daemon=True).start()


def run(work: Coroutine[Any, Any, None], *, close: Callable[[], Awaitable[None]]) -> None:
    """Do asynchronous work for a job and wait for it. Outside of a worker it gets a loop of its own, which `close` tidies up."""
    if _loop is not None:
        asyncio.run_coroutine_threadsafe(work, _loop).result()
    else:
        asyncio.run(_and_close(work, close))


async def _and_close(work: Coroutine[Any, Any, None], close: Callable[[], Awaitable[None]]) -> None:
    try:
        await work
    finally:
        await close()
