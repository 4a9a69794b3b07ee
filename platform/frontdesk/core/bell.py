"""Huey as the bell: tells a worker that a job row is waiting. Losing a ring loses nothing, the sweeper rings again."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable
from typing import Any

import redis
from django.conf import settings
from django.db import close_old_connections
from huey import RedisHuey

from . import heartbeat, idempotency, jobs

logger = logging.getLogger(__name__)

huey = RedisHuey("frontdesk", url=settings.REDIS_URL, results=False, immediate=False)
SWEEP_SECONDS = 2.0
HOUR = 3600.0
_stopping = threading.Event()


@huey.task()
def work_on(job_id: int) -> None:
    close_old_connections()
    try:
        jobs.run(job_id)
    finally:
        close_old_connections()


def ring(job_id: int, after: float = 0.0) -> None:
    """Tell the worker. A Valkey that cannot be reached is only logged: the row waits for the sweeper."""
    try:
        if after:
            work_on.schedule(args=(job_id,), delay=after)
        else:
            work_on(job_id)
    except (redis.RedisError, OSError):
        logger.warning("Valkey cannot be reached; job %s waits for the sweeper", job_id)


@huey.on_startup()
def start_sweeper() -> None:
    """Every worker thread calls this; one sweeper a process is enough."""
    if not any(thread.name == "job-sweeper" for thread in threading.enumerate()):
        threading.Thread(target=_sweep_for_ever, name="job-sweeper", daemon=True).start()


def _sweep_for_ever() -> None:
    while not _stopping.wait(SWEEP_SECONDS):
        try:
            jobs.sweep()
            for extra in SWEEPS:
                extra()
        except Exception:
            logger.exception("the sweeper stumbled; it goes on")
        finally:
            close_old_connections()


def hourly(work: Callable[[], object]) -> Callable[[], None]:
    """A sweep that does its work once an hour; several workers do not do it at the same time."""
    due = time.monotonic() + random.uniform(0, HOUR)  # noqa: S311

    def sweep() -> None:
        nonlocal due
        if time.monotonic() >= due:
            due = time.monotonic() + HOUR
            work()

    return sweep


SWEEPS: list[Any] = [heartbeat.beat, hourly(idempotency.forget_old)]
"""Functions of other rooms that look for unfinished business (runs, deliveries); each must be quick and idempotent."""
