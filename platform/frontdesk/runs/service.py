"""Starting, following and cancelling runs, from any process. Transports use this and encode what `follow` gives."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import aclosing

import orjson
import redis

from frontdesk.core.threads import in_thread
from frontdesk.core.valkey import async_client, client

from . import actions, journal
from .errors import RunNotFound
from .events import RunEvent
from .live import CONTROL, cancel_from_thread, events_channel, live_runs
from .models import Run

logger = logging.getLogger(__name__)

POLL_SECONDS = 1.0
ENDING_OF = {state: kind for kind, state in journal.ENDINGS_STATE.items()}


async def start(run: Run) -> None:
    """Work on a run in this process, whatever becomes of the caller's connection."""
    if run.state in Run.OPEN:
        await live_runs().start(run.pk)


async def follow(run_id: str, after: int = 0, *, silence: float | None = None) -> AsyncIterator[list[RunEvent]]:
    """A run's events after that number, in order, without gaps, in batches as they become available, ending with its one ending.

    A follower who had seen events that a crash took from the journal gets the ending under the next number it expects.
    With `silence`, an empty batch comes whenever nothing else came for about so many seconds. Raises RunNotFound.
    """
    run = await in_thread(journal.find, run_id)
    if run is None:
        raise RunNotFound()
    seen = after
    async with aclosing(_batches(run, after, silence)) as batches:
        async for batch in batches:
            fresh = [event for event in batch if event.seq > seen]
            if not fresh and batch and batch[-1].ends:
                last = batch[-1]
                fresh = [RunEvent(last.run_id, seen + 1, last.type, last.data)]
            if fresh:
                seen = fresh[-1].seq
                yield fresh
                if fresh[-1].ends:
                    return
            elif not batch:
                yield batch


async def _batches(run: Run, after: int, silence: float | None) -> AsyncIterator[list[RunEvent]]:
    """From memory while the run is here, else from the journal and from the process that has it."""
    stream = live_runs().stream(str(run.uuid))
    if stream is not None:
        if after < stream.base:
            yield [event for event in await in_thread(journal.read, run, after) if event.seq <= stream.base]
            after = stream.base
        async for batch in stream.follow(after, silence=silence):
            after = batch[-1].seq if batch else after
            yield batch
        if stream.ended:
            return
    async with aclosing(_from_elsewhere(run, after, silence)) as batches:
        async for batch in batches:
            yield batch


async def _from_elsewhere(run: Run, after: int, silence: float | None) -> AsyncIterator[list[RunEvent]]:
    """What the journal holds, then what the process tells that has the run. Until the two meet, what was told waits."""
    seen, waiting, clock = after, [], asyncio.get_running_loop().time
    last_yield = clock()
    async with aclosing(_told(str(run.uuid))) as told:
        async for batch in told:
            waiting += batch
            if not batch or waiting[0].seq > seen + 1:  # silence, or something was missed: the journal knows
                written = await in_thread(_written, run.pk, seen)
                if written:
                    waiting = written + [event for event in waiting if event.seq > written[-1].seq]
            fresh, waiting = _split(waiting, seen)
            if fresh:
                seen = fresh[-1].seq
                yield fresh
                if fresh[-1].ends:
                    return
            elif silence and clock() - last_yield >= silence:
                yield []
            else:
                continue
            last_yield = clock()


def _split(events: list[RunEvent], seen: int) -> tuple[list[RunEvent], list[RunEvent]]:
    """Those that follow upon `seen` without a gap, and those that must wait. An ending of an earlier number goes out too."""
    fresh: list[RunEvent] = []
    for index, event in enumerate(events):
        if event.seq > seen + len(fresh) + 1:
            return fresh, events[index:]
        if event.seq > seen + len(fresh) or event.ends:
            fresh.append(event)
    return fresh, []


def _written(run_pk: int, after: int) -> list[RunEvent]:
    """What the journal holds after that number; of a run that is over always the ending, though it be earlier."""
    run = Run._base_manager.get(pk=run_pk)
    events = journal.read(run, after)
    if not events and run.state in Run.ENDED:
        events = journal.read(run, run.last_seq - 1) or [
            RunEvent(str(run.uuid), run.last_seq, ENDING_OF[Run.State(run.state)], {})
        ]
    return events


async def _told(run_id: str) -> AsyncIterator[list[RunEvent]]:
    """Batches that the owning process tells; an empty one first, and whenever nothing was heard for a while."""
    yield []
    try:
        async with async_client().pubsub(ignore_subscribe_messages=True) as channel:
            await channel.subscribe(events_channel(run_id))
            while True:
                await async_client().publish(CONTROL, orjson.dumps({"do": "follow", "run": run_id}))
                said = await channel.get_message(timeout=POLL_SECONDS)
                while said is not None:
                    yield [RunEvent(run_id, seq, type, data) for seq, type, data in orjson.loads(said["data"])]
                    said = await channel.get_message(timeout=POLL_SECONDS)
                yield []
    except (redis.RedisError, OSError):
        logger.warning("Valkey cannot be reached; following run %s by its journal", run_id)
    while True:
        await asyncio.sleep(POLL_SECONDS)
        yield []


async def cancel(run: Run) -> None:
    """Stop a run wherever it is. It ends as cancelled, keeping what was said so far."""
    await in_thread(actions.request_cancel, run)
    if live_runs().cancel(str(run.uuid)):
        return
    try:
        await async_client().publish(CONTROL, orjson.dumps({"do": "cancel", "run": str(run.uuid)}))
    except (redis.RedisError, OSError):
        logger.warning("Valkey cannot be reached; run %s stops with its next lease", run.uuid)


def tell_cancel(run_id: str) -> None:
    """Tell the process that has a run to stop it, from synchronous code that has noted so in the run's row."""
    if cancel_from_thread(run_id):
        return
    try:
        client().publish(CONTROL, orjson.dumps({"do": "cancel", "run": run_id}))
    except (redis.RedisError, OSError):
        logger.warning("Valkey cannot be reached; run %s stops with its next lease", run_id)


async def wait(run_id: str) -> RunEvent:
    """The ending of a run."""
    last: RunEvent | None = None
    async with aclosing(follow(run_id)) as batches:
        async for batch in batches:
            last = batch[-1]
    if last is None:
        raise RunNotFound()
    return last
