"""Opening, cancelling and recovering runs. What a run does while it is open is in `engine`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import CharField, Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Cast
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from frontdesk.agents.content import AgentContent
from frontdesk.agents.errors import AgentNotLive
from frontdesk.agents.models import Agent
from frontdesk.billing import actions as billing
from frontdesk.billing import prices
from frontdesk.billing.errors import PaymentRequired
from frontdesk.conversations import queries as conversation_queries
from frontdesk.conversations.actions import Inbound, Turn, receive
from frontdesk.conversations.attachments import on_their_way
from frontdesk.conversations.models import Conversation, Message
from frontdesk.core.events import emit, tell_conversation
from frontdesk.core.jobs import enqueue
from frontdesk.core.models import Job
from frontdesk.core.prepared import prepared
from frontdesk.core.scoping import scope, unscoped
from frontdesk.workspaces.permissions import Actor

from . import handing_over, journal, waiting
from .errors import RunInProgress, RunNotFound
from .events import CANCELLED, FAILED, USAGE, RunEvent
from .handing_over import Reason
from .models import Run
from .signals import ended
from .task import HistoryMessage, Task
from .waiting import Question

MAX_ATTEMPTS = 3
# A question that waited so long is not answered any more but has failed: an answer is not tried any longer either.
LONGEST_WAIT = timedelta(hours=24)


def reference(run: Run) -> str:
    """How the ledger and usage name a run."""
    return f"run:{run.uuid}"


@dataclass(frozen=True, slots=True)
class Taken:
    """A message that was kept. `run` is None when a person answers, or when the message waits: behind the answer in the making,
    or for the rest of the question (`waits`). `told` is what the customer was told at once: that a colleague will answer.
    """

    turn: Turn
    run: Run | None
    told: Message | None = None
    waits: bool = False


@transaction.atomic(savepoint=False)
def take(actor: Actor, agent: Agent, inbound: Inbound, *, queue: bool = False) -> Taken:
    """Keep a customer's message and open the run that answers it, or neither.

    While another message is being answered: waits behind it when `queue`, else raises RunInProgress. With `queue` it may also
    wait for the rest of the question (`waiting`).
    Raises PaymentRequired when no credits are left, AgentNotLive for an agent that customers may not talk to yet.
    """
    if not agent.live or agent.archived_at:
        raise AgentNotLive()
    turn = receive(actor.workspace, agent.pk, inbound)
    if not turn.new:
        known = _answering(turn.message, queue=queue)
        if known is not None or turn.message.replies.filter(author=Message.Author.AI).exists():
            return Taken(turn, known)
    turn.conversation.agent = agent
    content = agent.read_content()
    told = handing_over.before_answering(turn, content) if turn.new else None
    if turn.conversation.status != Conversation.Status.ACTIVE:
        return Taken(turn, None, told or handing_over.left_to_people(turn, content))
    busy = None if turn.begins else _open_run_of(turn.conversation)
    if busy is not None:
        if queue:
            return Taken(turn, None)
        raise RunInProgress(busy)
    if queue and _waits(actor, turn, content, files=bool(inbound.files)):
        return Taken(turn, None, waits=True)
    question = waiting.next_question(turn.conversation) if queue and not turn.begins else None
    if question is None and queue and not turn.begins and on_their_way(waiting.pending(turn.conversation)):
        return Taken(turn, None, waits=True)
    question = question or Question([turn.message])
    return Taken(turn, open_run(actor, turn.conversation, question, content, test=inbound.test, begins=turn.begins))


def _waits(actor: Actor, turn: Turn, content: AgentContent, *, files: bool) -> bool:
    """Whether the answer waits for the rest of the question, for which a moment is set, or for files that are on their way."""
    seconds = waiting.seconds_for(turn.conversation, content)
    if seconds:
        begin_later(actor, turn.message, seconds)
    return bool(seconds) or files


def begin_later(actor: Actor, message: Message, seconds: float, *, key: str = "") -> None:
    """Have a worker begin with an answer when the customer has been quiet for so long."""
    named = {"message_id": message.pk, "actor": actor.name[:200]}
    enqueue("runs.begin", workspace=actor.workspace, key=f"{message.pk}{key}", after=seconds, **named)


def _answering(question: Message, *, queue: bool) -> Run | None:
    """The run that answers a message, or has answered it; of one that waited with others, the run that took them up."""
    rows = Run.objects.select_related("conversation").exclude(state=Run.State.FAILED)
    if queue:
        return rows.filter(conversation=question.conversation_id, question__gte=question.pk).order_by("question", "-pk").first()
    return rows.filter(question=question).order_by("-id").first()


def _open_run_of(conversation: Conversation) -> UUID | None:
    run = _open_run.first(conversation)
    return run.uuid if run is not None else None


@prepared
def _open_run(conversation: Any) -> QuerySet[Run]:
    return Run.objects.filter(conversation=conversation, state__in=Run.OPEN).only("uuid").order_by("pk")[:1]


def open_run(
    actor: Actor, conversation: Conversation, question: Question, content: AgentContent, *, test: bool, begins: bool = False
) -> Run:
    """Open the run that answers a question; the conversation's row is locked, so there is no other.

    `begins`: nothing was said before.
    """
    limit = content.history_messages
    rows = [] if begins else conversation_queries.history(conversation, question=question.first, limit=limit)
    history = [HistoryMessage(**row) for row in rows]
    task = Task(content=content, question=question.text, history=history, language=conversation.contact.language)
    fields = {"conversation": conversation, "agent_id": conversation.agent_id, "question": question.newest}
    run = _create(actor, task, test=test, **fields)
    tell_conversation(conversation.uuid, "run.opened", run=str(run.uuid))
    return run


def open_continuation(paused: Run, conversation: Conversation) -> Run:
    """Open the run that goes on where one was paused; the conversation's row is locked, and nothing else is being answered."""
    actor = Actor.system(paused.workspace, paused.actor)
    task, question = Task.model_validate(paused.task), paused.question
    run = _create(actor, task, test=paused.test, conversation=conversation, agent_id=paused.agent_id, question=question)
    tell_conversation(conversation.uuid, "run.opened", run=str(run.uuid))
    return run


def lock_conversation(run: Run) -> Conversation | None:
    """The conversation of a run as it is now, locked: before the run's own row, as who takes over does."""
    if run.conversation_id is None:
        return None
    conversation = _locked.get(run.conversation_id)
    conversation.workspace = run.workspace
    return conversation


@prepared
def _locked(pk: Any) -> QuerySet[Conversation]:
    return Conversation.objects.select_for_update().filter(pk=pk)


def is_taken_over(run: Run, conversation: Conversation) -> bool:
    """Whether a person answers by now, and not because this very run asked for one. The conversation is locked."""
    return conversation.status != Conversation.Status.ACTIVE and Run.objects.filter(pk=run.pk, taken_over=True).exists()


def open_next(ended: Run, conversation: Conversation) -> Run | None:
    """Open the run for what the customer wrote while another was answered; in the transaction that ends that one.

    The conversation is locked.
    """
    if conversation.status != Conversation.Status.ACTIVE or ended.question_id is None:
        return None
    question = waiting.next_question(conversation, after=ended.question_id)
    if question is None:
        return None
    content = conversation.agent.read_content()
    actor = Actor.system(conversation.workspace, ended.actor)
    left = waiting.seconds_left(question, waiting.seconds_for(conversation, content))
    if left:
        # Another key than the message's own: its job may be looking at the run that is ending here, and leave.
        begin_later(actor, question.newest, left, key=":next")
        return None
    return open_or_hand_over(actor, conversation, question, content)


def open_or_hand_over(actor: Actor, conversation: Conversation, question: Question, content: AgentContent) -> Run | None:
    """As `open_run`; without credits a person takes over."""
    try:
        with transaction.atomic():
            return open_run(actor, conversation, question, content, test=conversation.test)
    except PaymentRequired as error:
        handing_over.pass_on(conversation, content, Reason(str(error.message)))
        return None


@transaction.atomic
def open_trial(actor: Actor, task: Task, *, agent_id: int | None = None) -> Run:
    """Open a run outside any conversation: the playground, talking to what is on the screen. Costs no credits."""
    return _create(actor, task, test=True, agent_id=agent_id)


@transaction.atomic
def open_single(actor: Actor, agent: Agent, task: Task, *, uuid: UUID | None = None) -> Run:
    """Open a run outside any conversation that is paid for: an OpenAI-compatible completion. The same `uuid` is opened once."""
    known = Run.objects.filter(uuid=uuid).first() if uuid is not None else None
    if known is not None:
        return known
    if not agent.live or agent.archived_at:
        raise AgentNotLive()
    return _create(actor, task, test=False, agent_id=agent.pk, **({"uuid": uuid} if uuid is not None else {}))


def last_run(conversation: Conversation | None, agent_id: int, *, question: str) -> Run:
    """The newest run of a conversation, to take its stream up again. Raises RunNotFound unless it answers that question."""
    rows = Run.objects.select_related("conversation").filter(conversation=conversation, agent=agent_id)
    run = rows.order_by("-id").first() if conversation is not None else None
    if run is None or run.task["question"] != question.strip():
        raise RunNotFound()
    return run


def _create(actor: Actor, task: Task, *, test: bool, **fields: Any) -> Run:
    run = Run.objects.create(
        workspace=actor.workspace,
        task=task.as_json(),
        test=test,
        actor=actor.name[:200],
        user=actor.user,
        deadline_at=timezone.now() + LONGEST_WAIT,
        **fields,
    )
    if not test:
        billing.hold(actor.workspace, prices.RUN_HOLD, reference(run))
    return run


def request_cancel(run: Run) -> None:
    """Note that somebody wants this run to stop; `service.cancel` also tells the process that has it."""
    Run._base_manager.filter(pk=run.pk, state__in=Run.OPEN).update(cancel_requested=True)


def recover() -> int:
    """Look after runs whose process is gone: take them up again, or end them with a sentence. Gives how many.

    A run that has said nothing yet is done again by a worker; one that was in the middle of a sentence fails, since its
    words cannot be taken back.
    """
    now = timezone.now()
    with unscoped():
        gone = Run.objects.filter(state=Run.State.RUNNING, lease_until__lt=now)
        runs = [*gone.select_related("workspace")[:100], *_lost(now).select_related("workspace")[:100]]
    for run in runs:
        task = Task.model_validate(run.task)
        with scope(workspace=run.workspace), translation.override(task.language_for(run.workspace)):
            _recover_one(run)
    return len(runs)


def _lost(now: datetime) -> QuerySet[Run]:
    """Runs that nobody has begun and nobody will: whoever opened one died before claiming it, or nobody came for too long."""
    jobs = Job.objects.filter(kind="runs.execute", key=Cast(OuterRef("uuid"), CharField()))
    coming = Exists(jobs.filter(state__in=[Job.State.QUEUED, Job.State.RUNNING]))
    over = Q(cancel_requested=True) | Q(created_at__lt=now - LONGEST_WAIT)
    return Run.objects.filter(~coming | over, state=Run.State.QUEUED, created_at__lt=now - 2 * journal.LEASE)


def _recover_one(run: Run) -> None:
    events = journal.read(run)
    if (
        not journal.has_spoken(events)
        and not run.cancel_requested
        and run.attempts < MAX_ATTEMPTS
        and run.created_at > timezone.now() - LONGEST_WAIT
    ):
        enqueue("runs.execute", workspace=run.workspace, key=str(run.uuid), run_id=run.pk)
        return
    with transaction.atomic():
        conversation = lock_conversation(run)
        claimed = journal.claim(run.pk, "recovery", to_end=True)
        if claimed is None:
            return
        taken_over = conversation is not None and is_taken_over(run, conversation)
        cause = "The process that was answering stopped."
        ending = _interrupted(claimed, taken_over=taken_over)
        journal.end(claimed, [ending], cause=cause)
        emit(run.workspace.uuid, "run.ended", run=str(run.uuid), cause=cause)
        ended.send(Run, run=claimed, conversation=conversation, how=ending.type)
        if not run.test:
            spent = sum(event.data.get("cost_usd", 0.0) for event in events if event.type == USAGE)
            billing.settle(run.workspace, reference(run), prices.credits_for(spent) if spent else 0)
        waiting = open_next(claimed, conversation) if conversation is not None else None
        if waiting is not None:
            enqueue("runs.execute", workspace=run.workspace, key=str(waiting.uuid), run_id=waiting.pk)


def _interrupted(run: Run, *, taken_over: bool) -> RunEvent:
    if taken_over:
        return RunEvent(str(run.uuid), run.last_seq + 1, CANCELLED, {"taken_over": True})
    sentence = _("The answer was interrupted. Please send your message again.")
    return RunEvent(str(run.uuid), run.last_seq + 1, FAILED, {"message": sentence, "code": "INTERRUPTED", "retry": True})
