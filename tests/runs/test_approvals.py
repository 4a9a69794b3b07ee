"""A tool that a person must allow: the run pauses, is decided once, and goes on, whatever stops in between."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from frontdesk.agents import actions as agents
from frontdesk.agents.content import AgentContent
from frontdesk.billing import queries as billing
from frontdesk.billing.models import CreditAccount, LedgerEntry
from frontdesk.conversations import actions as conversations
from frontdesk.conversations.models import Conversation, Message
from frontdesk.core.errors import NotAllowed
from frontdesk.core.models import Job
from frontdesk.core.threads import in_thread
from frontdesk.runs import actions, approvals, service
from frontdesk.runs.encoders.openai import ChunkEncoder
from frontdesk.runs.encoders.runtime import RuntimeEncoder
from frontdesk.runs.encoders.widget import WidgetEncoder
from frontdesk.runs.errors import AlreadyDecided, ApprovalNotFound, PersonAnswers
from frontdesk.runs.events import RunEvent
from frontdesk.runs.models import Run
from frontdesk.runs.task import Task
from frontdesk.sdk.testing.scripted import CallTool, Say
from frontdesk.tools import actions as tools
from frontdesk.tools.models import Approval, HttpTool
from frontdesk.workspaces.models import AuditEntry, Role
from tests.ground.service import Service

pytestmark = pytest.mark.django_db(transaction=True)
ASKED = "I have to ask a colleague about this. You will get the answer here."


async def perform(run: Run) -> list[RunEvent]:
    await service.start(run)
    return [event async for batch in service.follow(str(run.uuid)) for event in batch]


@pytest.fixture
def cancel_tool(owner: Any, agent: Any, service: Service) -> HttpTool:
    """Cancels an order, after somebody allowed it; granted to the agent."""
    tool = tools.create_http_tool(
        owner,
        {"name": "Cancel", "endpoint_url": f"{service.url}/cancel/{{order}}", "http_method": "POST", "ask_first": True},
    )
    content = AgentContent(name="Mila", tools=[tool.grant, "kit.calculate"])
    agents.put_live(owner, agent, content)
    agent.refresh_from_db()
    return tool


@pytest.fixture
def pause(ask: Callable[..., Any], scripted: Any, cancel_tool: HttpTool) -> Callable[..., Any]:
    """A run that waits for a decision: (taken, its events, the approval)."""

    async def paused(*before: Any) -> tuple[Any, list[RunEvent], Approval]:
        scripted.play([*before, CallTool("cancel", {"order": "7"}, id="call_a")])
        taken = await in_thread(ask, "Cancel order 7, please.")
        events = await perform(taken.run)
        return taken, events, await Approval.objects.aget()

    return paused


async def follow_up() -> Run:
    return await Run.objects.select_related("workspace").filter(state=Run.State.QUEUED).alatest("id")


async def test_the_run_pauses_and_the_customer_is_told(pause, service) -> None:
    taken, events, approval = await pause(Say("One moment."))
    assert [event.type for event in events if event.type not in ("text.delta", "usage.recorded")] == [
        "run.started", "sources.found", "tool.called", "approval.requested", "message.completed", "run.paused",
    ]  # fmt: skip
    assert service.heard == [], "nothing goes out before somebody allowed it"
    message = await Message.objects.aget(run_uuid=taken.run.uuid)
    assert message.text == f"One moment.\n\n{ASKED}"
    assert (approval.state, approval.label, approval.arguments) == ("waiting", "Cancel", {"order": "7"})
    await taken.run.arefresh_from_db()
    assert taken.run.state == Run.State.PAUSED
    assert await in_thread(lambda: CreditAccount.objects.get().balance) == await in_thread(
        lambda: sum(LedgerEntry.objects.values_list("amount", flat=True))
    )


async def test_every_transport_ends(pause) -> None:
    _taken, events, _approval = await pause()
    frames = WidgetEncoder().encode(events)
    assert frames[-1]["type"] == "end" and "Cancel" not in str(frames) and "order" not in str(frames)
    runtime = RuntimeEncoder(conversation=None, agent="a")
    sent = b"".join(runtime.encode(event) for event in events)
    assert b'event: end\ndata: {"status":"ok"' in sent and b'"order"' not in sent
    openai = ChunkEncoder(model="m", run="r")
    assert b"".join(openai.encode(event) for event in events).endswith(b"data: [DONE]\n\n")


async def test_allowed_it_is_done_once_and_the_customer_gets_the_answer(pause, owner, scripted, service) -> None:
    taken, _events, approval = await pause()
    await in_thread(approvals.decide, owner, approval, approved=True)
    await in_thread(approvals.decide, owner, approval, approved=True)
    run = await follow_up()
    assert await Job.objects.filter(kind="runs.execute", arguments__run_id=run.pk).acount() == 1
    scripted.play(Say("Order 7 is cancelled."))
    events = await perform(run)
    assert [heard["path"] for heard in service.heard] == ["/cancel/7"]
    assert events[-1].type == "run.completed"
    told = scripted.requests[-1].messages
    assert [message.role for message in told[-3:]] == ["user", "assistant", "tool"]
    assert told[-2].tool_calls[0].id == told[-1].tool_call_id == "call_a"
    assert "/cancel/7" in told[-1].text
    answer = await Message.objects.aget(run_uuid=run.uuid)
    assert (answer.text, answer.reply_to_id) == ("Order 7 is cancelled.", taken.turn.message.pk)
    await approval.arefresh_from_db()
    assert (approval.continued_by_id, approval.open, approval.decided_by) == (run.pk, False, "Alice")
    assert await AuditEntry.objects.filter(verb="tool_call.approved").acount() == 1


async def test_not_allowed_it_is_not_done(pause, owner, scripted, service) -> None:
    _taken, _events, approval = await pause()
    await in_thread(approvals.decide, owner, approval, approved=False)
    scripted.play(Say("I am sorry, that is not possible."))
    await perform(await follow_up())
    assert service.heard == []
    assert "did not allow this" in scripted.requests[-1].messages[-1].text


async def test_several_calls_wait_for_the_last_decision(ask, scripted, cancel_tool, owner, service) -> None:
    scripted.play(
        [
            CallTool("cancel", {"order": "1"}, id="a"),
            CallTool("calculate", {"expression": "2+2"}, id="b"),
            CallTool("cancel", {"order": "2"}, id="c"),
        ]
    )
    await perform((await in_thread(ask)).run)
    first, second = [each async for each in Approval.objects.order_by("id")]
    await in_thread(approvals.decide, owner, second, approved=False)
    assert not await Run.objects.filter(state=Run.State.QUEUED).aexists()
    await in_thread(approvals.decide, owner, first, approved=True)
    scripted.play(Say("One is cancelled."))
    await perform(await follow_up())
    told = {message.tool_call_id: message.text for message in scripted.requests[-1].messages if message.role == "tool"}
    assert "/cancel/1" in told["a"] and told["b"] == "2+2 = 4" and "did not allow" in told["c"]
    assert [heard["path"] for heard in service.heard] == ["/cancel/1"]


async def test_somebody_else_has_decided(pause, owner) -> None:
    _taken, _events, approval = await pause()
    await in_thread(approvals.decide, owner, approval, approved=False)
    with pytest.raises(AlreadyDecided):
        await in_thread(approvals.decide, owner, approval, approved=True)


async def test_who_may_not_answer_may_not_allow(pause, owner) -> None:
    _taken, _events, approval = await pause()
    with pytest.raises(NotAllowed):
        await in_thread(approvals.decide, replace(owner, role=Role.VIEWER), approval, approved=True)


async def test_nobody_decides_in_time(pause, scripted, service, workspace) -> None:
    _taken, _events, approval = await pause()
    assert await in_thread(approvals.sweep) == 0
    await Approval.objects.filter(pk=approval.pk).aupdate(deadline_at=timezone.now() - timedelta(seconds=1))
    assert await in_thread(approvals.sweep) == 1
    scripted.play(Say("Nobody could decide yet."))
    await perform(await follow_up())
    assert "in time" in scripted.requests[-1].messages[-1].text
    assert service.heard == []
    assert await in_thread(approvals.sweep) == 0


async def test_after_the_deadline_it_is_too_late_to_allow(pause, owner) -> None:
    _taken, _events, approval = await pause()
    await Approval.objects.filter(pk=approval.pk).aupdate(deadline_at=timezone.now() - timedelta(seconds=1))
    with pytest.raises(AlreadyDecided, match="in time"):
        await in_thread(approvals.decide, owner, approval, approved=True)
    await approval.arefresh_from_db()
    assert approval.state == Approval.State.WAITING


async def test_a_process_that_dies_in_the_call_does_not_make_it_twice(pause, owner, scripted, service) -> None:
    _taken, _events, approval = await pause()
    await in_thread(approvals.decide, owner, approval, approved=True)
    await Approval.objects.filter(pk=approval.pk).aupdate(began_at=timezone.now())
    scripted.play(Say("A person will check."))
    await perform(await follow_up())
    assert service.heard == []
    assert "not known" in scripted.requests[-1].messages[-1].text


async def test_a_process_that_dies_after_the_call_keeps_its_result(pause, owner, scripted, service) -> None:
    _taken, _events, approval = await pause()
    await in_thread(approvals.decide, owner, approval, approved=True)
    await Approval.objects.filter(pk=approval.pk).aupdate(began_at=timezone.now(), result="Cancelled.")
    scripted.play(Say("It is cancelled."))
    await perform(await follow_up())
    assert service.heard == []
    assert scripted.requests[-1].messages[-1].text == "Cancelled."


async def test_the_customer_writes_meanwhile_and_both_are_answered(pause, ask, owner, scripted, service) -> None:
    taken, _events, approval = await pause()
    other = await in_thread(ask, "And when do you close?", conversation=taken.turn.conversation.uuid)
    await in_thread(approvals.decide, owner, approval, approved=True)
    assert not await Approval.objects.filter(continued_by__isnull=False).aexists(), "one answer at a time"
    scripted.play(Say("At six."))
    await perform(other.run)
    assert await in_thread(approvals.sweep) == 1
    scripted.play(Say("Cancelled."))
    await perform(await follow_up())
    assert [heard["path"] for heard in service.heard] == ["/cancel/7"]


async def test_a_person_has_taken_over(pause, owner, service) -> None:
    taken, _events, approval = await pause()
    await in_thread(conversations.set_status, owner, taken.turn.conversation, Conversation.Status.SUPPORT_ACTIVE)
    with pytest.raises(PersonAnswers):
        await in_thread(approvals.decide, owner, approval, approved=True)
    await in_thread(approvals.decide, owner, approval, approved=False)
    assert not await Run.objects.filter(state=Run.State.QUEUED).aexists()
    await approval.arefresh_from_db()
    assert not approval.open


async def test_charlie_cannot_decide_for_alice(pause, stranger, other_workspace) -> None:
    from frontdesk.core.scoping import scope

    _taken, _events, approval = await pause()
    with scope(workspace=other_workspace), pytest.raises(ApprovalNotFound):
        await in_thread(approvals.approval_by_uuid, approval.uuid)


async def test_a_tool_that_is_gone_by_then_is_said(pause, owner, cancel_tool, scripted, service) -> None:
    _taken, _events, approval = await pause()
    await in_thread(tools.delete_http_tool, owner, cancel_tool)
    await in_thread(approvals.decide, owner, approval, approved=True)
    scripted.play(Say("I could not do it."))
    await perform(await follow_up())
    assert service.heard == [] and "not there any more" in scripted.requests[-1].messages[-1].text


async def test_in_the_playground_nobody_is_asked_and_nothing_is_done(owner, agent, scripted, cancel_tool, service) -> None:
    task = Task(content=agent.read_content(), question="Cancel 7.")
    run = await in_thread(actions.open_trial, owner, task, agent_id=agent.pk)
    scripted.play(CallTool("cancel", {"order": "7"}), Say("A person would be asked."))
    events = await perform(run)
    assert events[-1].type == "run.completed" and service.heard == []
    assert "would be asked first" in scripted.requests[-1].messages[-1].text


async def test_the_agent_decides_whether_it_asks(owner, agent, ask, scripted, cancel_tool, service) -> None:
    content = AgentContent(name="Mila", tools=[cancel_tool.grant], approvals={cancel_tool.grant: False})
    await in_thread(agents.put_live, owner, agent, content)
    await agent.arefresh_from_db()
    scripted.play(CallTool("cancel", {"order": "7"}), Say("Done."))
    events = await perform((await in_thread(ask)).run)
    assert events[-1].type == "run.completed" and len(service.heard) == 1
    assert await in_thread(billing.balance) > 0


# --- a person takes over meanwhile ----------------------------------------------------------------------------------


async def test_who_only_looked_and_gave_it_back_may_still_allow_it(pause, owner, scripted, service) -> None:
    taken, _events, approval = await pause()
    for status in ("support_active", "active"):
        await in_thread(conversations.set_status, owner, taken.turn.conversation, status)
    await taken.run.arefresh_from_db()
    assert taken.run.taken_over and taken.run.state == Run.State.PAUSED
    await in_thread(approvals.decide, owner, approval, approved=True)
    scripted.play(Say("Cancelled."))
    await perform(await follow_up())
    assert [heard["path"] for heard in service.heard] == ["/cancel/7"]


@pytest.mark.parametrize("seen_to", ["answered", "closed"])
async def test_what_a_person_saw_to_is_not_done_any_more(pause, owner, service, seen_to) -> None:
    taken, _events, approval = await pause()
    conversation = taken.turn.conversation
    await in_thread(conversations.set_status, owner, conversation, "support_active" if seen_to == "answered" else "closed")
    if seen_to == "answered":
        await in_thread(conversations.reply_as_person, owner, conversation, "I have cancelled it myself.")
    await in_thread(conversations.set_status, owner, conversation, "active")
    await approval.arefresh_from_db()
    assert (approval.state, approval.open) == (Approval.State.WITHDRAWN, False)
    for approved in (True, False):
        with pytest.raises(AlreadyDecided, match="has answered the customer instead"):
            await in_thread(approvals.decide, owner, approval, approved=approved)
    assert await in_thread(approvals.sweep) == 0
    assert service.heard == [] and await Run.objects.acount() == 1
