"""The runs that this process works on: owned by the event loop, never by a connection.

One keeper a loop writes their journals (every 0.3 s, all runs in one transaction), extends their leases, and hears from other
processes: a cancel, or a follower there who wants to see a run that is here. Followers here are fed from memory.
"""

from __future__ import annotations

import asyncio
import contextvars
import logging
import os
import socket
import weakref
from collections.abc import Callable
from typing import Any, TypeAlias
from uuid import uuid4

import orjson
import redis

from frontdesk.core.threads import in_thread
from frontdesk.core.valkey import async_client

from . import journal, observing
from .engine import Execution
from .stream import Stream

logger = logging.getLogger(__name__)

CONTROL = "runs.control"
FLUSH_SECONDS = 0.3
LEASE_SECONDS = 5.0

RunTask: TypeAlias = "asyncio.Task[RunTask | None]"
"""The work on a run; its result is the work on the run that follows upon it, if one does."""


def events_channel(run_id: str) -> str:
    """Where a run's events are told to other processes, when one of them asked."""
    return f"runs.events.{run_id}"


class LiveRuns:
    """All live runs of one event loop."""

    def __init__(self) -> None:
        self.owner = f"{socket.gethostname()[:40]}:{os.getpid()}:{uuid4().hex[:8]}"
        self._streams: dict[str, Stream] = {}
        self._executions: dict[str, Execution] = {}
        self._tasks: dict[str, RunTask] = {}
        self._relays: dict[str, asyncio.Task[None]] = {}
        self._keepers: list[asyncio.Task[None]] = []
        self._watchers: set[asyncio.Task[None]] = set()

    def stream(self, run_id: str) -> Stream | None:
        """The stream of a run that this process works on."""
        return self._streams.get(run_id)

    async def start(self, run_id: int) -> RunTask | None:
        """Claim a run, by its row's id, and work on it; None when another process has it."""
        begun = await in_thread(journal.begin, run_id, self.owner)
        if begun is None:
            return None
        self._keep()
        claimed, events = begun
        uuid = str(claimed.uuid)
        stream = self._streams[uuid] = Stream(uuid, last_seq=claimed.last_seq)
        stream.show(events)
        execution = self._executions[uuid] = Execution(claimed, stream)
        task = asyncio.create_task(self._perform(uuid, execution), name=f"run-{uuid}", context=contextvars.Context())
        self._tasks[uuid] = task
        if observing.anybody():
            watcher = asyncio.create_task(observing.watch(claimed, stream), context=contextvars.Context())
            self._watchers.add(watcher)
            watcher.add_done_callback(self._watchers.discard)
        return task

    def cancel(self, run_id: str) -> bool:
        """Stop a run of this process. True when it was here."""
        execution, task = self._executions.get(run_id), self._tasks.get(run_id)
        if execution is None or task is None or task.done():
            return False
        if not execution.run.cancel_requested and not execution.ending:
            execution.run.cancel_requested = True
            task.cancel()
        return True

    async def _perform(self, run_id: str, execution: Execution) -> RunTask | None:
        try:
            await execution.perform()
        finally:
            if not execution.stream.ended:
                execution.stream.abandon()
            relay = self._relays.get(run_id)
            if relay is not None:
                await asyncio.wait([relay], timeout=2)
            for kept in (self._streams, self._executions, self._tasks, self._relays):
                kept.pop(run_id, None)
        return await self.start(execution.next_run.pk) if execution.next_run is not None else None

    def _keep(self) -> None:
        """Start the keeper's tasks with the first run."""
        if not self._keepers:
            loops: tuple[tuple[Callable[[], object], float], ...] = ((self._flush, FLUSH_SECONDS), (self._hold, LEASE_SECONDS))
            self._keepers = [
                asyncio.create_task(_repeat(step, seconds), context=contextvars.Context()) for step, seconds in loops
            ]
            self._keepers.append(asyncio.create_task(self._listen(), context=contextvars.Context()))

    async def drain(self) -> None:
        """Wait until all runs here have ended, those too that follow upon one of them."""
        while self._tasks:
            await asyncio.wait(self._tasks.values())

    async def close(self) -> None:
        """Stop working; runs that are still open are recovered by others when their lease runs out."""
        tasks: set[asyncio.Task[Any]] = {*self._tasks.values(), *self._relays.values(), *self._keepers, *self._watchers}
        await asyncio.gather(*(_end(task) for task in tasks))
        self._keepers = []

    async def _flush(self) -> None:
        taken = [
            (self._executions[run_id], stream, stream.take_unwritten())
            for run_id, stream in self._streams.items()
            if stream.unwritten
        ]
        if not taken:
            return
        try:
            await in_thread(journal.write_many, [(execution.run.pk, events) for execution, _stream, events in taken], self.owner)
        except BaseException:
            for _execution, stream, events in taken:
                stream.give_back(events)
            raise
        for _execution, stream, _events in taken:
            stream.wrote()

    async def _hold(self) -> None:
        """Extend the leases; stop what somebody cancelled, and what is another process's by now."""
        runs = {execution.run.pk: run_id for run_id, execution in self._executions.items()}
        if not runs:
            return
        held = await in_thread(journal.extend_leases, list(runs), self.owner)
        for pk, run_id in runs.items():
            if held.get(pk):
                self.cancel(run_id)
            elif pk not in held and run_id in self._tasks and not self._executions[run_id].ending:
                self._tasks[run_id].cancel()

    async def _listen(self) -> None:
        """Hear other processes; without Valkey a cancel arrives with the next lease and followers read the journal."""
        while True:
            try:
                async with async_client().pubsub(ignore_subscribe_messages=True) as channel:
                    await channel.subscribe(CONTROL)
                    _heed_cancelling()
                    async for said in channel.listen():
                        self._hear(orjson.loads(said["data"]))
            except (redis.RedisError, OSError, TimeoutError):
                await asyncio.sleep(1)

    def _hear(self, said: dict[str, str | int]) -> None:
        run_id = str(said.get("run", ""))
        if said.get("do") == "cancel":
            self.cancel(run_id)
        elif said.get("do") == "follow" and run_id in self._streams and run_id not in self._relays:
            self._relays[run_id] = asyncio.create_task(self._relay(run_id), context=contextvars.Context())

    async def _relay(self, run_id: str) -> None:
        """Tell a run's events to other processes from now on, beginning with all that is in memory."""
        async for batch in self._streams[run_id].follow(0):
            rows = [[event.seq, event.type, event.data] for event in batch]
            try:
                await async_client().publish(events_channel(run_id), orjson.dumps(rows))
            except (redis.RedisError, OSError):
                logger.warning("Valkey cannot be reached; followers elsewhere read the journal of run %s", run_id)


async def _end(task: asyncio.Task[Any]) -> None:
    while not task.done():
        task.cancel()
        await asyncio.wait([task], timeout=1)
    if not task.cancelled() and (error := task.exception()):
        logger.warning("a task of live runs ended with %r", error)


def _heed_cancelling() -> None:
    """Before Python 3.12 `asyncio.wait_for`, with which the Redis client sends, loses a cancel in the moment that it is done."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


async def _repeat(step: Callable[[], object], seconds: float) -> None:
    while True:
        await asyncio.sleep(seconds)
        try:
            await step()  # type: ignore[misc]
        except Exception:
            logger.exception("a keeper of live runs stumbled; it goes on")


_by_loop: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, LiveRuns] = weakref.WeakKeyDictionary()


def live_runs() -> LiveRuns:
    """The live runs of the running event loop."""
    loop = asyncio.get_running_loop()
    if loop not in _by_loop:
        _by_loop[loop] = LiveRuns()
    return _by_loop[loop]


def let_go() -> None:
    """This process ends now: others may take up its runs at once."""
    for live in list(_by_loop.values()):
        journal.let_go([execution.run.pk for execution in list(live._executions.values())], live.owner)


def cancel_from_thread(run_id: str) -> bool:
    """Stop a run on whichever event loop of this process has it. True when one has."""
    for loop, live in list(_by_loop.items()):
        if live.stream(run_id) is not None and not loop.is_closed():
            loop.call_soon_threadsafe(live.cancel, run_id)
            return True
    return False
