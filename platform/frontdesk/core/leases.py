"""The leases of the jobs that this process works on. One thread extends them all: one for each costs more than many a job."""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass
from datetime import timedelta

from django.db import close_old_connections
from django.utils import timezone

from .models import Job

logger = logging.getLogger(__name__)


@dataclass
class _Held:
    """`due` is when to extend it next, of the monotonic clock."""

    attempts: int
    seconds: float
    due: float


_held: dict[int, _Held] = {}
_changed = threading.Condition()
_wakes_at = float("inf")
_keeper: threading.Thread | None = None


def hold(row: Job, seconds: float) -> None:
    """Extend the lease of a job that was just claimed for so many seconds, again and again until `let_go`."""
    global _keeper
    with _changed:
        mine = _held[row.pk] = _Held(row.attempts, seconds, time.monotonic() + seconds / 3)
        if _keeper is None or not _keeper.is_alive():
            _keeper = threading.Thread(target=_keep, daemon=True, name="job-leases")
            _keeper.start()
        elif mine.due < _wakes_at:
            _changed.notify()


def let_go(row: Job) -> None:
    with _changed:
        _held.pop(row.pk, None)


def held() -> dict[int, int]:
    """The jobs that this process works on, each with its attempt."""
    with _changed:
        return {pk: each.attempts for pk, each in _held.items()}


def _keep() -> None:
    global _wakes_at
    while True:
        with _changed:
            _wakes_at = min((each.due for each in _held.values()), default=float("inf"))
            left = _wakes_at - time.monotonic()
            if left > 0:
                _changed.wait(None if left == float("inf") else left)
            now = time.monotonic()
            due = {pk: each for pk, each in _held.items() if each.due <= now}
        for pk, each in due.items():
            _extend(pk, each)


def _extend(pk: int, mine: _Held) -> None:
    mine.due = time.monotonic() + mine.seconds / 3
    try:
        row = Job.objects.filter(pk=pk, state=Job.State.RUNNING, attempts=mine.attempts)
        row.update(lease_until=timezone.now() + timedelta(seconds=mine.seconds))
    except Exception:
        logger.warning("could not extend the lease of job %s; will try again", pk)
    finally:
        close_old_connections()
