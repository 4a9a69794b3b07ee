"""A run and its followers in different processes."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from frontdesk.conversations.models import Message
from frontdesk.core import valkey
from frontdesk.core.engines import process
from frontdesk.core.engines.valkey import Valkey
from frontdesk.core.threads import in_thread
from frontdesk.runs import actions, endings, journal, live, service
from frontdesk.runs.events import RunEvent
from frontdesk.runs.models import Run
from frontdesk.sdk.testing.scripted import Pause, Say, ScriptedProvider

from .following import Elsewhere, assert_whole, balance_is_the_sum_of_the_ledger, events_of, let_lease_run_out, said, until_said

pytestmark = pytest.mark.django_db(transaction=True)
WORDS = " ".join(f"word{number}" for number in range(40))


@pytest.fixture
def own_valkey(settings: Any, tmp_path: Path) -> Iterator[Valkey]:
    """One of this test's own, to be killed by it."""
    server = Valkey(tmp_path)
    server.start()
    settings.REDIS_URL = server.url
    valkey.client.cache_clear()
    yield server
    server.stop()
    valkey.client.cache_clear()


def kill(server: Valkey) -> None:
    process.find(server.pid_file, mentions=server.socket).kill()


async def test_a_run_elsewhere_is_followed_word_by_word(ask: Any, scripted: ScriptedProvider, elsewhere: Elsewhere) -> None:
    gate = Pause()
    scripted.play([Say("First."), gate, Say(" Second.", pace=0.01)])
    taken = await in_thread(ask)
    await asyncio.wrap_future(elsewhere(service.start(taken.run)))
    following = asyncio.create_task(events_of(taken.run))
    seen = await until_said(taken.run, "First.")
    assert not any(event.ends for event in seen)
    gate.release()
    events = await following
    assert said(events) == "First. Second."
    assert_whole(events, ending="run.completed")
    assert events == await in_thread(journal.read, taken.run)


async def test_many_followers_elsewhere_come_at_different_times(
    ask: Any, scripted: ScriptedProvider, elsewhere: Elsewhere
) -> None:
    scripted.play(Say(WORDS, pace=0.02))
    taken = await in_thread(ask)
    await asyncio.wrap_future(elsewhere(service.start(taken.run)))
    followers = []
    for number in (0, 5, 10, 20):
        await until_said(taken.run, f"word{number}")
        followers.append(asyncio.create_task(events_of(taken.run)))
    for follower in followers:
        events = await follower
        assert said(events) == WORDS
        assert_whole(events, ending="run.completed")


async def test_a_follower_who_comes_late_reads_what_was_told_live_only_once_from_the_journal(
    ask: Any, scripted: ScriptedProvider, elsewhere: Elsewhere, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the journal lags behind what is told, what was told waits for it instead of being asked for again and again."""
    taken = await in_thread(ask)
    events = [RunEvent(str(taken.run.uuid), seq, "text.delta", {"text": str(seq)}) for seq in range(1, 9)]
    ending = RunEvent(str(taken.run.uuid), 9, "run.completed", {})
    written = [[], events[:3], events[:5]]
    reads = []

    def read(run_pk: int, after: int) -> list[RunEvent]:
        reads.append(after)
        return [event for event in written[min(len(reads), len(written)) - 1] if event.seq > after]

    async def told(run_id: str) -> AsyncIterator[list[RunEvent]]:
        for batch in ([], events[5:6], events[6:7], events[7:8], [ending]):
            yield batch

    monkeypatch.setattr(service, "_written", read)
    monkeypatch.setattr(service, "_told", told)
    seen = [event async for batch in service._from_elsewhere(taken.run, 0, None) for event in batch]
    assert seen == [*events, ending]
    assert len(reads) == 3


async def test_silence_is_told_wherever_the_run_is(ask: Any, scripted: ScriptedProvider, elsewhere: Elsewhere) -> None:
    gate = Pause()
    scripted.play([gate, Say("Here.")])
    taken = await in_thread(ask)
    await asyncio.wrap_future(elsewhere(service.start(taken.run)))
    follow = asyncio.wrap_future(elsewhere(first_silence(taken.run))), asyncio.create_task(first_silence(taken.run))
    assert await asyncio.gather(*follow) == [[], []]
    gate.release()
    assert_whole(await events_of(taken.run), ending="run.completed")


async def first_silence(run: Run) -> list[RunEvent]:
    async for batch in service.follow(str(run.uuid), silence=0.1):
        if not batch:
            return batch
    raise AssertionError("there was no silence")


async def test_without_valkey_followers_elsewhere_go_on_by_the_journal(
    ask: Any, scripted: ScriptedProvider, elsewhere: Elsewhere, own_valkey: Valkey
) -> None:
    gate = Pause()
    scripted.play([Say("First."), gate, Say(" Second.")])
    taken = await in_thread(ask)
    await asyncio.wrap_future(elsewhere(service.start(taken.run)))
    await until_said(taken.run, "First.")
    kill(own_valkey)
    following = asyncio.create_task(events_of(taken.run))
    await until_said(taken.run, "First.")
    gate.release()
    events = await following
    assert said(events) == "First. Second."
    assert_whole(events, ending="run.completed")


async def test_cancel_reaches_the_process_that_has_the_run(ask: Any, scripted: ScriptedProvider, elsewhere: Elsewhere) -> None:
    scripted.play([Say("Once upon"), Pause()])
    taken = await in_thread(ask)
    await asyncio.wrap_future(elsewhere(service.start(taken.run)))
    await until_said(taken.run, "Once upon")
    await service.cancel(taken.run)
    events = await events_of(taken.run)
    assert_whole(events, ending="run.cancelled")
    assert (await Message.objects.aget(author="AI")).text == "Once upon"


async def test_without_valkey_cancel_arrives_with_the_next_lease(
    ask: Any, scripted: ScriptedProvider, elsewhere: Elsewhere, own_valkey: Valkey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "LEASE_SECONDS", 0.2)
    scripted.play([Say("Once upon"), Pause()])
    taken = await in_thread(ask)
    await asyncio.wrap_future(elsewhere(service.start(taken.run)))
    await until_said(taken.run, "Once upon")
    kill(own_valkey)
    await service.cancel(taken.run)
    assert_whole(await events_of(taken.run), ending="run.cancelled")


async def test_a_stop_that_comes_while_the_ending_is_written_changes_nothing(
    ask: Any, scripted: ScriptedProvider, monkeypatch: pytest.MonkeyPatch
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
    await service.cancel(taken.run)
    go_on.set()
    events = await events_of(taken.run)
    assert_whole(events, ending="run.completed")
    assert await Message.objects.filter(author="AI", text="All of it.").aexists()


async def test_who_lost_the_lease_stops_and_shows_no_ending_of_its_own(
    ask: Any, scripted: ScriptedProvider, elsewhere: Elsewhere, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "LEASE_SECONDS", 0.2)
    scripted.play([Say("Once upon"), Pause()])
    taken = await in_thread(ask)
    await asyncio.wrap_future(elsewhere(service.start(taken.run)))
    watcher = elsewhere(events_of(taken.run))
    await until_said(taken.run, "Once upon")
    await let_lease_run_out(taken.run)
    while not (await in_thread(actions.recover)) or (await Run.objects.aget()).state == Run.State.RUNNING:
        await let_lease_run_out(taken.run)  # its owner may just have extended it
    events = await asyncio.wrap_future(watcher)
    assert_whole(events, ending="run.failed")
    assert events[-1].data["code"] == "INTERRUPTED"
    assert not await Message.objects.filter(author="AI").aexists()
    assert await balance_is_the_sum_of_the_ledger()
