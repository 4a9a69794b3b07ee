"""Runs that a worker works on: recovered ones, and those that no socket waits for."""

from __future__ import annotations

import asyncio

from frontdesk.core import job_loop
from frontdesk.core.bell import SWEEPS, hourly
from frontdesk.core.jobs import Work, job
from frontdesk.providers.registry import close_all

from . import beginning, returning
from .actions import recover
from .approvals import sweep
from .embeddings import release_forgotten
from .live import live_runs


@job("runs.execute", lease=15, max_attempts=3)
def execute(work: Work, *, run_id: int) -> None:
    """Work on a run to its end; the same engine as in a web process."""
    job_loop.run(_execute(run_id), close=_close)


@job("runs.begin")
def begin(work: Work, *, message_id: int, actor: str) -> None:
    """The customer has been quiet for a while."""
    beginning.begin(message_id, actor)


async def _execute(run_id: int) -> None:
    """To its end, and those that follow upon it."""
    task = await live_runs().start(run_id)
    while task is not None:
        await asyncio.wait([task])
        task = None if task.cancelled() or task.exception() else task.result()


async def _close() -> None:
    await live_runs().close()
    await close_all()


SWEEPS += [recover, sweep, returning.sweep, hourly(release_forgotten)]
