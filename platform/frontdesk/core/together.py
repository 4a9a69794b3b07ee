"""Calls that come in at the same moment, done as one: a commit costs the same for one row as for fifty."""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from .threads import in_thread

A = TypeVar("A")
R = TypeVar("R")


@dataclass(slots=True)
class _Line(Generic[A, R]):
    """Who waits on one event loop, and who serves them."""

    waiting: list[tuple[A, asyncio.Future[R]]] = field(default_factory=list)
    server: asyncio.Task[None] | None = None


class Together(Generic[A, R]):
    """Awaitable like a function of one argument. `work` gets those of all who wait, at most `most`, in a thread of the pool, and
    gives for each its answer or the exception that is raised there. Nobody waits for company: what comes in while a call is in
    hand makes the next one.
    """

    def __init__(self, work: Callable[[Sequence[A]], Sequence[R | Exception]], *, most: int = 64) -> None:
        self.work = work
        self.most = most
        self._lines: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, _Line[A, R]] = weakref.WeakKeyDictionary()

    async def __call__(self, argument: A) -> R:
        loop = asyncio.get_running_loop()
        line = self._lines.setdefault(loop, _Line())
        answer: asyncio.Future[R] = loop.create_future()
        line.waiting.append((argument, answer))
        if line.server is None:
            line.server = loop.create_task(self._serve(line))
        return await answer

    async def _serve(self, line: _Line[A, R]) -> None:
        try:
            while line.waiting:
                batch, line.waiting = line.waiting[: self.most], line.waiting[self.most :]
                _settle(batch, await self._outcomes([argument for argument, _answer in batch]))
        finally:
            line.server = None
            for _argument, answer in line.waiting:  # only when this is stopped in between
                answer.cancel()

    async def _outcomes(self, arguments: list[A]) -> Sequence[R | Exception]:
        try:
            return await in_thread(self.work, arguments)
        except Exception as error:
            return [error] * len(arguments)


def _settle(batch: list[tuple[A, asyncio.Future[R]]], outcomes: Sequence[R | Exception]) -> None:
    for (_argument, answer), outcome in zip(batch, outcomes, strict=True):
        if answer.done():
            continue  # whoever asked has gone
        if isinstance(outcome, Exception):
            answer.set_exception(outcome)
        else:
            answer.set_result(outcome)
