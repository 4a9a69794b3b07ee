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
            _wake(future, True)

    async def follow(self, after: int, *, silence: float | None = None) -> AsyncIterator[list[RunEvent]]:
        """Events after that number, in the batches in which they become available, until the ending or until it is abandoned.

        An empty batch says that nothing came for `silence` seconds. Who has seen the ending already is told it again.
        """
        position = max(0, after - self.base)
        while True:
            batch = self.events[position:] or (self.events[-1:] if self.ended else [])
            if batch:
                position += len(batch)
                yield batch
                if batch[-1].ends:
                    return
            elif self.abandoned:
                return
            elif not await self._news(silence):
                yield []

    async def _news(self, silence: float | None) -> bool:
        """Wait for another event. False when there was none for that many seconds."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[bool] = loop.create_future()
        timer = loop.call_later(silence, _wake, future, False) if silence else None
        self._waiting.add(future)
        try:
            return await future
        finally:
            self._waiting.discard(future)
            if timer:
                timer.cancel()


def _wake(future: asyncio.Future[bool], news: bool) -> None:
    if not future.done():
        future.set_result(news)
