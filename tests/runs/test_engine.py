"""A run from question to ending: order, journal, answer, credits, tools, failures."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from frontdesk.agents import actions as agents
from frontdesk.agents.content import AgentContent
from frontdesk.agents.errors import AgentNotLive
from frontdesk.billing import queries as billing
from frontdesk.billing.errors import PaymentRequired
from frontdesk.billing.models import CreditAccount, LedgerEntry, UsageRecord
from frontdesk.conversations.models import Conversation, Message
from frontdesk.core.threads import in_thread
from frontdesk.runs import actions, journal, service
from frontdesk.runs.errors import RunInProgress, RunNotFound
from frontdesk.runs.events import RunEvent
from frontdesk.runs.models import Run
from frontdesk.runs.task import Task
from frontdesk.sdk.errors import ProviderAuthError, ProviderRateLimited, ProviderUnavailable
from frontdesk.sdk.testing.scripted import CallTool, Fail, Pause, Report, Say, Stop
from frontdesk.sdk.values import Usage

pytestmark = pytest.mark.django_db(transaction=True)


async def perform(run: Run, after: int = 0) -> list[RunEvent]:
    """Work on a run here and give all that a follower sees."""
    await service.start(run)
    return [event async for batch in service.follow(str(run.uuid), after) for event in batch]


def kinds(events: list[RunEvent]) -> list[str]:
    """The kinds in order, repeated text as one."""
    found: list[str] = []
    for event in events:
        if not (event.type == "text.delta" and found[-1:] == ["text.delta"]):
            found.append(event.type)
    return found


def answer(events: list[RunEvent]) -> str:
    return "".join(event.data["text"] for event in events if event.type == "text.delta")


async def test_an_answer_is_streamed_kept_and_paid_for(ask, scripted, workspace) -> None:
    scripted.play(Say("We are open until six."))
    before = await in_thread(billing.balance)
    taken = await in_thread(ask, "When do you close?")
    events = await perform(taken.run)
    assert kinds(events) == ["run.started", "sources.found", "text.delta", "usage.recorded", "message.completed", "run.completed"]
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    assert answer(events) == "We are open until six."
    message = await Message.objects.aget(run_uuid=taken.run.uuid)
    assert (message.text, message.author, message.reply_to_id) == (answer(events), "AI", taken.turn.message.pk)
    assert events[-2].data["message"] == str(message.uuid)
    assert await in_thread(billing.balance) == before - 1
    assert [entry.kind async for entry in LedgerEntry.objects.exclude(kind="grant").order_by("id")] == ["hold", "settle"]
    used = await UsageRecord.objects.aget()
    assert (used.provider, used.model, used.succeeded) == ("scripted", "scripted", True)


async def test_a_follower_can_come_back_at_any_number_and_misses_nothing(ask, scripted) -> None:
    scripted.play(Say("One two three four five six."))
    taken = await in_thread(ask)
    events = await perform(taken.run)
    for after in range(len(events) + 1):
        again = [event async for batch in service.follow(str(taken.run.uuid), after) for event in batch]
        expected = events[after:] or [RunEvent(events[-1].run_id, len(events) + 1, events[-1].type, events[-1].data)]
        assert again == expected, f"after {after}"


async def test_the_journal_holds_every_event(ask, scripted) -> None:
    scripted.play(Say("Every word of this."))
    taken = await in_thread(ask)
    events = await perform(taken.run)
    assert await in_thread(journal.read, taken.run) == events


async def test_a_run_nobody_knows_is_not_found() -> None:
    with pytest.raises(RunNotFound):
        async for _batch in service.follow("00000000-0000-0000-0000-000000000000"):
            pass


async def test_followers_leave_and_the_run_goes_on(ask, scripted) -> None:
    hold = Pause()
    scripted.play([Say("First."), hold, Say(" Second.")])
    taken = await in_thread(ask)
    await service.start(taken.run)
    async for batch in service.follow(str(taken.run.uuid)):
        if any(event.type == "text.delta" for event in batch):
            break
    hold.release()
    assert (await service.wait(str(taken.run.uuid))).type == "run.completed"
    assert (await Message.objects.aget(run_uuid=taken.run.uuid)).text == "First. Second."


async def test_stopping_keeps_what_was_said(ask, scripted) -> None:
    scripted.play([Say("Once upon a time"), Pause(), Say(" never said")])
    taken = await in_thread(ask)
    await service.start(taken.run)
    seen: list[RunEvent] = []
    async for batch in service.follow(str(taken.run.uuid)):
        seen += batch
        if answer(seen) == "Once upon a time" and not seen[-1].ends:
            await service.cancel(taken.run)
    assert kinds(seen)[-2:] == ["message.completed", "run.cancelled"]
    message = await Message.objects.aget(run_uuid=taken.run.uuid)
    assert (message.text, message.metadata) == ("Once upon a time", {"stopped": True})
    await taken.run.arefresh_from_db()
    assert taken.run.state == Run.State.CANCELLED


async def test_a_deadline_ends_a_run_with_a_sentence(ask, scripted, settings) -> None:
    settings.RUN_DEADLINE_SECONDS = 1
    scripted.play([Say("Well"), Pause()])
    taken = await in_thread(ask)
    events = await perform(taken.run)
    assert events[-1].type == "run.failed"
    assert events[-1].data["code"] == "DEADLINE"
    await taken.run.arefresh_from_db()
    assert "deadline" in taken.run.cause.lower()
    assert await in_thread(lambda: CreditAccount.objects.get().balance) == await in_thread(
        lambda: sum(LedgerEntry.objects.values_list("amount", flat=True))
    )


async def test_a_question_that_only_waits_for_its_turn_misses_no_deadline(ask, scripted, settings) -> None:
    scripted.play(Say("Here I am."))
    taken = await in_thread(ask)
    long_ago = timezone.now() - actions.LONGEST_WAIT
    await Run.objects.filter(pk=taken.run.pk).aupdate(created_at=long_ago, deadline_at=long_ago)
    assert (await perform(taken.run))[-1].type == "run.completed"
    await taken.run.arefresh_from_db()
    assert taken.run.deadline_at == taken.run.started_at + timedelta(seconds=settings.RUN_DEADLINE_SECONDS)


async def test_a_vendor_that_stumbles_is_asked_again(ask, scripted) -> None:
    scripted.play(Fail(ProviderRateLimited("Slow down.", retry_after=0.01)), Say("Here I am."))
    taken = await in_thread(ask)
    events = await perform(taken.run)
    assert answer(events) == "Here I am."
    assert [event.data["problem"] for event in events if event.type == "usage.recorded"] == ["Slow down.", ""]


async def test_a_vendor_that_refuses_tells_the_customer_a_sentence_and_the_owner_the_cause(ask, scripted, workspace) -> None:
    before = await in_thread(billing.balance)
    scripted.play(Fail(ProviderAuthError("The API key was refused (401).")))
    taken = await in_thread(ask)
    events = await perform(taken.run)
    assert events[-1].data == {
        "message": "I cannot answer right now. Please try again in a moment.",
        "code": "PROVIDER_ERROR",
        "retry": True,
    }
    await taken.run.arefresh_from_db()
    assert taken.run.cause == "The API key was refused (401)."
    assert await in_thread(billing.balance) == before, "credits are returned"


async def test_words_that_were_said_are_not_said_again_by_another_try(ask, scripted) -> None:
    scripted.play([Say("I was about to"), Stop()])
    taken = await in_thread(ask)
    events = await perform(taken.run)
    assert answer(events) == "I was about to"
    assert events[-1].type == "run.failed"


async def test_a_vendor_that_is_silent_before_the_first_word_is_given_up(ask, scripted) -> None:
    scripted.play(*[Fail(ProviderUnavailable("No route."))] * 3)
    taken = await in_thread(ask)
    events = await perform(taken.run)
    assert kinds(events)[-1] == "run.failed"


async def test_tools_are_called_and_their_answer_goes_back_to_the_model(ask, scripted) -> None:
    scripted.play(CallTool("hand_over", {"reason": "wants a refund"}), Say("A person will write to you."))
    taken = await in_thread(ask, "I want my money back")
    events = await perform(taken.run)
    assert kinds(events)[2:6] == ["usage.recorded", "tool.called", "tool.returned", "text.delta"]
    conversation = await Conversation.objects.aget()
    assert (conversation.status, conversation.status_reason) == (
        "support_active",
        "The agent asked for a person: wants a refund",
    )
    assert scripted.requests[1].messages[-1].role == "tool"


@pytest.mark.parametrize("afterwards", [[Say("  ")], [CallTool("search", {}), CallTool("search", {})]])
async def test_a_model_that_hands_over_without_a_word_leaves_no_customer_without_one(ask, scripted, afterwards) -> None:
    scripted.play(CallTool("hand_over", {"reason": "wants a refund"}), *afterwards)
    taken = await in_thread(ask, "I want my money back")
    events = await perform(taken.run)
    assert kinds(events)[-3:] == ["text.delta", "message.completed", "run.completed"]
    answer = await Message.objects.aget(author="AI")
    assert answer.text == "I am passing this on. A colleague will answer you here."
    assert (await Conversation.objects.aget()).status == "support_active"


async def test_a_hand_over_that_did_not_happen_is_not_told(ask, scripted) -> None:
    scripted.play(CallTool("hand_over", {"wrong": 1}), Say(""))
    taken = await in_thread(ask)
    assert (await perform(taken.run))[-1].data["code"] == "EMPTY_ANSWER"


@pytest.mark.parametrize(
    ("name", "arguments", "told"),
    [("hand_over", {"wrong": 1}, "do not fit the schema"), ("rm_rf", {}, "no tool called rm_rf")],
)
async def test_a_bad_tool_call_is_told_to_the_model_and_changes_nothing(ask, scripted, name, arguments, told) -> None:
    scripted.play(CallTool(name, arguments), Say("Sorry."))
    taken = await in_thread(ask)
    events = await perform(taken.run)
    returned = next(event for event in events if event.type == "tool.returned")
    assert told in returned.data["problem"]
    assert (await Conversation.objects.aget()).status == "active"


async def test_a_model_that_only_calls_tools_is_stopped(ask, scripted) -> None:
    scripted.play(*[CallTool("hand_over", {"wrong": 1})] * 3)
    taken = await in_thread(ask)
    events = await perform(taken.run)
    assert events[-1].data["code"] == "STEP_LIMIT"


async def test_an_empty_answer_is_a_failure(ask, scripted) -> None:
    scripted.play(Say("  "))
    taken = await in_thread(ask)
    assert (await perform(taken.run))[-1].data["code"] == "EMPTY_ANSWER"


async def test_the_same_message_is_answered_once(ask, scripted) -> None:
    scripted.play(Say("Hi."))
    first = await in_thread(ask, external_id="m-1")
    conversation = first.turn.conversation.uuid
    again = await in_thread(ask, external_id="m-1", conversation=conversation)
    assert (again.run.pk, again.turn.new) == (first.run.pk, False)
    await perform(first.run)
    late = await in_thread(ask, external_id="m-1", conversation=conversation)
    assert late.run.pk == first.run.pk
    assert await Message.objects.acount() == 2


async def test_one_answer_at_a_time_and_the_rest_waits_in_order(ask, scripted) -> None:
    gate = Pause()
    scripted.play([gate, Say("To the first.")], Say("To the second."))
    first = await in_thread(ask, "First?")
    conversation = first.turn.conversation.uuid
    await service.start(first.run)
    with pytest.raises(RunInProgress):
        await in_thread(ask, "Impatient?", conversation=conversation)
    second = await in_thread(ask, "Second?", conversation=conversation, queue=True)
    assert second.run is None
    gate.release()
    await service.wait(str(first.run.uuid))
    next_run = await Run.objects.aget(question=second.turn.message)
    await service.wait(str(next_run.uuid))
    rows = [text async for text in Message.objects.order_by("id").values_list("text", flat=True)]
    assert rows == ["First?", "Second?", "To the first.", "To the second."]
    assert "Impatient?" not in rows, "what was refused is not kept"
    said = [message.text for message in scripted.requests[1].messages]
    assert said[1:] == ["First?", "To the first.", "Second?"]


async def test_a_conversation_that_a_person_answers_starts_no_run(ask, scripted, owner) -> None:
    owner.workspace.default_reply_handler = "Manual"
    taken = await in_thread(ask)
    assert taken.run is None
    assert taken.turn.conversation.status == "support_active"


async def test_without_credits_nothing_is_kept(ask, scripted, workspace) -> None:
    await CreditAccount.objects.filter(workspace=workspace).aupdate(balance=0)
    with pytest.raises(PaymentRequired):
        await in_thread(ask)
    assert await Message.objects.acount() == 0
    assert await Conversation.objects.acount() == 0


async def test_a_test_run_costs_nothing(ask, scripted) -> None:
    before = await in_thread(billing.balance)
    scripted.play(Say("Hi."))
    taken = await in_thread(ask, test=True)
    await perform(taken.run)
    assert await in_thread(billing.balance) == before


async def test_the_playground_talks_to_what_is_not_saved(owner, scripted, agent) -> None:
    scripted.play(Say("Arr!"))
    content = AgentContent(name="Pirate", sections=[{"key": "instructions", "text": "Speak like a pirate."}])
    run = await in_thread(actions.open_trial, owner, Task(content=content, question="Hello?"), agent_id=agent.pk)
    events = await perform(run)
    assert answer(events) == "Arr!"
    assert "Speak like a pirate." in scripted.requests[0].messages[0].text
    assert await Message.objects.acount() == 0


async def test_an_agent_that_is_not_live_answers_nobody(owner, in_workspace, scripted, ask, agent) -> None:
    await in_thread(agents.take_offline, owner, agent)
    await agent.arefresh_from_db()
    with pytest.raises(AgentNotLive):
        await in_thread(ask)


async def test_usage_of_the_vendor_is_what_is_recorded(ask, scripted) -> None:
    scripted.play([Say("Hi."), Report(Usage(input_tokens=11, output_tokens=7))])
    taken = await in_thread(ask)
    await perform(taken.run)
    used = await UsageRecord.objects.aget()
    assert (used.input_tokens, used.output_tokens) == (11, 7)
