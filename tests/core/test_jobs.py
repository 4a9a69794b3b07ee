"""Jobs: the row is the truth. A killed worker, a lost ring or a second worker lose and double nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from frontdesk.core import jobs
from frontdesk.core.jobs import Again, JobFailed, Work, cancel, enqueue, job, run, sweep
from frontdesk.core.models import Job

pytestmark = pytest.mark.django_db(transaction=True)
done: list[str] = []


@pytest.fixture(autouse=True)
def _clean() -> None:
    done.clear()


@job("test.note", lease=30, max_attempts=3)
def note(work: Work, *, word: str) -> str:
    done.append(word)
    work.progress(1, 2, "half")
    return word.upper()


@job("test.stumble", lease=30, max_attempts=2)
def stumble(work: Work) -> None:
    done.append("tried")
    raise RuntimeError("stumbled")


@job("test.refuse", lease=30)
def refuse(work: Work) -> None:
    raise JobFailed("This file is empty.")


@job("test.later", lease=30, max_attempts=1)
def later(work: Work) -> None:
    done.append("asked")
    raise Again(after=60)


@job("test.stopped", lease=30)
def stopped(work: Work) -> None:
    cancel(work.row)
    work.checkpoint()
    done.append("never")


def state(row: Job) -> str:
    row.refresh_from_db()
    return row.state


def test_a_job_runs_once_and_keeps_its_result_and_progress() -> None:
    row = enqueue("test.note", word="tea")
    run(row.pk)
    run(row.pk)
    assert (state(row), row.result, row.done, row.total, row.note) == ("done", "TEA", 1, 2, "half")
    assert done == ["tea"]


def test_a_failing_job_is_tried_again_and_then_fails_with_its_reason() -> None:
    row = enqueue("test.stumble")
    run(row.pk)
    assert state(row) == "queued"
    assert row.run_after > timezone.now()
    Job.objects.filter(pk=row.pk).update(run_after=None)
    run(row.pk)
    assert state(row) == "failed"
    assert row.error == "RuntimeError: stumbled"
    assert done == ["tried", "tried"]


def test_a_refusal_is_final_and_in_words() -> None:
    row = enqueue("test.refuse")
    run(row.pk)
    assert (state(row), row.error) == ("failed", "This file is empty.")


def test_again_does_not_count_as_an_attempt() -> None:
    row = enqueue("test.later")
    run(row.pk)
    assert (state(row), row.attempts) == ("queued", 0)


def test_a_running_job_stops_at_its_checkpoint_and_a_waiting_one_at_once() -> None:
    running = enqueue("test.stopped")
    run(running.pk)
    waiting = enqueue("test.note", word="no")
    cancel(waiting)
    run(waiting.pk)
    assert (state(running), state(waiting), done) == ("cancelled", "cancelled", [])


def test_one_unfinished_job_a_key() -> None:
    first = enqueue("test.note", key="source:1", word="a")
    assert enqueue("test.note", key="source:1", word="b").pk == first.pk
    run(first.pk)
    assert enqueue("test.note", key="source:1", word="c").pk != first.pk


def test_the_job_of_a_dead_worker_is_done_by_another() -> None:
    row = enqueue("test.note", word="saved")
    dead = timezone.now() - timedelta(seconds=1)
    Job.objects.filter(pk=row.pk).update(state="running", attempts=1, lease_until=dead)
    run(row.pk)
    assert (state(row), row.attempts, done) == ("done", 2, ["saved"])


def test_a_job_with_a_live_lease_is_left_alone() -> None:
    row = enqueue("test.note", word="mine")
    Job.objects.filter(pk=row.pk).update(state="running", attempts=1, lease_until=timezone.now() + timedelta(seconds=20))
    run(row.pk)
    assert (state(row), done) == ("running", [])


def test_the_sweeper_rings_for_what_is_due_and_nobody_has(monkeypatch) -> None:
    rung: list[int] = []
    monkeypatch.setattr(jobs, "_ring", lambda job_id, after=0.0: rung.append(job_id))
    long_ago = timezone.now() - timedelta(minutes=5)
    lost, dead, fresh, future, live = (enqueue("test.note", word=word) for word in ("lost", "dead", "fresh", "future", "live"))
    rung.clear()
    Job.objects.filter(pk=lost.pk).update(updated_at=long_ago)
    Job.objects.filter(pk=dead.pk).update(state="running", attempts=1, lease_until=long_ago)
    Job.objects.filter(pk=future.pk).update(updated_at=long_ago, run_after=timezone.now() + timedelta(hours=1))
    Job.objects.filter(pk=live.pk).update(state="running", attempts=1, lease_until=timezone.now() + timedelta(minutes=1))
    assert sweep() == 2
    assert rung == [lost.pk, dead.pk]
    assert sweep() == 1, "what was rung for just now is not rung for again; a dead worker's is"


def test_a_job_that_kills_every_worker_ends() -> None:
    row = enqueue("test.note", word="poison")
    Job.objects.filter(pk=row.pk).update(state="running", attempts=3, lease_until=timezone.now() - timedelta(seconds=1))
    sweep()
    assert state(row) == "failed"
    assert "stopped each time" in row.error


def test_a_worker_that_lost_its_lease_changes_nothing_any_more() -> None:
    row = enqueue("test.note", word="slow")
    Job.objects.filter(pk=row.pk).update(state="running", attempts=1)
    row.refresh_from_db()
    late = Work(row, jobs.KINDS["test.note"])
    Job.objects.filter(pk=row.pk).update(attempts=2)
    assert late.cancelled()
    jobs._finish(row, Job.State.DONE)
    assert state(row) == "running"
