"""Calling a plugin so that it can hurt nobody: in a thread of its own, for a limited time, and not again and again when it fails.

Python cannot end a thread. A plugin that never comes back keeps its thread, and gets no other after a few; everything
else goes on. What it did wrong is logged with its name, and kept as an incident where a workspace is known.
"""

from __future__ import annotations

import asyncio
import logging
import os
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, TypeVar
from uuid import UUID

from django.utils.translation import gettext as _

from frontdesk.core.time_limit import harmless, in_time
from frontdesk.sdk.errors import PluginError

from . import incidents
from .errors import PluginFailed, PluginResting

logger = logging.getLogger(__name__)
T = TypeVar("T")

SECONDS = 20.0
# After so many failures in a row a part of a plugin is left alone for so long.
FAILURES = 5
REST_SECONDS = 60.0
# A loop that does not end a call in time is given that much longer to say so, before it counts as stuck.
GRACE_SECONDS = 1.0
MOST_STUCK = 3


@dataclass
class _Health:
    """Of one part of a plugin. `resting_until` is monotonic."""

    failures: int = 0
    resting_until: float = 0.0


@dataclass
class _Home:
    """Where a plugin's coroutines run: an event loop in a thread. `stuck` counts the ones it has blocked for good."""

    loop: asyncio.AbstractEventLoop | None = None
    stuck: int = 0


@dataclass
class _Process:
    """One a process: a forked one has none of its parent's threads."""

    pid: int
    homes: dict[str, _Home] = field(default_factory=dict)
    health: dict[tuple[str, str], _Health] = field(default_factory=dict)


_lock = threading.Lock()
_process = _Process(os.getpid())


def _here() -> _Process:
    global _process
    if _process.pid != os.getpid():
        _process = _Process(os.getpid())
    return _process


async def call(
    plugin: str,
    what: str,
    function: Callable[..., Awaitable[T]],
    *args: Any,
    seconds: float = SECONDS,
    workspace: UUID | None = None,
    answers: type | tuple[type, ...] = object,
) -> T:
    """Await a plugin's coroutine function. `what` names the part in words ("tool calculate"); `answers` what it must give.

    Errors of `frontdesk.sdk.errors` pass, for they are meant; all others become PluginFailed. Cancelling ends the call.
    """
    with _guard(plugin, what, workspace) as guard:
        loop = _loop(plugin)
        future = asyncio.run_coroutine_threadsafe(_limited(function, args, seconds), loop)
        try:
            answer = await asyncio.wait_for(asyncio.wrap_future(future), seconds + GRACE_SECONDS)
        except TimeoutError:
            if not future.done() or future.cancelled():
                _abandon(plugin, loop)
            raise
        except asyncio.CancelledError as error:
            if _is_cancelled():
                raise
            raise harmless(error) from error  # it cancelled itself, which is none of the caller's business
        guard.check(answer, answers)
        return answer


def call_and_wait(
    plugin: str,
    what: str,
    function: Callable[..., Awaitable[T]],
    *args: Any,
    seconds: float = SECONDS,
    workspace: UUID | None = None,
    answers: type | tuple[type, ...] = object,
) -> T:
    """As `call`, from synchronous code: the thread waits, and needs no event loop of its own."""
    with _guard(plugin, what, workspace) as guard:
        loop = _loop(plugin)
        future = asyncio.run_coroutine_threadsafe(_limited(function, args, seconds), loop)
        try:
            answer = future.result(seconds + GRACE_SECONDS)
        except TimeoutError:
            if not future.done():
                future.cancel()
                _abandon(plugin, loop)
            raise
        guard.check(answer, answers)
        return answer


async def stream(
    plugin: str,
    what: str,
    function: Callable[..., AsyncIterator[T]],
    *args: Any,
    seconds: float = SECONDS,
    workspace: UUID | None = None,
    answers: type | tuple[type, ...] = object,
) -> AsyncIterator[T]:
    """Iterate what a plugin's async generator gives; `seconds` is for each piece. Leaving early closes the generator."""
    iterator: Any = None

    async def step() -> Any:
        nonlocal iterator
        if iterator is None:
            iterator = function(*args)
        return await anext(iterator, _END)

    async def close() -> None:
        if hasattr(iterator, "aclose"):
            await iterator.aclose()

    ended = False
    try:
        while not ended:
            ended = True  # a generator that raises has ended, and one that hangs cannot be closed
            piece = await call(plugin, what, step, seconds=seconds, workspace=workspace, answers=(_End, *_as_tuple(answers)))
            ended = piece is _END
            if not ended:
                yield piece
    finally:
        if not ended:
            with suppress(PluginFailed, PluginError):
                await call(plugin, what, close, seconds=seconds, workspace=workspace)


class _End:
    """The end of a stream."""


_END = _End()


def call_now(
    plugin: str,
    what: str,
    function: Callable[..., T],
    *args: Any,
    seconds: float = SECONDS,
    workspace: UUID | None = None,
    answers: type | tuple[type, ...] = object,
) -> T:
    """Call a plugin's plain function from synchronous code, with the same protection as `call`."""
    with _guard(plugin, what, workspace) as guard:
        answer = in_time(function, *args, seconds=seconds, name=f"plugin {plugin}")
        guard.check(answer, answers)
        return answer


async def _limited(function: Callable[..., Awaitable[T]], args: tuple[Any, ...], seconds: float) -> T:
    async with asyncio.timeout(seconds):
        try:
            return await function(*args)
        except Exception:
            raise
        except BaseException as error:
            if isinstance(error, asyncio.CancelledError) and _is_cancelled():
                raise
            raise harmless(error) from error  # or it would end its loop


def _is_cancelled() -> bool:
    """Whether somebody wants the task in hand to end: a CancelledError may also be what a plugin raised by itself."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


def _loop(plugin: str) -> asyncio.AbstractEventLoop:
    with _lock:
        home = _here().homes.setdefault(plugin, _Home())
        if home.stuck >= MOST_STUCK:
            raise PluginResting(_("The plugin %(plugin)s hung too often. It is off until the next start.") % {"plugin": plugin})
        if home.loop is None:
            home.loop = asyncio.new_event_loop()
            threading.Thread(target=home.loop.run_forever, daemon=True, name=f"plugin {plugin}").start()
        return home.loop


def _abandon(plugin: str, loop: asyncio.AbstractEventLoop) -> None:
    """That loop does not answer any more: the next call gets a new one. Several calls that waited for it count once."""
    with _lock:
        home = _here().homes[plugin]
        if home.loop is loop:
            loop.call_soon_threadsafe(_end, loop)
            home.loop, home.stuck = None, home.stuck + 1


def _end(loop: asyncio.AbstractEventLoop) -> None:
    """It answers after all, too late: what waited for its turn is cancelled before it begins."""
    for task in asyncio.all_tasks(loop):
        task.cancel()
    loop.call_soon(loop.stop)


class _guard:
    """Turns what a plugin does wrong into PluginFailed, and counts it."""

    def __init__(self, plugin: str, what: str, workspace: UUID | None) -> None:
        self.plugin, self.what, self.workspace = plugin, what, workspace
        self.health = _here().health.setdefault((plugin, what), _Health())

    def __enter__(self) -> _guard:
        if self.health.failures >= FAILURES and time.monotonic() < self.health.resting_until:
            raise PluginResting(
                _("The plugin %(plugin)s failed too often (%(what)s). It is left alone for a minute.")
                % {"plugin": self.plugin, "what": self.what}
            )
        return self

    def check(self, answer: Any, wanted: type | tuple[type, ...]) -> None:
        if not isinstance(answer, wanted):
            names = " or ".join(kind.__name__ for kind in _as_tuple(wanted))
            raise TypeError(f"it gave {type(answer).__name__} instead of {names}")

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        if error is None or isinstance(error, PluginError):
            self.health.failures = 0
            return
        if isinstance(error, asyncio.CancelledError | GeneratorExit | KeyboardInterrupt | PluginResting):
            return
        self.health.failures += 1
        self.health.resting_until = time.monotonic() + REST_SECONDS
        logger.error("plugin %s failed in %s", self.plugin, self.what, exc_info=error)
        said = _("it did not answer in time") if isinstance(error, TimeoutError) else f"{type(error).__name__}: {error}"
        sentence = _("The plugin %(plugin)s failed (%(what)s): %(problem)s") % {
            "plugin": self.plugin,
            "what": self.what,
            "problem": said[:200],
        }
        if self.workspace is not None:
            incidents.note(self.workspace, self.plugin, self.what, sentence)
        raise PluginFailed(sentence) from error


def _as_tuple(kinds: type | tuple[type, ...]) -> tuple[type, ...]:
    return kinds if isinstance(kinds, tuple) else (kinds,)


def health() -> Mapping[tuple[str, str], int]:
    """(plugin, part) → failures in a row, of this process."""
    return {key: state.failures for key, state in _here().health.items() if state.failures}


def forget(plugin: str) -> None:
    """Give a plugin another chance, in this process; others do by themselves after a minute."""
    with _lock:
        for key in [key for key in _here().health if key[0] == plugin]:
            del _here().health[key]
        if home := _here().homes.get(plugin):
            home.stuck = 0
