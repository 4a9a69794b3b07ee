"""A tool that a person must allow first. The run ends as paused; when all is decided, another run goes on from there.

A decision is made once, under the conversation's lock; while another message is being answered, `sweep` goes on afterwards.
An allowed call begins once: what is interrupted in the middle is told as unknown and not done again. What nobody decides
within a day counts as not allowed; what a person saw to meanwhile is withdrawn (`takeover`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from frontdesk.billing.errors import PaymentRequired
from frontdesk.conversations import actions as conversations
from frontdesk.conversations.models import Conversation
from frontdesk.core.events import emit
from frontdesk.core.jobs import enqueue
from frontdesk.core.scoping import scope, unscoped
from frontdesk.core.threads import in_thread
from frontdesk.tools.models import Approval
from frontdesk.workspaces import audit
from frontdesk.workspaces.permissions import Actor, require

from .actions import open_continuation
from .errors import AlreadyDecided, ApprovalNotFound, PersonAnswers
from .models import Run
from .task import Step, StoredCall, Task
from .tools import Toolbox, ToolResult, Waiting

DEADLINE = timedelta(days=1)
REFUSED = (
    "A person of the business did not allow this. Do not ask for it again; tell the customer kindly that it is not possible."
)
EXPIRED = "Nobody of the business decided about this in time, so it was not done. Tell the customer, and offer to ask a person."
UNKNOWN = (
    "It is not known whether this was done: it was interrupted. Do not do it again; tell the customer that a person will check."
)


@dataclass(frozen=True, slots=True)
class Pause:
    """Where a run stopped, and what must be decided."""

    step: Step
    waiting: Sequence[Waiting]


def record(run: Run, conversation: Conversation, pause: Pause) -> None:
    """Keep what must be decided; in the transaction that ends the run."""
    task = Task.model_validate(run.task)
    task.steps.append(pause.step)
    Run.objects.filter(pk=run.pk).update(task=task.as_json())
    Approval.objects.bulk_create(
        Approval(
            workspace=run.workspace,
            run=run,
            conversation=conversation,
            call_id=each.call.id[:200],
            tool=each.tool.id[:200],
            label=each.tool.label[:120],
            arguments=dict(each.arguments),
            deadline_at=timezone.now() + DEADLINE,
        )
        for each in pause.waiting
    )
    emit(run.workspace.uuid, "approval.requested", conversation=str(conversation.uuid))


def waiting(conversation: Conversation | None = None) -> QuerySet[Approval]:
    """What somebody must decide, of one conversation or of all, the oldest first."""
    rows = Approval.objects.filter(state=Approval.State.WAITING).select_related("conversation__contact")
    return rows.filter(**({"conversation": conversation} if conversation else {})).order_by("id")


def approval_by_uuid(uuid: object) -> Approval:
    """Raises ApprovalNotFound."""
    found = Approval.objects.select_related("conversation").filter(uuid=uuid).first()
    if found is None:
        raise ApprovalNotFound()
    return found


@transaction.atomic
def decide(actor: Actor, approval: Approval, *, approved: bool) -> Approval:
    """Allow a call or not; the same decision twice is one. Raises AlreadyDecided, and PersonAnswers while no AI would go on."""
    require(actor, "answer")
    conversation = _locked(approval)
    fresh = Approval.objects.select_for_update(of=("self",)).get(pk=approval.pk)
    state = Approval.State.APPROVED if approved else Approval.State.REFUSED
    if fresh.state == state:
        return fresh
    if fresh.state == Approval.State.WITHDRAWN:
        raise AlreadyDecided(_("A person has answered the customer instead, so the agent does not do this any more."))
    if fresh.state != Approval.State.WAITING:
        raise AlreadyDecided()
    if fresh.deadline_at < timezone.now():
        raise AlreadyDecided(_("Nobody decided this in time. The agent goes on without it."))
    if approved and conversation.status != Conversation.Status.ACTIVE:
        raise PersonAnswers()
    fresh.state, fresh.decided_by, fresh.decided_at = state, actor.name[:200], timezone.now()
    fresh.save(update_fields=["state", "decided_by", "decided_at", "updated_at"])
    audit.record(actor, f"tool_call.{state}", fresh, conversation=str(conversation.uuid))
    emit(actor.workspace.uuid, "approval.decided", conversation=str(conversation.uuid))
    _go_on(conversation)
    return fresh


def _locked(approval: Approval) -> Conversation:
    return Conversation.objects.select_for_update(of=("self",)).select_related("workspace").get(pk=approval.conversation_id)


def _go_on(conversation: Conversation) -> None:
    run = open_follow_up(conversation)
    if run is not None:
        enqueue("runs.execute", workspace=run.workspace, key=str(run.uuid), run_id=run.pk)


def open_follow_up(conversation: Conversation) -> Run | None:
    """Open the run that goes on where one was paused, once all is decided and nothing else is being answered.

    The conversation is locked. Raises PaymentRequired.
    """
    matters = list(Approval.objects.filter(conversation=conversation, open=True).order_by("id"))
    undecided = {each.run_id for each in matters if each.state == Approval.State.WAITING}
    ready = [each for each in matters if each.run_id not in undecided]
    if not ready:
        return None
    rows = Approval.objects.filter(pk__in=[each.pk for each in ready if each.run_id == ready[0].run_id])
    if conversation.status != Conversation.Status.ACTIVE:
        rows.update(open=False)
        return None
    if Run.objects.filter(conversation=conversation, state__in=Run.OPEN).exists():
        return None
    run = open_continuation(Run.objects.select_related("workspace").get(pk=ready[0].run_id), conversation)
    rows.update(open=False, continued_by=run)
    return run


def withdraw(conversation: Conversation) -> None:
    """A person has seen to it: nothing of a paused run is decided or done any more. The conversation is locked."""
    open_matters = Approval.objects.filter(conversation=conversation, open=True)
    now = timezone.now()
    if open_matters.filter(state=Approval.State.WAITING).update(state=Approval.State.WITHDRAWN, decided_at=now, updated_at=now):
        emit(conversation.workspace.uuid, "approval.decided", conversation=str(conversation.uuid))
    open_matters.update(open=False)


def _follow_up_or_hand_over(conversation: Conversation) -> Run | None:
    """As `open_follow_up`; without credits a person takes over."""
    try:
        with transaction.atomic():
            return open_follow_up(conversation)
    except PaymentRequired as error:
        Approval.objects.filter(conversation=conversation, open=True).exclude(state=Approval.State.WAITING).update(open=False)
        conversations.hand_over(conversation.pk, reason=str(error.message))
        return None


def sweep() -> int:
    """Give up on what nobody decided in time, and go on where nobody did. Gives how many conversations were looked after."""
    now = timezone.now()
    with unscoped():
        open_matters = Approval.objects.filter(open=True)
        late = open_matters.filter(state=Approval.State.WAITING, deadline_at__lt=now)
        lost = open_matters.exclude(state=Approval.State.WAITING)
        found = [*late.select_related("workspace")[:50], *lost.select_related("workspace")[:50]]
    for each in found:
        with scope(workspace=each.workspace), transaction.atomic():
            conversation = _locked(each)
            if Approval.objects.filter(pk=each.pk, state=Approval.State.WAITING, deadline_at__lt=now).update(
                state=Approval.State.EXPIRED, decided_at=now
            ):
                emit(each.workspace.uuid, "approval.decided", conversation=str(conversation.uuid))
            run = _follow_up_or_hand_over(conversation)
            if run is not None:
                enqueue("runs.execute", workspace=each.workspace, key=str(run.uuid), run_id=run.pk)
    return len(found)


# --- in the run that goes on ----------------------------------------------------------------------------------------


async def result_of(run: Run, call: StoredCall, toolbox: Toolbox) -> ToolResult:
    """What the model is told about a call that was decided. An allowed one is made now, once."""
    approval = await in_thread(_begin, run, call.id)
    if approval is None:
        return ToolResult(EXPIRED, failed=True)
    if approval.state != Approval.State.APPROVED:
        return ToolResult(EXPIRED if approval.state == Approval.State.EXPIRED else REFUSED, failed=True)
    if approval.result is not None:
        return ToolResult(approval.result)
    if approval.began_at is not None:
        return ToolResult(UNKNOWN, failed=True)
    result = await toolbox.perform_granted(approval.tool, approval.arguments)
    await in_thread(_finish, approval, result.text)
    return result


@transaction.atomic
def _begin(run: Run, call_id: str) -> Approval | None:
    """The decision as it was before this: `began_at` is None for the one who may make the call."""
    rows = Approval.objects.select_for_update(of=("self",))
    approval = rows.filter(continued_by=run, call_id=call_id[:200]).first()
    if approval is not None and approval.state == Approval.State.APPROVED and approval.began_at is None:
        Approval.objects.filter(pk=approval.pk).update(began_at=timezone.now())
    return approval


def _finish(approval: Approval, result: str) -> None:
    Approval.objects.filter(pk=approval.pk).update(result=result.replace("\x00", ""))
