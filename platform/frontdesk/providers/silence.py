"""Noticing that a vendor has stopped talking."""

from __future__ import annotations

import asyncio
from types import TracebackType


class Silence:
    """Raises TimeoutError in the block when nothing was heard for `seconds`, except while `reading`.

    asyncio's own timeout would have to be set anew for every word of an answer; here one timer looks at the clock now and then.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        # What the reader does with an event is not the vendor's silence.
        self.reading = False
        self._loop = asyncio.get_running_loop()
        self._heard = self._loop.time()
        self._timeout = asyncio.timeout(None)

    def heard(self) -> None:
        self._heard = self._loop.time()

    async def __aenter__(self) -> Silence:
        await self._timeout.__aenter__()
        self._timer = self._loop.call_later(self.seconds, self._look)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        self._timer.cancel()
        return await self._timeout.__aexit__(kind, error, trace)

    def _look(self) -> None:
        now = self._loop.time()
        left = self.seconds if self.reading else self._heard + self.seconds - now
        if left > 0:
            self._timer = self._loop.call_later(left, self._look)
        else:
            self._timeout.reschedule(now)
