"""Synchronous work (actions, queries) from asynchronous code.

Tokens of a hundred streams share one event loop; whatever talks to the database runs in a bounded pool of threads,
each call with the caller's context (workspace scope, language, time zone) and a pooled connection that goes back at once.
"""

from __future__ import annotations

import asyncio
import contextvars
import functools
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import tzinfo
from typing import ParamSpec, TypeVar

from django.db import close_old_connections
from django.utils import timezone, translation

P = ParamSpec("P")
R = TypeVar("R")

_chosen: contextvars.ContextVar[ThreadPoolExecutor | None] = contextvars.ContextVar("chosen", default=None)
_pool = ThreadPoolExecutor(max_workers=min(16, 4 * (os.cpu_count() or 2)), thread_name_prefix="frontdesk")


@contextmanager
def all_in(executor: ThreadPoolExecutor) -> Iterator[None]:
    """Meanwhile `in_thread` uses this executor and leaves its connection open: with a single thread, a transaction can span
    several calls. Who began it ends it and closes the connection. What runs there and has a loop of its own uses the pool again,
    for it cannot wait for the thread that it holds.
    """
    token = _chosen.set(executor)
    try:
        yield
    finally:
        _chosen.reset(token)


async def in_thread(function: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> R:
    """Run a synchronous function in the pool and give its result. Cancelling the caller does not interrupt the function."""
    chosen = _chosen.get()
    call = functools.partial(function, *args, **kwargs)
    if chosen is None:
        call = functools.partial(_with_connection, call)
    # Django keeps these two where no other thread sees them, even with the same context.
    call = functools.partial(_in_words_of, translation.get_language(), timezone.get_current_timezone(), call)
    context = contextvars.copy_context()
    context.run(_chosen.set, None)
    return await asyncio.get_running_loop().run_in_executor(chosen or _pool, context.run, call)


def _in_words_of(language: str | None, zone: tzinfo, call: Callable[[], R]) -> R:
    with translation.override(language), timezone.override(zone):
        return call()


def _with_connection(call: Callable[[], R]) -> R:
    close_old_connections()
    try:
        return call()
    finally:
        close_old_connections()
