"""What the answer to one message costs the database: an upper bound for each of its jobs, so that it does not creep up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from django.db.backends.utils import CursorWrapper

from frontdesk.core import jobs
from frontdesk.core.models import Job
from frontdesk.sdk.testing.scripted import Say
from tests.channels.place import message, post

pytestmark = pytest.mark.django_db(transaction=True)
# With room for the keepers, which add one or two on a busy machine.
MOST = {"channels.receive": 36, "runs.execute": 30, "channels.deliver": 10}


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Iterator[Counter[str]]:
    """Statements of all threads, by the kind of the job at hand; `now` names it. Sweepers and observers may add one or two."""
    found: Counter[str] = Counter()
    run, execute, now = jobs.run, CursorWrapper.execute, [""]

    def named(job_id: int) -> None:
        now[0] = Job.objects.get(pk=job_id).kind
        run(job_id)
        now[0] = ""

    def count(cursor: CursorWrapper, sql: Any, params: Any = None) -> Any:
        found[now[0]] += 1
        return execute(cursor, sql, params)

    monkeypatch.setattr(CursorWrapper, "execute", count)
    monkeypatch.setattr(jobs, "run", named)
    return found


def test_statements_of_an_answer(address, scripted, place, work, counted) -> None:
    for number, text in enumerate(["Hello", "Thanks"]):
        scripted.play(Say("You are welcome."))
        counted.clear()
        assert post(address, message(text, number)).status_code == 200
        work()
        assert len(place.got) == number + 1
        assert {kind: counted[kind] for kind in MOST if counted[kind] > MOST[kind]} == {}, "the whole count is the message"
        assert set(MOST) <= set(counted)
