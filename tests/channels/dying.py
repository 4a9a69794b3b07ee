"""A process that dies at a chosen write: right before the commit, or right after it. From then on it writes nothing any more."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper
from django.utils import timezone

from frontdesk.channels import jobs as channel_jobs
from frontdesk.channels.models import Arrival, Delivery
from frontdesk.core import jobs
from frontdesk.core.models import Job
from frontdesk.core.scoping import unscoped
from frontdesk.runs import actions as runs
from frontdesk.runs import live
from frontdesk.runs.models import Run

WRITES = re.compile(r"\s*(INSERT|UPDATE|DELETE|WITH new)\b", re.IGNORECASE)


class Killed(BaseException):
    """No code of ours catches this."""


class Life:
    """Of the process that the test plays: `writes` counts its commits, transactions and single statements alike."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.writes = 0
        self.dead = False
        self._at: int | None = None
        self._after = False
        life, commit, execute = self, BaseDatabaseWrapper.commit, CursorWrapper.execute

        def commit_or_die(connection: BaseDatabaseWrapper) -> None:
            def undo() -> None:
                connection.rollback()

            life._write(lambda: commit(connection), undo)
            if life.dead:
                connection.run_on_commit = []
                raise Killed

        def execute_or_die(cursor: CursorWrapper, sql: Any, params: Any = None) -> Any:
            if cursor.db.in_atomic_block or not WRITES.match(str(sql)):
                return execute(cursor, sql, params)
            given: list[Any] = []
            life._write(lambda: given.append(execute(cursor, sql, params)), lambda: None)
            if life.dead:
                raise Killed
            return given[0]

        monkeypatch.setattr(BaseDatabaseWrapper, "commit", commit_or_die)
        monkeypatch.setattr(CursorWrapper, "execute", execute_or_die)

    @contextmanager
    def ends_at(self, number: int, *, after: bool) -> Iterator[None]:
        """The process dies at that write of what follows, if it gets so far; afterwards there is another one."""
        self.writes, self.dead, self._at, self._after = 0, False, number, after
        try:
            yield
        except Killed:
            pass
        finally:
            self._at = None

    def revive(self) -> bool:
        """Another process begins. Gives whether this one had died."""
        died, self.dead, self._at = self.dead, False, None
        return died

    def _write(self, write: Callable[[], None], undo: Callable[[], None]) -> None:
        if self.dead:
            undo()
            return
        self.writes += 1
        if self.writes != self._at:
            write()
            return
        self.dead = True
        (write if self._after else undo)()
        for loop in list(live._by_loop):
            if loop.is_running():
                loop.call_soon_threadsafe(loop.stop)


def time_passes() -> None:
    """Leases run out, waits are over, and the sweepers look for what was left lying: nobody should wait for that."""
    now = timezone.now()
    long_ago = now - timedelta(minutes=3)
    with unscoped():
        Job.objects.filter(state="running").update(lease_until=now)
        Job.objects.filter(state="queued").update(run_after=None)
        Run.objects.filter(state="running").update(lease_until=now)
        Run.objects.filter(state="queued").update(created_at=long_ago)
        Arrival.objects.filter(state="received").update(created_at=long_ago)
        Delivery.objects.filter(state="sending").update(lease_until=now)
        Delivery.objects.filter(state__in=Delivery.OPEN).update(not_before=None, updated_at=long_ago)
    jobs.sweep()
    runs.recover()
    channel_jobs.sweep()


def due() -> list[int]:
    """Jobs that a worker could take now, oldest first."""
    now = timezone.now()
    with unscoped():
        rows = Job.objects.filter(state__in=["queued", "running"]).order_by("pk")
        waiting = [row for row in rows if row.state == "queued" and (row.run_after is None or row.run_after <= now)]
        orphans = [row for row in rows if row.state == "running" and row.lease_until and row.lease_until < now]
        return [row.pk for row in (*waiting, *orphans)]


def drain() -> None:
    """Work, wait for whatever is late, and work again, until nothing is left."""
    for _round in range(40):
        while ready := due():
            for job_id in ready:
                jobs.run(job_id)
        with unscoped():
            left = Job.objects.filter(state__in=["queued", "running"]).exists()
            if not left and not Run.objects.filter(state__in=Run.OPEN).exists():
                return
        time_passes()
    raise AssertionError("It never ends.")
