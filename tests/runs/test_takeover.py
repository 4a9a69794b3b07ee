"""A person takes a conversation over while the AI answers: before it begins, in the middle, and at the moment of sending."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from frontdesk.billing import queries as billing
from frontdesk.billing.models import LedgerEntry
from frontdesk.conversations import actions as conversations
from frontdesk.conversations.models import Message
from frontdesk.core.threads import in_thread
from frontdesk.runs import actions, endings, journal, service
from frontdesk.runs.actions import Taken
from frontdesk.runs.encoders.runtime import RuntimeEncoder
from frontdesk.runs.encoders.widget import WidgetEncoder
from frontdesk.runs.events import RunEvent
from frontdesk.runs.models import Run
from frontdesk.sdk.testing.scripted import CallTool, Pause, Report, Say, ScriptedProvider
from frontdesk.sdk.values import Usage
from tests.ground.database import somebody_waits_for_us
from tests.ground.live import wait_for

pytestmark = pytest.mark.django_db(transaction=True)
TakeOver = Callable[..., Awaitable[Any]]


@pytest.fixture
def take_over(owner: Any) -> TakeOver:
    """A person says who answers from now on."""

    async def done(taken: Taken, status: str = "support_active") -> None:
        await in_thread(conversations.set_status, owner, taken.turn.conversation, status)

    return done


async def events_of(run: Run) -> list[RunEvent]:
    async with asyncio.timeout(20):
        return [event async for batch in service.follow(str(run.uuid)) for event in batch]


async def assert_withdrawn(run: Run) -> list[RunEvent]:
    """It ended as stopped, nothing was sent, and the books balance."""
    events = await events_of(run)
    assert (events[-1].type, events[-1].data) == ("run.cancelled", {"taken_over": True})
    assert "message.completed" not in {event.type for event in events}
    assert events == await in_thread(journal.read, run)
    assert not await Message.objects.filter(author="AI").aexists()
    await run.arefresh_from_db()
    assert run.state == Run.State.CANCELLED
    assert [entry.kind async for entry in LedgerEntry.objects.exclude(kind="grant").order_by("id")] == ["hold", "settle"]
    return events


async def test_before_it_begins(ask: Any, scripted: ScriptedProvider, take_over: TakeOver) -> None:
    before = await in_thread(billing.balance)
    taken = await in_thread(ask)
    await take_over(taken)
    await service.start(taken.run)
    await assert_withdrawn(taken.run)
    assert scripted.requests == []
    assert await in_thread(billing.balance) == before


async def test_in_the_middle_the_model_stops_writing(ask: Any, scripted: ScriptedProvider, take_over: TakeOver) -> None:
    scripted.play([Say("Let me see"), Pause(), Say(" never said")])
    taken = await in_thread(ask)
    await service.start(taken.run)
    async for batch in service.follow(str(taken.run.uuid)):
        if any(event.type == "text.delta" for event in batch):
            await take_over(taken)
    events = await assert_withdrawn(taken.run)
    assert "".join(event.data["text"] for event in events if event.type == "text.delta") == "Let me see"
    assert WidgetEncoder().encode(events)[-1] == {
        "type": "cancelled",
        "withdrawn": True,
        "run": str(taken.run.uuid),
        "seq": len(events),
        "prev": len(events) - 2,
    }
    assert b'"status":"handed_over","message_id":null' in RuntimeEncoder(conversation=None, agent="").encode(events[-1])


async def test_closing_takes_over_too(ask: Any, scripted: ScriptedProvider, take_over: TakeOver) -> None:
    gate = Pause()
    scripted.play([Say("Well"), gate])
    taken = await in_thread(ask)
    await service.start(taken.run)
    await gate.reached()
    await take_over(taken, "closed")
    await assert_withdrawn(taken.run)


async def test_what_the_vendor_charged_already_is_paid_for(
    ask: Any, scripted: ScriptedProvider, take_over: TakeOver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("frontdesk.providers.calls.cost", lambda model, usage: usage.input_tokens / 1000)
    before = await in_thread(billing.balance)
    gate = Pause()
    scripted.play([CallTool("no_such_tool"), Report(Usage(input_tokens=5))], [Say("Well"), gate])
    taken = await in_thread(ask)
    await service.start(taken.run)
    await gate.reached()
    await take_over(taken)
    await assert_withdrawn(taken.run)
    assert await in_thread(billing.balance) == before - 5


async def test_just_before_it_is_sent(
    ask: Any, scripted: ScriptedProvider, take_over: TakeOver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The whole answer is there, and its ending comes too late to be stopped."""
    reached, go_on = threading.Event(), threading.Event()
    commit = endings.commit

    def slow(*arguments: Any) -> Any:
        reached.set()
        go_on.wait(20)
        return commit(*arguments)

    monkeypatch.setattr(endings, "commit", slow)
    scripted.play(Say("All of it."))
    taken = await in_thread(ask)
    await service.start(taken.run)
    await in_thread(reached.wait, 20)
    await take_over(taken)
    go_on.set()
    await assert_withdrawn(taken.run)


async def test_sending_waits_for_who_is_taking_over(ask: Any, scripted: ScriptedProvider, owner: Any) -> None:
    taking, released = threading.Event(), threading.Event()

    def slowly() -> None:
        with transaction.atomic():
            conversations.set_status(owner, taken.turn.conversation, "support_active")
            taking.set()
            released.wait(20)
            wait_for(somebody_waits_for_us, failure=lambda: "It was sent meanwhile.", seconds=20)

    scripted.play([gate := Pause(), Say("All of it.")])
    taken = await in_thread(ask)
    await service.start(taken.run)
    await gate.reached()
    person = asyncio.create_task(in_thread(slowly))
    await in_thread(taking.wait, 20)
    gate.release()
    released.set()
    await person
    await assert_withdrawn(taken.run)


async def test_who_takes_over_waits_for_what_is_being_sent(
    ask: Any, scripted: ScriptedProvider, take_over: TakeOver, monkeypatch: pytest.MonkeyPatch
) -> None:
    locked, go_on = threading.Event(), threading.Event()
    end = journal.end

    def slow(*arguments: Any, **options: Any) -> bool:
        locked.set()
        go_on.wait(20)
        return end(*arguments, **options)

    monkeypatch.setattr(journal, "end", slow)
    scripted.play(Say("All of it."))
    taken = await in_thread(ask)
    await service.start(taken.run)
    await in_thread(locked.wait, 20)
    person = asyncio.create_task(take_over(taken))
    await asyncio.sleep(0)
    go_on.set()
    await person
    assert (await events_of(taken.run))[-1].type == "run.completed"
    assert (await Message.objects.aget(author="AI")).text == "All of it."
    await taken.turn.conversation.arefresh_from_db()
    assert taken.turn.conversation.status == "support_active"


async def test_a_run_that_asked_for_a_person_says_so(ask: Any, scripted: ScriptedProvider) -> None:
    scripted.play(CallTool("hand_over", {"reason": "asked"}), Say("Somebody will write to you."))
    taken = await in_thread(ask)
    await service.start(taken.run)
    assert (await events_of(taken.run))[-1].type == "run.completed"
    assert (await Message.objects.aget(author="AI")).text == "Somebody will write to you."


async def test_a_person_who_is_quicker_than_the_run_that_asked_for_one(
    ask: Any, scripted: ScriptedProvider, take_over: TakeOver
) -> None:
    gate = Pause()
    scripted.play(CallTool("hand_over", {"reason": "asked"}), [gate, Say("Somebody will write to you.")])
    taken = await in_thread(ask)
    await service.start(taken.run)
    await gate.reached()
    await take_over(taken)
    await assert_withdrawn(taken.run)


async def test_given_back_at_once_the_customer_keeps_what_was_said(
    ask: Any, scripted: ScriptedProvider, take_over: TakeOver, monkeypatch: pytest.MonkeyPatch
) -> None:
    reached, go_on = threading.Event(), threading.Event()
    commit = endings.commit

    def slow(*arguments: Any) -> Any:
        reached.set()
        go_on.wait(20)
        return commit(*arguments)

    monkeypatch.setattr(endings, "commit", slow)
    scripted.play(Say("All of it."))
    taken = await in_thread(ask)
    await service.start(taken.run)
    await in_thread(reached.wait, 20)
    await take_over(taken)
    await take_over(taken, "active")
    go_on.set()
    assert (await events_of(taken.run))[-1].type == "run.completed"
    assert (await Message.objects.aget(author="AI")).text == "All of it."


async def test_a_run_whose_process_died_meanwhile(ask: Any, scripted: ScriptedProvider, take_over: TakeOver) -> None:
    taken = await in_thread(ask)
    await in_thread(journal.claim, taken.run.pk, "gone")
    await take_over(taken)
    await Run.objects.aupdate(lease_until=timezone.now() - timedelta(seconds=1))
    assert await in_thread(actions.recover) == 1
    await assert_withdrawn(taken.run)
