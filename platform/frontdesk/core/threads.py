"""Synchronous work (actions, queries) from asynchronous code.

Tokens of a hundred streams share one event loop; whatever talks to the database runs in a bounded pool of threads,
each call with the caller's context (workspace scope, language) and a pooled connection that goes back at once.
"""

from __future__ import annotations

import asyncio
import contextvars
import functools
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from django.db import close_old_connections

P = ParamSpec("P")
R = TypeVar("R")

_pool = ThreadPoolExecutor(max_workers=min(16, 4 * (os.cpu_count() or 2)), thread_name_prefix="frontdesk")


async def in_thread(function: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
    """Run a synchronous function in the pool and give its result. Cancelling the caller does not interrupt the function."""
    context = contextvars.copy_context()
    call = functools.partial(context.run, _with_connection, function, *args, **kwargs)
    return await asyncio.get_running_loop().run_in_executor(_pool, call)


def _with_connection(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    close_old_connections()
    try:
        return function(*args, **kwargs)
    finally:
        close_old_connections()
