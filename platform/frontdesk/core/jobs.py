"""Background work: a row with a lease is the truth, Huey only rings the bell (`core.bell`).

    @job("knowledge.ingest", lease=60)
    def ingest(work: Work, *, source_id: int) -> None: ...

    enqueue("knowledge.ingest", workspace=workspace, source_id=7)      # inside the caller's transaction

A worker that is killed leaves its lease to run out; the sweeper rings again, so a job may run twice and must not mind.
Raise `Again(after=…)` to be called later, `JobFailed(sentence)` to end for good; any other error is retried with back-off.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

from django.db import IntegrityError, models, transaction
from django.utils import timezone

from . import leases
from .models import Job
from .prepared import Change, prepared, prepared_change
from .saving import insert_all
from .scoping import scope, unscoped

logger = logging.getLogger(__name__)


class JobFailed(Exception):
    """The job cannot succeed; the text is for the owner."""


class JobCancelled(Exception):
    """Raised inside a job at the first `work.checkpoint()` after somebody asked it to stop."""


class Again(Exception):
    """Run this job again after so many seconds; does not count as a failure."""

    def __init__(self, after: float) -> None:
        super().__init__(f"again in {after} s")
        self.after = after


@dataclass(frozen=True, slots=True)
class Kind:
    name: str
    function: Callable[..., Any]
    lease: float
    max_attempts: int


KINDS: dict[str, Kind] = {}
# What this process works on: the attempt of each job's id.
_in_hand: dict[int, int] = {}


def job(name: str, *, lease: float = 30.0, max_attempts: int = 5) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register a function as a kind of job. `lease` in seconds: how long a dead worker goes unnoticed."""

    def register(function: Callable[..., Any]) -> Callable[..., Any]:
        KINDS[name] = Kind(name, function, lease, max_attempts)
        return function

    return register


def enqueue(kind: str, *, workspace: Any = None, key: str = "", after: float = 0.0, **arguments: Any) -> Job:
    """Write a job row and ring the bell at commit. With a `key`, an unfinished job of that key is given instead."""
    run_after = timezone.now() + timedelta(seconds=after) if after else None
    try:
        with transaction.atomic(savepoint=bool(key)):
            row = Job.objects.create(
                kind=kind,
                workspace=workspace,
                key=key,
                arguments=arguments,
                run_after=run_after,
                max_attempts=KINDS[kind].max_attempts,
            )
    except IntegrityError:
        row = Job.objects.filter(kind=kind, key=key, state__in=[Job.State.QUEUED, Job.State.RUNNING]).first()
        return row or enqueue(kind, workspace=workspace, key=key, after=after, **arguments)
    transaction.on_commit(lambda: _ring(row.pk, after))
    return row


def enqueue_all(kind: str, wanted: Sequence[tuple[Any, str, dict[str, Any]]]) -> None:
    """Many rows at once: (workspace, key, arguments) each. Raises IntegrityError when one has an unfinished job's key."""
    most = KINDS[kind].max_attempts
    rows = [
        Job(kind=kind, workspace=workspace, key=key, arguments=arguments, max_attempts=most)
        for workspace, key, arguments in wanted
    ]
    insert_all(rows)
    transaction.on_commit(lambda: [_ring(row.pk) for row in rows])


def cancel(row: Job) -> None:
    """Ask a job to stop. One that has not begun ends at once, a running one at its next checkpoint."""
    Job.objects.filter(pk=row.pk).update(cancel_requested=True)
    Job.objects.filter(pk=row.pk, state=Job.State.QUEUED).update(state=Job.State.CANCELLED, finished_at=timezone.now())


def retry(row: Job) -> bool:
    """Begin a job once more that failed or was stopped. False for any other, and when an unfinished one has its key."""
    fresh = {"attempts": 0, "cancel_requested": False, "run_after": None, "error": "", "finished_at": None}
    ended = Job.objects.filter(pk=row.pk, state__in=[Job.State.FAILED, Job.State.CANCELLED])
    try:
        with transaction.atomic():
            changed = ended.update(state=Job.State.QUEUED, updated_at=timezone.now(), **fresh)
    except IntegrityError:
        return False
    if changed:
        transaction.on_commit(lambda: _ring(row.pk))
    return bool(changed)


class Work:
    """What a running job sees of its row."""

    def __init__(self, row: Job, kind: Kind) -> None:
        self.row = row
        self.kind = kind

    @property
    def last_attempt(self) -> bool:
        return self.row.attempts >= self.row.max_attempts

    def progress(self, done: int, total: int, note: str = "") -> None:
        """Say how far it is; also a checkpoint."""
        Job.objects.filter(pk=self.row.pk).update(done=done, total=total, note=note[:300])
        self.checkpoint()

    def cancelled(self) -> bool:
        """Whether somebody asked to stop, or another worker took the job over."""
        now = Job.objects.filter(pk=self.row.pk).values_list("cancel_requested", "attempts", "state").first()
        return now is None or now[0] or now[1] != self.row.attempts or now[2] != Job.State.RUNNING

    def checkpoint(self) -> None:
        if self.cancelled():
            raise JobCancelled


def run(job_id: int) -> None:
    """Do a job if it is due and nobody has it. Called by the worker, and by tests directly."""
    row = _claim(job_id)
    if row is None:
        return
    kind = KINDS[row.kind]
    work = Work(row, kind)
    _in_hand[row.pk] = row.attempts
    leases.hold(("job", row.pk), kind.lease, partial(_extend, row.pk, row.attempts, kind.lease))
    try:
        with scope(workspace=row.workspace) if row.workspace_id else unscoped():
            result = kind.function(work, **row.arguments)
        _finish(row, Job.State.DONE, result=result)
    except JobCancelled:
        _finish(row, Job.State.CANCELLED)
    except Again as again:
        _requeue(row, again.after, attempts=row.attempts - 1)
    except JobFailed as failed:
        _finish(row, Job.State.FAILED, error=str(failed))
    except Exception as error:
        logger.exception("job %s failed", row)
        if work.last_attempt:
            _finish(row, Job.State.FAILED, error=f"{type(error).__name__}: {error}")
        else:
            _requeue(row, min(300.0, 2.0**row.attempts) * random.uniform(0.7, 1.3), error=f"{type(error).__name__}: {error}")  # noqa: S311
    finally:
        leases.let_go(("job", row.pk))
        _in_hand.pop(row.pk, None)


def sweep() -> int:
    """Ring again for whatever is due and has no live lease; gives how many. Ends jobs whose attempts are used up."""
    now = timezone.now()
    expired = models.Q(state=Job.State.RUNNING, lease_until__lt=now)
    exhausted = Job.objects.filter(expired, attempts__gte=models.F("max_attempts"))
    exhausted.update(state=Job.State.FAILED, finished_at=now, error="The worker stopped each time while doing this.")
    due = models.Q(state=Job.State.QUEUED) & (models.Q(run_after__isnull=True) | models.Q(run_after__lte=now))
    waiting = Job.objects.filter(expired | (due & models.Q(updated_at__lt=now - timedelta(seconds=2))))
    ids = list(waiting.order_by("id").values_list("id", flat=True)[:500])
    Job.objects.filter(pk__in=ids, state=Job.State.QUEUED).update(updated_at=now)
    for job_id in ids:
        _ring(job_id)
    return len(ids)


def put_back() -> int:
    """This process ends now: what it has in hand is another's at once. Gives how many.

    The attempt stays counted, so that what this process may still write finds the row changed, and one more is allowed.
    """
    given, running = 0, Job.objects.filter(state=Job.State.RUNNING)
    for pk, attempts in _in_hand.copy().items():
        back = {"state": Job.State.QUEUED, "lease_until": None, "max_attempts": models.F("max_attempts") + 1}
        if running.filter(pk=pk, attempts=attempts).update(**back, updated_at=timezone.now()):
            _ring(pk)
            given += 1
    return given


@prepared
def _row(pk: Any) -> models.QuerySet[Job]:
    return Job.objects.select_related("workspace").filter(pk=pk)


def _claim(job_id: int) -> Job | None:
    """Read, and take it only as it was read: of several workers one changes the row."""
    now = timezone.now()
    row = _row.first(job_id)
    if row is None or row.kind not in KINDS:
        return None
    due = row.state == Job.State.QUEUED and (row.run_after is None or row.run_after <= now)
    orphaned = row.state == Job.State.RUNNING and row.lease_until is not None and row.lease_until < now
    if not (due or orphaned) or row.attempts >= row.max_attempts:
        return None
    seen = (row.state, row.attempts, row.run_after, row.lease_until)
    row.state, row.attempts, row.started_at = Job.State.RUNNING, row.attempts + 1, row.started_at or now
    row.lease_until = now + timedelta(seconds=KINDS[row.kind].lease)
    return row if _taken(row.pk, *seen, row.attempts, row.started_at, row.lease_until, now) else None


@prepared_change
def _taken(
    pk: Any, state: Any, attempts: Any, run_after: Any, lease: Any, attempt: Any, started_at: Any, lease_until: Any, now: Any
) -> Change:
    as_seen = Job.objects.filter(pk=pk, state=state, attempts=attempts, run_after__same=run_after, lease_until__same=lease)
    fields = {"attempts": attempt, "started_at": started_at, "lease_until": lease_until, "updated_at": now}
    return Change(as_seen, state=Job.State.RUNNING, **fields)


def _extend(pk: int, attempts: int, seconds: float) -> None:
    row = Job.objects.filter(pk=pk, state=Job.State.RUNNING, attempts=attempts)
    row.update(lease_until=timezone.now() + timedelta(seconds=seconds))


def _finish(row: Job, state: str, *, result: Any = None, error: str = "") -> None:
    _ended(row.pk, row.attempts, state, result, error, timezone.now())


@prepared_change
def _ended(pk: Any, attempts: Any, state: Any, result: Any, error: Any, now: Any) -> Change:
    mine = Job.objects.filter(pk=pk, attempts=attempts, state=Job.State.RUNNING)
    return Change(mine, state=state, result=result, error=error, lease_until=None, finished_at=now, updated_at=now)


def _requeue(row: Job, after: float, *, attempts: int | None = None, error: str = "") -> None:
    changes: dict[str, Any] = {
        "state": Job.State.QUEUED,
        "lease_until": None,
        "run_after": timezone.now() + timedelta(seconds=after),
        "error": error,
        "updated_at": timezone.now(),
    }
    if attempts is not None:
        changes["attempts"] = attempts
    Job.objects.filter(pk=row.pk, attempts=row.attempts, state=Job.State.RUNNING).update(**changes)
    _ring(row.pk, after)


def _ring(job_id: int, after: float = 0.0) -> None:
    from .bell import ring

    ring(job_id, after)
