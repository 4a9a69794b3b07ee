"""The one transaction that ends a run: the answer, the journal, the credits and the usage, or none of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction

from frontdesk.billing import actions as billing
from frontdesk.billing import prices
from frontdesk.conversations import actions as conversations
from frontdesk.conversations.models import Conversation
from frontdesk.core.events import emit
from frontdesk.core.scoping import scope
from frontdesk.knowledge import actions as knowledge
from frontdesk.providers.calls import Call

from . import approvals, journal
from .actions import is_taken_over, lock_conversation, open_next, reference
from .approvals import Pause
from .events import CANCELLED, RunEvent
from .models import Run
from .signals import ended


class AlreadyEnded(Exception):
    """Somebody else ended this run: its lease had run out."""


@dataclass(frozen=True, slots=True)
class Ending:
    """What there is to write: events that followers have seen `before`, and those to show once they are written.

    `answer` is the data of `message.completed`; its `message` id is filled in here. `pause` is what a person must decide.
    """

    before: Sequence[RunEvent]
    events: list[RunEvent]
    answer: dict[str, Any] | None
    calls: Sequence[Call]
    cause: str
    pause: Pause | None = None


@dataclass(frozen=True, slots=True)
class Committed:
    """The events to show, and the run that answers what the customer wrote meanwhile, if anything."""

    events: list[RunEvent]
    next_run: Run | None


@transaction.atomic
def commit(run: Run, ending: Ending) -> Committed:
    """Write how a run ended. Who answers is looked up again under the conversation's lock: when a person does, nothing is sent.

    Raises AlreadyEnded, and leaves nothing behind, when the run is no longer this process's.
    """
    with scope(workspace=run.workspace):
        conversation = lock_conversation(run)
        if conversation is not None and is_taken_over(run, conversation):
            ending = _withdrawn(ending)
        message = uuid4()
        if conversation is not None and ending.answer is not None:
            ending.answer["message"] = str(message)
        if not journal.end(run, [*ending.before, *ending.events], cause=ending.cause):
            raise AlreadyEnded
        if conversation is not None and ending.answer is not None:
            _save_message(run, conversation, ending.answer, message)
        if conversation is not None and ending.pause is not None:
            approvals.record(run, conversation, ending.pause)
        _settle(run, ending)
        emit(run.workspace.uuid, "run.ended", run=str(run.uuid), cause=ending.cause)
        ended.send(Run, run=run, conversation=conversation, how=ending.events[-1].type)
        return Committed(ending.events, open_next(run, conversation) if conversation is not None else None)


def _withdrawn(ending: Ending) -> Ending:
    """Instead of whatever the ending would have been. What followers saw of the answer stays in the journal alone."""
    first = ending.events[0]
    return replace(ending, events=[RunEvent(first.run_id, first.seq, CANCELLED, {"taken_over": True})], answer=None, pause=None)


def _save_message(run: Run, conversation: Conversation, answer: dict[str, Any], uuid: UUID) -> None:
    conversations.save_answer(
        conversation,
        uuid=uuid,
        question=run.question,
        run_uuid=run.uuid,
        text=answer["text"],
        sources=answer["sources"],
        metadata={"stopped": True} if answer["stopped"] else {},
    )
    if not run.test and answer["sources"]:
        knowledge.note_used({source["source_id"] for source in answer["sources"]})


def _settle(run: Run, ending: Ending) -> None:
    for call in ending.calls:
        billing.record_usage(
            run.workspace,
            user=run.user,
            actor=run.actor,
            purpose="trial" if run.test else "answer",
            reference=reference(run),
            **call.as_usage(),
        )
    if not run.test:
        spent = sum(call.cost_usd for call in ending.calls)
        billing.settle(run.workspace, reference(run), prices.credits_for(spent) if ending.answer or spent else 0)
