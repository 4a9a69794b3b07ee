"""What the evaluators of plugins think of an answer, read from the journal of its run."""

from __future__ import annotations

from asgiref.sync import async_to_sync
from django.utils.translation import get_language

from frontdesk.evals.judging import Judgement, judge
from frontdesk.knowledge import queries as knowledge
from frontdesk.runs import events as kinds
from frontdesk.runs import journal
from frontdesk.runs.models import Run
from frontdesk.sdk.evaluators import Exchange
from frontdesk.sdk.values import Passage


def checks(run: Run) -> list[Judgement]:
    """Verdicts that say something: a check that has nothing to look at is left out. Empty before there is an answer."""
    events = journal.read(run)
    answer = next((event.data for event in reversed(events) if event.type == kinds.MESSAGE), None)
    if answer is None:
        return []
    found = next((event.data for event in reversed(events) if event.type == kinds.SOURCES), {})
    exchange = Exchange(
        question=run.task.get("question", ""),
        answer=answer["text"],
        passages=_passages({item["passage_id"] for item in [*found.get("items", []), *answer["sources"]]}),
        seconds=(run.ended_at - run.started_at).total_seconds() if run.ended_at and run.started_at else 0.0,
    )
    judged = async_to_sync(judge)(run.workspace, exchange, language=get_language() or "")
    return [item for item in judged if item.verdict is None or item.verdict.passed is not None]


def _passages(ids: set[int]) -> list[Passage]:
    """As they are now: an answer is judged by what the knowledge says today."""
    return [
        Passage(
            id=row.pk, text=row.text, title=row.title, score=0.0,
            source_id=row.source_id, source_name=row.source.name, url=row.source.url,
        )
        for row in knowledge.passages_by_id(sorted(ids))
    ]  # fmt: skip
