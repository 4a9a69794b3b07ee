"""The durable side of a run: its row and the events written so far. Synchronous; called in threads."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import orjson
from django.conf import settings
from django.db import connection, transaction
from django.db.models import Max, QuerySet
from django.utils import timezone

from frontdesk.core.prepared import Change, prepared, prepared_change
from frontdesk.core.scoping import unscoped

from .events import CANCELLED, COMPLETED, FAILED, PAUSED, STARTED, TEXT, RunEvent
from .models import JournalSegment, Run

LEASE = timedelta(seconds=15)


# One statement and one parameter: while this is prepared, no event loop moves (the interpreter has one lock), so a hundred
# live runs must not cost a hundred rows of Python. The share lock waits for, and holds off, whoever takes a run over; rows are
# locked in the order of their ids here and in `extend_leases`, or the two would wait for each other.
WRITE = """
WITH new AS (
    SELECT (row ->> 0)::bigint AS run_id, (row ->> 1)::int AS first_seq, (row ->> 2)::int AS last_seq, row -> 3 AS events
    FROM jsonb_array_elements(%s::jsonb) AS row
), mine AS (
    SELECT id FROM runs_run WHERE id IN (SELECT run_id FROM new) AND owner = %s ORDER BY id FOR SHARE
)
INSERT INTO runs_journalsegment (run_id, first_seq, last_seq, events)
SELECT new.* FROM new JOIN mine ON mine.id = new.run_id
"""


def write_many(batches: Sequence[tuple[int, Sequence[RunEvent]]], owner: str) -> None:
    """Append events of several runs, pairs of (run id, events in order); of those only that are still this process's."""
    rows = [
        (run_id, events[0].seq, events[-1].seq, [(event.seq, event.type, event.data) for event in events])
        for run_id, events in batches
    ]
    with connection.cursor() as cursor:
        cursor.execute(WRITE, [orjson.dumps(rows).decode(), owner])


def _segment(run_id: int, events: Sequence[RunEvent]) -> JournalSegment:
    rows = [[event.seq, event.type, event.data] for event in events]
    return JournalSegment(run_id=run_id, first_seq=events[0].seq, last_seq=events[-1].seq, events=rows)


def read(run: Run, after: int = 0) -> list[RunEvent]:
    """The events that are written, after that number, in order and without gaps."""
    found: list[RunEvent] = []
    for segment in JournalSegment.objects.filter(run_id=run.pk, last_seq__gt=after).order_by("first_seq"):
        found += [RunEvent(str(run.uuid), seq, type, data) for seq, type, data in segment.events if seq > after]
    return found


def find(run_uuid: Any) -> Run | None:
    """A run by its uuid, in whichever workspace: the caller has checked who may see it."""
    with unscoped():
        return Run.objects.select_related("workspace").filter(uuid=run_uuid).first()


@transaction.atomic
def begin(run_id: int, owner: str) -> tuple[Run, list[RunEvent]] | None:
    """Claim a run to answer it, and write that it begins, which may then be shown. None where `claim` gives None.

    Nothing is written of one that shall stop before it began.
    """
    run = claim(run_id, owner)
    if run is None:
        return None
    if run.cancel_requested:
        return run, []
    conversation = str(run.conversation.uuid) if run.conversation is not None else None
    told = {"agent": run.task["content"]["name"], "conversation": conversation, "attempt": run.attempts}
    events = [RunEvent(str(run.uuid), run.last_seq + 1, STARTED, told)]
    _segment(run.pk, events).save(force_insert=True)
    return run, events


@transaction.atomic(savepoint=False)
def claim(run_id: int, owner: str, *, to_end: bool = False) -> Run | None:
    """Take a run to work on it: one that waits, or one whose process is gone. None when somebody else has it or it is over.

    One that was in the middle of a sentence can only be taken `to_end` it: its words cannot be taken back.
    The deadline counts from here: a question that only waits for its turn misses none.
    """
    with unscoped():
        run, now = _open.first(run_id), timezone.now()
        if run is None or (run.lease_until is not None and run.lease_until > now):
            return None
        if run.attempts and not to_end and has_spoken(read(run)):
            return None
        run.state, run.owner, run.last_seq = Run.State.RUNNING, owner, _last_seq(run_id) if run.attempts else 0
        run.attempts += 1
        run.started_at = run.started_at or now
        run.lease_until, run.deadline_at = now + LEASE, now + timedelta(seconds=settings.RUN_DEADLINE_SECONDS)
        times = ["started_at", "lease_until", "deadline_at", "updated_at"]
        run.save(update_fields=["state", "owner", "last_seq", "attempts", *times])
        return run


@prepared
def _open(pk: Any) -> QuerySet[Run]:
    rows = Run.objects.select_for_update(of=("self",)).select_related("workspace", "user", "conversation__workspace", "question")
    return rows.filter(pk=pk, state__in=Run.OPEN)


def has_spoken(events: Sequence[RunEvent]) -> bool:
    return any(event.type == TEXT for event in events)


def _last_seq(run_id: int) -> int:
    """Where the journal ends."""
    return JournalSegment.objects.filter(run_id=run_id).aggregate(last=Max("last_seq"))["last"] or 0


@transaction.atomic
def extend_leases(run_ids: Sequence[int], owner: str) -> dict[int, bool]:
    """Say that this process still works on these. Gives those that are still its own, each with whether it shall be cancelled."""
    with unscoped():
        mine = Run.objects.filter(pk__in=run_ids, owner=owner, state=Run.State.RUNNING)
        locked = dict(mine.select_for_update(of=("self",)).order_by("pk").values_list("pk", "cancel_requested"))
        Run.objects.filter(pk__in=locked).update(lease_until=timezone.now() + LEASE)
        return locked


def let_go(run_ids: Sequence[int], owner: str) -> None:
    """Say that this process works on these no more."""
    with unscoped():
        Run.objects.filter(pk__in=run_ids, owner=owner, state=Run.State.RUNNING).update(lease_until=timezone.now())


def end(run: Run, events: Sequence[RunEvent], *, cause: str = "") -> bool:
    """Write the last events and the state they mean; call inside a transaction. False when the run was ended by somebody else."""
    state = ENDINGS_STATE[events[-1].type]
    changed = _ended(run.pk, run.owner, state, events[-1].seq, cause[:500], timezone.now())
    if changed:
        _segment(run.pk, events).save(force_insert=True)
    return bool(changed)


@prepared_change
def _ended(pk: Any, owner: Any, state: Any, last_seq: Any, cause: Any, now: Any) -> Change:
    mine = Run.objects.filter(pk=pk, owner=owner, state=Run.State.RUNNING)
    fields = {"last_seq": last_seq, "cause": cause, "lease_until": None, "ended_at": now, "updated_at": now}
    return Change(mine, state=state, **fields)


ENDINGS_STATE = {
    COMPLETED: Run.State.COMPLETED,
    PAUSED: Run.State.PAUSED,
    FAILED: Run.State.FAILED,
    CANCELLED: Run.State.CANCELLED,
}
