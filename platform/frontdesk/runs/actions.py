"""Opening, cancelling and recovering runs. What a run does while it is open is in `engine`."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from frontdesk.agents.content import AgentContent
from frontdesk.billing import actions as billing
from frontdesk.conversations import queries as conversation_queries
from frontdesk.conversations.actions import Turn
from frontdesk.conversations.models import Conversation
from frontdesk.core.jobs import enqueue
from frontdesk.core.scoping import scope, unscoped
from frontdesk.workspaces.permissions import Actor

from . import journal
from .errors import PersonAnswers, RunInProgress
from .events import FAILED, TEXT, USAGE, RunEvent
from .models import Run
from .task import HistoryMessage, Task

# Held when a run opens, settled to its real cost when it ends.
HOLD_CREDITS = 5
MAX_ATTEMPTS = 3


def reference(run: Run) -> str:
    """How the ledger and usage name a run."""
    return f"run:{run.uuid}"


@transaction.atomic
def open_run(actor: Actor, turn: Turn, content: AgentContent, *, test: bool = False) -> Run:
    """Open the run that answers a turn. The same turn gives the same run.

    Raises RunInProgress, PersonAnswers, or PaymentRequired; nothing is held then.
    """
    conversation = turn.conversation
    known = Run.objects.filter(question=turn.message).order_by("-id").first()
    if known is not None and known.state != Run.State.FAILED:
        return known
    if conversation.status != Conversation.Status.ACTIVE:
        raise PersonAnswers()
    rows = conversation_queries.history(conversation, before=turn.message, limit=content.history_messages)
    task = Task(content=content, question=turn.message.text, history=[HistoryMessage(**row) for row in rows])
    busy = Run.objects.filter(conversation=conversation, state__in=Run.OPEN).first()
    if busy is not None:
        raise RunInProgress(busy.uuid)
    try:
        with transaction.atomic():
            return _create(actor, task, test=test, conversation=conversation, agent_id=conversation.agent_id, question=turn.message)
    except IntegrityError as error:
        busy = Run.objects.filter(conversation=conversation, state__in=Run.OPEN).first()
        if busy is None:
            raise
        raise RunInProgress(busy.uuid) from error


@transaction.atomic
def open_trial(actor: Actor, task: Task, *, agent_id: int | None = None) -> Run:
    """Open a run outside any conversation: the playground, talking to what is on the screen. Costs no credits."""
    return _create(actor, task, test=True, agent_id=agent_id)


def open_single(actor: Actor, task: Task, *, agent_id: int) -> Run:
    """Open a run outside any conversation that is paid for: an OpenAI-compatible completion."""
    with transaction.atomic():
        return _create(actor, task, test=False, agent_id=agent_id)


def _create(actor: Actor, task: Task, *, test: bool, **fields: Any) -> Run:
    run = Run.objects.create(
        workspace=actor.workspace,
        task=task.as_json(),
        test=test,
        actor=actor.name[:200],
        user=actor.user,
        deadline_at=timezone.now() + timedelta(seconds=settings.RUN_DEADLINE_SECONDS),
        **fields,
    )
    if not test:
        billing.hold(actor.workspace, HOLD_CREDITS, reference(run))
    return run


def request_cancel(run: Run) -> None:
    """Note that somebody wants this run to stop; `service.cancel` also tells the process that has it."""
    Run.objects.filter(pk=run.pk, state__in=Run.OPEN).update(cancel_requested=True)


def recover() -> int:
    """Look after runs whose process is gone: take them up again, or end them with a sentence. Gives how many.

    A run that has said nothing yet is done again by a worker; one that was in the middle of a sentence fails, since its
    words cannot be taken back.
    """
    now = timezone.now()
    with unscoped():
        gone = Run.objects.filter(state=Run.State.RUNNING, lease_until__lt=now)
        # A process that died between opening a run and claiming it leaves a waiting one behind.
        lost = Run.objects.filter(state=Run.State.QUEUED, created_at__lt=now - 2 * journal.LEASE)
        runs = [*gone.select_related("workspace")[:100], *lost.select_related("workspace")[:100]]
    for run in runs:
        with scope(workspace=run.workspace):
            _recover_one(run)
    return len(runs)


def _recover_one(run: Run) -> None:
    events = journal.read(run)
    spoke = any(event.type == TEXT for event in events)
    if not spoke and not run.cancel_requested and run.attempts < MAX_ATTEMPTS and run.deadline_at > timezone.now():
        enqueue("runs.execute", workspace=run.workspace, key=str(run.uuid), run_id=run.pk)
        return
    with transaction.atomic():
        claimed = journal.claim(run.pk, "recovery")
        if claimed is None:
            return
        sentence = _("The answer was interrupted. Please send your message again.")
        failed = RunEvent(str(run.uuid), claimed.last_seq + 1, FAILED, {"message": sentence, "code": "INTERRUPTED", "retry": True})
        journal.end(claimed, [failed], cause="The process that was answering stopped.")
        if not run.test:
            spent = sum(event.data.get("cost_usd", 0.0) for event in events if event.type == USAGE)
            billing.settle(run.workspace, reference(run), billing.credits_for(spent) if spoke else 0)
