"""The one transaction that ends a run: the answer, the journal, the credits and the usage, or none of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from frontdesk.billing import actions as billing
from frontdesk.billing import prices
from frontdesk.conversations import actions as conversations
from frontdesk.core.events import emit
from frontdesk.core.scoping import scope
from frontdesk.knowledge import actions as knowledge
from frontdesk.providers.calls import Call

from . import journal
from .actions import open_next, reference
from .events import RunEvent
from .models import Run


class AlreadyEnded(Exception):
    """Somebody else ended this run: its lease had run out."""


@dataclass(frozen=True, slots=True)
class Ending:
    """What there is to write. `answer` is the data of `message.completed`; its `message` id is filled in here."""

    events: Sequence[RunEvent]
    answer: dict[str, Any] | None
    calls: Sequence[Call]
    cause: str


@transaction.atomic
def commit(run: Run, ending: Ending) -> Run | None:
    """Gives the run that answers what the customer wrote meanwhile, if anything.

    Raises AlreadyEnded, and leaves nothing behind, when the run is no longer this process's.
    """
    with scope(workspace=run.workspace):
        if ending.answer is not None and run.conversation_id:
            ending.answer["message"] = str(_save_message(run, ending.answer))
        if not journal.end(run, ending.events, cause=ending.cause):
            raise AlreadyEnded
        _settle(run, ending)
        emit(run.workspace.uuid, "run.ended", run=str(run.uuid), cause=ending.cause)
        return open_next(run) if run.conversation_id else None


def _save_message(run: Run, answer: dict[str, Any]) -> Any:
    message = conversations.save_answer(
        run.conversation,
        question=run.question,
        run_uuid=run.uuid,
        text=answer["text"],
        sources=answer["sources"],
        metadata={"stopped": True} if answer["stopped"] else {},
    )
    if not run.test:
        knowledge.note_used({source["source_id"] for source in answer["sources"]})
    return message.uuid


def _settle(run: Run, ending: Ending) -> None:
    for call in ending.calls:
        billing.record_usage(
            run.workspace,
            user=run.user,
            actor=run.actor,
            purpose="trial" if run.test else "answer",
            reference=reference(run),
            provider=call.provider,
            model=call.model,
            shared_key=call.shared,
            usage=call.usage,
            cost_usd=call.cost_usd,
            succeeded=not call.problem,
        )
    if not run.test:
        spent = sum(call.cost_usd for call in ending.calls)
        billing.settle(run.workspace, reference(run), prices.credits_for(spent) if ending.answer or spent else 0)
