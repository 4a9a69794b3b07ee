"""What beginning and ending a run may ask of the database: hundreds of them share one process and one interpreter lock."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from frontdesk.providers.calls import Call
from frontdesk.runs import endings, journal
from frontdesk.runs.events import COMPLETED, MESSAGE, RunEvent
from frontdesk.runs.models import Run
from frontdesk.sdk.values import Usage

pytestmark = pytest.mark.django_db(transaction=True)


class Counted(CaptureQueriesContext):
    def __init__(self) -> None:
        super().__init__(connection)

    @property
    def statements(self) -> list[str]:
        return [query["sql"] for query in self.captured_queries if not query["sql"].startswith(("BEGIN", "COMMIT"))]


def ended(run: Run) -> endings.Ending:
    answer = {"message": None, "text": "From eight.", "sources": [{"source_id": 1}], "stopped": False}
    events = [RunEvent(str(run.uuid), 1, MESSAGE, answer), RunEvent(str(run.uuid), 2, COMPLETED, {})]
    call = Call("scripted", "scripted", True, Usage(1, 1), 0.0)
    return endings.Ending(before=[], events=events, answer=answer, calls=[call], cause="")


def test_a_run_from_its_question_to_its_answer(ask: Any) -> None:
    known = ask("First?").turn
    endings.commit(journal.claim(Run.objects.get().pk, "us"), ended(Run.objects.get()))
    with Counted() as first:
        ask("A new conversation?")
    with Counted() as next_one:
        taken = ask("The same one?", conversation=known.conversation.uuid, external_id="m-1")
    with Counted() as claim:
        run = journal.claim(taken.run.pk, "us")
    with Counted() as commit:
        endings.commit(run, ended(run))
    counts = [len(counted.statements) for counted in (first, next_one, claim, commit)]
    assert counts == [8, 11, 2, 12], "\n".join([*first.statements, "", *next_one.statements, "", *commit.statements])
