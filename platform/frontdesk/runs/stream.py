"""A run's events in the memory of the process that works on it. Followers wait here, never on the database."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from .events import RunEvent


class Stream:
    """Numbers events, wakes followers, and remembers what the journal has not written yet. Belongs to one event loop."""

    def __init__(self, run_id: str, *, last_seq: int = 0) -> None:
        self.run_id = run_id
        self.base = last_seq
        self.events: list[RunEvent] = []
        self.unwritten: list[RunEvent] = []
        self.ended = False
        self.abandoned = False
        self._idle = asyncio.Event()
        self._idle.set()
        self._waiting: set[asyncio.Future[bool]] = set()

    @property
    def last_seq(self) -> int:
        return self.base + len(self.events)

    def add(self, type: str, data: dict[str, Any]) -> RunEvent:
        """Append an event and show it to followers at once."""
        event = RunEvent(self.run_id, self.last_seq + 1, type, data)
        self.unwritten.append(event)
        self._show(event)
        return event

    def prepare(self, *kinds: tuple[str, dict[str, Any]]) -> list[RunEvent]:
        """Number events that are shown only once they are committed (`show`). Nothing may be added in between."""
        return [RunEvent(self.run_id, self.last_seq + n, type, data) for n, (type, data) in enumerate(kinds, 1)]

    def show(self, events: list[RunEvent]) -> None:
        """Show events that are in the journal already."""
        for event in events:
            self._show(event)

    def take_unwritten(self) -> list[RunEvent]:
        """What the journal should write next; say `wrote` or `give_back` afterwards."""
        taken, self.unwritten = self.unwritten, []
        self._idle.clear()
        return taken

    def wrote(self) -> None:
        self._idle.set()

    def give_back(self, events: list[RunEvent]) -> None:
        """The journal could not write these; it will try again."""
        self.unwritten = events + self.unwritten
        self._idle.set()

    async def idle(self) -> None:
        """Wait until the journal is not writing, so that the ending is written last."""
        while not self._idle.is_set():
            await self._idle.wait()

    def abandon(self) -> None:
        """This process works on it no more and there was no ending: followers must look elsewhere."""
        self.abandoned = True
        self._wake()

    def _show(self, event: RunEvent) -> None:
        if self.ended:
            raise RuntimeError(f"run {self.run_id} has ended; {event.type} came too late")
        self.events.append(event)
        self.ended = event.ends
        self._wake()

    def _wake(self) -> None:
        waiting, self._waiting = self._waiting, set()
        for future in waiting:
            if not future.done():
                future.set_result(True)

    async def follow(self, after: int, *, silence: float | None = None) -> AsyncIterator[list[RunEvent]]:
        """Events after that number, in the batches in which they become available, until the ending or until it is abandoned.

        An empty batch says that nothing came for `silence` seconds. Who has seen the ending already is told it again.
        """
        position = max(0, after - self.base)
        quiet = Quiet(silence) if silence else None
        while True:
            batch = self.events[position:] or (self.events[-1:] if self.ended else [])
            if batch:
                position += len(batch)
                yield batch
                if batch[-1].ends:
                    return
            elif self.abandoned:
                return
            elif not await self._news(quiet):
                yield []

    async def _news(self, quiet: Quiet | None) -> bool:
        """Wait for another event. False when it was quiet for too long."""
        future: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.add(future)
        if quiet:
            quiet.watch(future)
        try:
            return await future
        finally:
            self._waiting.discard(future)


class Quiet:
    """Wakes a waiting follower after `seconds` without an event. One timer in so many seconds, not one for each word."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.loop = asyncio.get_running_loop()
        self.since = 0.0
        self.waiting: asyncio.Future[bool] | None = None
        self.timer: asyncio.TimerHandle | None = None

    def watch(self, future: asyncio.Future[bool]) -> None:
        self.since, self.waiting = self.loop.time(), future
        if self.timer is None:
            self.timer = self.loop.call_later(self.seconds, self._look)

    def _look(self) -> None:
        self.timer = None
        if self.waiting is None or self.waiting.done():
            return
        left = self.since + self.seconds - self.loop.time()
        if left > 0:
            self.timer = self.loop.call_later(left, self._look)
        else:
            self.waiting.set_result(False)
