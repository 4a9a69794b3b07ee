"""Who follows a run, and another process that has it."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import Future
from datetime import timedelta
from typing import Any

from django.utils import timezone

from frontdesk.billing.models import CreditAccount, LedgerEntry
from frontdesk.core.threads import in_thread
from frontdesk.runs import service
from frontdesk.runs.events import RunEvent
from frontdesk.runs.models import Run


class Elsewhere:
    """Another event loop in a thread of its own: it shares no memory of runs with the test's, like another process."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever)
        self.thread.start()

    def __call__(self, work: Any) -> Future[Any]:
        return asyncio.run_coroutine_threadsafe(work, self.loop)

    def dies(self) -> None:
        """As a killed process: nothing is written, nobody is told."""
        if self.thread.is_alive():
            self.loop.call_soon_threadsafe(self.loop.stop)
            self.thread.join()

    def close(self) -> None:
        self.dies()
        for task in asyncio.all_tasks(self.loop):
            task.cancel()
        self.loop.run_until_complete(self.loop.shutdown_asyncgens())
        self.loop.close()


async def events_of(run: Run, after: int = 0) -> list[RunEvent]:
    return [event async for batch in service.follow(str(run.uuid), after) for event in batch]


async def until_said(run: Run, text: str) -> list[RunEvent]:
    """Follow until these words are there, then leave."""
    seen: list[RunEvent] = []
    async with asyncio.timeout(20):
        async for batch in service.follow(str(run.uuid)):
            seen += batch
            if text in said(seen):
                return seen
    raise AssertionError(f"it ended without {text}")


def said(events: list[RunEvent]) -> str:
    return "".join(event.data["text"] for event in events if event.type == "text.delta")


def assert_whole(events: list[RunEvent], *, ending: str) -> None:
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    assert [event.type for event in events if event.ends] == [ending] == [events[-1].type]


async def let_lease_run_out(run: Run) -> None:
    await Run._base_manager.filter(pk=run.pk).aupdate(lease_until=timezone.now() - timedelta(seconds=1))


async def balance_is_the_sum_of_the_ledger() -> bool:
    account = await CreditAccount.objects.aget()
    return account.balance == await in_thread(lambda: sum(LedgerEntry.objects.values_list("amount", flat=True)))
