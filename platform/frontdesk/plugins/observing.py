"""Telling plugins what happened, after the fact: nobody waits for an observer, and none can change anything."""

from __future__ import annotations

import asyncio
import logging
import os
import threading
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from django.db import transaction

from frontdesk.core.threads import in_thread
from frontdesk.sdk.context import Context
from frontdesk.sdk.errors import PluginError
from frontdesk.workspaces.models import Workspace

from . import activation, calling, capabilities, incidents
from .errors import PluginFailed
from .host import host

logger = logging.getLogger(__name__)
Hook = Literal["run_event", "message_received", "conversation_changed"]

SECONDS = 10.0
# What all observers together may be behind; beyond that they miss something, and the log says so.
MOST_WAITING = 1000


@dataclass(frozen=True, slots=True)
class Observer:
    """A plugin that listens in a workspace, and what it is handed."""

    plugin: str
    hook: str
    function: Callable[[Any, Context], Awaitable[None]]
    context: Context


def anybody(hook: Hook) -> bool:
    """Whether any installed plugin listens at all. Asks no database."""
    return bool(host().observers(hook))


def observers(workspace: Workspace, hook: Hook) -> list[Observer]:
    """Who listens in a workspace: plugins that are on there and may see conversations."""
    manifests = host().manifests
    may = {slug: told for slug, told in host().observers(hook).items() if "conversations" in manifests[slug].permissions.data}
    active = activation.active(workspace, may)
    return [
        Observer(slug, hook, function, capabilities.context(workspace, slug, language=workspace.language))
        for slug, function in may.items()
        if slug in active
    ]


async def tell_all(listening: Sequence[Observer], what: Any) -> None:
    """Tell each; one that fails is noted and the others are told."""
    for observer in listening:
        try:
            await calling.call(
                observer.plugin,
                observer.hook,
                observer.function,
                what,
                observer.context,
                seconds=SECONDS,
                workspace=observer.context.workspace,
            )
        except PluginFailed as failed:
            logger.warning("%s was not told: %s", observer.plugin, failed)
        except PluginError as error:
            incidents.note(observer.context.workspace, observer.plugin, observer.hook, str(error))


def tell(workspace: Workspace, hook: Hook, what: Any) -> None:
    """Tell the workspace's observers after commit, without waiting for them."""
    if anybody(hook):
        transaction.on_commit(lambda: _submit(workspace, hook, what))


def _submit(workspace: Workspace, hook: Hook, what: Any) -> None:
    queue, loop = _background(os.getpid())
    if queue.qsize() >= MOST_WAITING:
        logger.error("observers are %d behind; a %s is not told", MOST_WAITING, hook)
        return
    loop.call_soon_threadsafe(queue.put_nowait, (workspace, hook, what))


async def _work(queue: asyncio.Queue[tuple[Workspace, Hook, Any]]) -> None:
    while True:
        workspace, hook, what = await queue.get()
        try:
            await tell_all(await in_thread(observers, workspace, hook), what)
        except Exception:
            logger.exception("a %s was not told", hook)


@lru_cache(maxsize=1)
def _background(pid: int) -> tuple[asyncio.Queue[tuple[Workspace, Hook, Any]], asyncio.AbstractEventLoop]:
    """The queue and the loop that works on it in a thread of its own; one a process, for a forked one has no threads."""
    loop = asyncio.new_event_loop()
    queue: asyncio.Queue[tuple[Workspace, Hook, Any]] = asyncio.Queue()
    threading.Thread(target=lambda: loop.run_until_complete(_work(queue)), daemon=True, name="observers").start()
    return queue, loop
