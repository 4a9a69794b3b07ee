"""Runs whose process is gone, and what a worker makes of those that wait."""

from __future__ import annotations

import asyncio
import random
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError
from django.utils import timezone

from frontdesk.billing import queries as billing
from frontdesk.conversations.models import Message
from frontdesk.core import jobs as core_jobs
from frontdesk.core.models import Job
from frontdesk.core.threads import in_thread
from frontdesk.runs import actions, journal, live, service
from frontdesk.runs.events import RunEvent
from frontdesk.runs.models import JournalSegment, Run
from frontdesk.runs.stream import Stream
from frontdesk.sdk.testing.scripted import CallTool, Pause, Say, ScriptedProvider

from .following import Elsewhere, assert_whole, balance_is_the_sum_of_the_ledger, events_of, let_lease_run_out, said, until_said

pytestmark = pytest.mark.django_db(transaction=True)


async def test_a_run_that_said_nothing_is_done_again_by_a_worker(
    ask: Any, scripted: ScriptedProvider, elsewhere: Elsewhere
) -> None:
    hold = Pause()
    scripted.play([hold], CallTool("hand_over", {"reason": "asked"}), Say("Here I am."))
    taken = await in_thread(ask)
    await asyncio.wrap_future(elsewhere(service.start(taken.run)))
    await hold.reached()
    elsewhere.dies()
    await let_lease_run_out(taken.run)
    assert await in_thread(actions.recover) == 1
    job = await Job._base_manager.aget(kind="runs.execute")
    await in_thread(core_jobs.run, job.pk)
    events = await events_of(taken.run)
    assert said(events) == "Here I am."
    assert_whole(events, ending="run.completed")
    assert [event.data["attempt"] for event in events if event.type == "run.started"] == [1, 2]
    assert await in_thread(journal.read, taken.run) == events
    assert await Message.objects.filter(author="AI").acount() == 1
    assert await balance_is_the_sum_of_the_ledger()


async def test_a_run_that_said_something_ends_with_a_sentence_and_its_credits_come_back(
    ask: Any, scripted: ScriptedProvider, elsewhere: Elsewhere
) -> None:
    before = await in_thread(billing.balance)
    scripted.play([Say("I was about"), Pause()])
    taken = await in_thread(ask)
    await asyncio.wrap_future(elsewhere(service.start(taken.run)))
    seen = await until_said(taken.run, "I was about")
    elsewhere.dies()
    await let_lease_run_out(taken.run)
    job = await in_thread(core_jobs.enqueue, "runs.execute", workspace=taken.run.workspace, run_id=taken.run.pk)
    await in_thread(core_jobs.run, job.pk)  # a worker that is rung once more does not begin anew
    assert await in_thread(actions.recover) == 1
    events = await events_of(taken.run)
    assert_whole(events, ending="run.failed")
    assert events[-1].data == {
        "message": "The answer was interrupted. Please send your message again.",
        "code": "INTERRUPTED",
        "retry": True,
    }
    assert await in_thread(billing.balance) == before
    assert await in_thread(actions.recover) == 0
    late = await events_of(taken.run, after=seen[-1].seq + 100)
    assert [(event.seq, event.type) for event in late] == [(seen[-1].seq + 101, "run.failed")]


async def test_the_first_word_is_in_the_journal_before_anybody_sees_it(
    ask: Any, scripted: ScriptedProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a killed process would leave a client with words that the next one says again, in other words."""
    monkeypatch.setattr(live, "FLUSH_SECONDS", 600.0)
    hold = Pause()
    scripted.play([Say("Well"), hold, Say(" then.")])
    taken = await in_thread(ask)
    await service.start(taken.run)
    seen = await until_said(taken.run, "Well")
    assert await in_thread(journal.read, taken.run) == seen
    hold.release()
    assert_whole(await events_of(taken.run), ending="run.completed")


async def test_a_process_that_died_before_it_began_loses_nothing(ask: Any, scripted: ScriptedProvider) -> None:
    scripted.play(Say("Here I am."))
    taken = await in_thread(ask)
    assert await in_thread(actions.recover) == 0, "it may be just about to begin"
    long_ago = timezone.now() - 3 * journal.LEASE
    await Run.objects.filter(pk=taken.run.pk).aupdate(created_at=long_ago)
    assert await in_thread(actions.recover) == 1
    job = await Job._base_manager.aget(kind="runs.execute")
    await in_thread(core_jobs.run, job.pk)
    assert_whole(await events_of(taken.run), ending="run.completed")


async def test_a_run_that_waits_for_a_worker_is_left_alone_until_it_has_waited_for_too_long(
    ask: Any, scripted: ScriptedProvider
) -> None:
    before = await in_thread(billing.balance)
    run = (await in_thread(ask)).run
    waiting = Run.objects.filter(pk=run.pk)
    await waiting.aupdate(created_at=timezone.now() - timedelta(hours=1))
    job = await in_thread(core_jobs.enqueue, "runs.execute", workspace=run.workspace, key=str(run.uuid), run_id=run.pk)
    assert await in_thread(actions.recover) == 0, "its job is only late"
    await waiting.aupdate(created_at=timezone.now() - actions.LONGEST_WAIT)
    assert await in_thread(actions.recover) == 1
    assert_whole(await events_of(run), ending="run.failed")
    await in_thread(core_jobs.run, job.pk)  # comes too late, and asks no model
    assert await in_thread(billing.balance) == before


async def test_a_run_whose_process_died_is_begun_again_however_late(ask: Any, scripted: ScriptedProvider) -> None:
    scripted.play(Say("Here I am."))
    run = (await in_thread(ask)).run
    await in_thread(journal.claim, run.pk, "killed")
    long_ago = timezone.now() - timedelta(hours=1)
    await Run.objects.filter(pk=run.pk).aupdate(lease_until=long_ago, deadline_at=long_ago)
    assert await in_thread(actions.recover) == 1
    await in_thread(core_jobs.run, (await Job._base_manager.aget(kind="runs.execute")).pk)
    assert_whole(await events_of(run), ending="run.completed")


async def test_a_run_that_is_taken_up_has_begun_in_the_journal_or_is_not_taken(
    ask: Any, scripted: ScriptedProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = (await in_thread(ask)).run
    with monkeypatch.context() as broken:
        broken.setattr(journal, "_segment", lambda *arguments: JournalSegment(run_id=None))
        with pytest.raises(IntegrityError):
            await in_thread(journal.begin, run.pk, "us")
    await run.arefresh_from_db()
    assert (run.state, run.attempts) == (Run.State.QUEUED, 0)
    claimed, told = await in_thread(journal.begin, run.pk, "us")
    assert [(event.seq, event.type, event.data["agent"]) for event in told] == [(1, "run.started", "Mila")]
    assert await in_thread(journal.read, claimed) == told
    assert await in_thread(journal.begin, run.pk, "others") is None


async def test_a_worker_answers_also_what_waited_meanwhile(ask: Any, scripted: ScriptedProvider) -> None:
    first, second = Pause(), Say("To the second.")
    scripted.play([Say("To the first."), first], second)
    taken = await in_thread(ask, "First?")
    job = await in_thread(core_jobs.enqueue, "runs.execute", workspace=taken.run.workspace, run_id=taken.run.pk)
    working = asyncio.create_task(in_thread(core_jobs.run, job.pk))
    await first.reached()
    waiting = await in_thread(ask, "Second?", conversation=taken.turn.conversation.uuid, queue=True)
    assert waiting.run is None
    first.release()
    await working
    texts = [text async for text in Message.objects.filter(author="AI").order_by("id").values_list("text", flat=True)]
    assert texts == ["To the first.", "To the second."]


async def test_characters_that_cannot_be_stored_are_left_out(ask: Any, scripted: ScriptedProvider) -> None:
    scripted.play(Say("Oat\x00 milk\ud83d is here."))
    taken = await in_thread(ask)
    await service.start(taken.run)
    events = await events_of(taken.run)
    assert said(events) == "Oat milk is here."
    assert_whole(events, ending="run.completed")


async def test_attempts_are_limited(ask: Any, scripted: ScriptedProvider) -> None:
    taken = await in_thread(ask)
    for attempt in range(actions.MAX_ATTEMPTS):
        assert (await in_thread(journal.claim, taken.run.pk, f"process {attempt}")).attempts == attempt + 1
        await let_lease_run_out(taken.run)
    await in_thread(actions.recover)
    assert_whole(await events_of(taken.run), ending="run.failed")
    assert not await Job._base_manager.filter(kind="runs.execute").aexists()


async def test_what_a_process_writes_that_lost_its_run_is_dropped(ask: Any, scripted: ScriptedProvider) -> None:
    taken = await in_thread(ask)
    await in_thread(journal.claim, taken.run.pk, "first")
    await let_lease_run_out(taken.run)
    await in_thread(journal.claim, taken.run.pk, "second")
    event = RunEvent(str(taken.run.uuid), 1, "text.delta", {"text": "too late"})
    await in_thread(journal.write_many, [(taken.run.pk, [event])], "first")
    assert not await JournalSegment.objects.aexists()
    assert await in_thread(journal.extend_leases, [taken.run.pk], "first") == {}


async def test_journals_and_leases_of_many_runs_do_not_wait_for_each_other(ask: Any, scripted: ScriptedProvider) -> None:
    """PostgreSQL would end one of the two after a second, and the test with it."""
    runs = [(await in_thread(ask, sender=f"customer {number}")).run.pk for number in range(20)]
    for pk in runs:
        await in_thread(journal.claim, pk, "us")

    def write(number: int) -> None:
        event = RunEvent("run", number, "text.delta", {"text": "word"})
        journal.write_many([(pk, [event]) for pk in random.sample(runs, len(runs))], "us")

    def extend() -> dict[int, bool]:
        return journal.extend_leases(random.sample(runs, len(runs)), "us")

    both = [work for number in range(1, 41) for work in (in_thread(write, number), in_thread(extend))]
    held = [result for result in await asyncio.gather(*both) if result]
    assert [len(result) for result in held] == [20] * 40
    assert await JournalSegment.objects.acount() == 20 * 40


@pytest.mark.parametrize(("after", "numbers"), [(0, [3, 4, 5]), (2, [3, 4, 5]), (4, [5]), (5, [5]), (50, [5])])
async def test_a_stream_that_has_ended_tells_its_ending_to_everybody(after: int, numbers: list[int]) -> None:
    stream = Stream("run", last_seq=2)
    for word in ("a", "b"):
        stream.add("text.delta", {"text": word})
    stream.add("run.completed", {})
    assert [event.seq async for batch in stream.follow(after) for event in batch] == numbers
