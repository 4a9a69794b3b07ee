"""Work that is due at times of the clock: once a slot, whoever notices it, and made up for when it was missed."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from django.db import connections

from frontdesk.core import jobs, periodic
from frontdesk.core.models import Job
from frontdesk.core.periodic import PERIODIC, daily, due, every, tick

NOON = datetime(2026, 3, 4, 12, 10, tzinfo=UTC)


@pytest.fixture(autouse=True)
def only_ours(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """One kind of periodic job, which does nothing."""
    monkeypatch.setattr(periodic, "PERIODIC", {})
    monkeypatch.setitem(jobs.KINDS, "tests.nightly", jobs.Kind("tests.nightly", lambda work: None, 30.0, 3))
    periodic.due("tests.nightly", daily(at=2))
    yield


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("slot", "now", "expected"),
    [
        (daily(at=2), "2026-03-04T12:10", "2026-03-04T02:00"),
        (daily(at=2), "2026-03-04T02:00", "2026-03-04T02:00"),
        (daily(at=2), "2026-03-04T01:59", "2026-03-03T02:00"),
        (every(minutes=30), "2026-03-04T12:10", "2026-03-04T12:00"),
        (every(minutes=30), "2026-03-04T12:30", "2026-03-04T12:30"),
        (every(minutes=720), "2026-03-04T11:59", "2026-03-04T00:00"),
    ],
)
def test_the_last_due_time(slot: periodic.Slot, now: str, expected: str) -> None:
    assert slot(at(now)) == at(expected)


def test_the_four_jobs_of_the_support_document_are_due_at_its_times() -> None:
    day = [at(f"2026-03-04T{hour:02}:{minute:02}") for hour in range(24) for minute in (0, 30)]
    times = {
        kind: sorted({each.slot(moment) for moment in day if each.slot(moment) == moment}) for kind, each in PERIODIC.items()
    }
    assert [moment.hour for moment in times["conversations.close_inactive"]] == [2]
    assert [moment.hour for moment in times["insights.count_days"]] == [1]
    assert len(times["runs.catch_up"]) == 48
    assert [moment.hour for moment in times["providers.check"]] == [0, 12]


@pytest.mark.django_db
def test_a_slot_has_one_job_and_the_next_another() -> None:
    assert [row.key for row in tick(NOON)] == ["2026-03-04T02:00:00+00:00"]
    assert tick(NOON) == []
    periodic.PERIODIC["tests.nightly"].seen = None
    assert tick(NOON) == [], "nor from a process that has just started"
    jobs.run(Job.objects.get().pk)
    assert tick(NOON) == []
    assert [row.key for row in tick(at("2026-03-05T02:00"))] == ["2026-03-05T02:00:00+00:00"]


@pytest.mark.django_db
def test_of_several_that_were_missed_the_last_is_made_up_for() -> None:
    tick(NOON)
    jobs.run(Job.objects.get().pk)
    assert [row.key for row in tick(at("2026-03-09T12:00"))] == ["2026-03-09T02:00:00+00:00"]


@pytest.mark.django_db(transaction=True)
def test_of_many_workers_one_begins() -> None:
    def notice(_number: int) -> bool:
        try:
            return periodic._begin("tests.nightly", at("2026-03-04T02:00")) is not None
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as workers:
        assert sum(workers.map(notice, range(16))) == 1
    assert Job.objects.filter(kind="tests.nightly").count() == 1


def test_a_kind_is_registered_once() -> None:
    due("tests.nightly", every(minutes=5))
    assert periodic.PERIODIC["tests.nightly"].slot(NOON).minute == 10
