"""What observers hear of a run."""

from __future__ import annotations

import asyncio

import pytest

from frontdesk.core.threads import in_thread
from frontdesk.plugins import actions as plugins
from frontdesk.runs.live import live_runs
from frontdesk.sdk.manifest import Permissions
from frontdesk.sdk.observers import RunEvent
from frontdesk.sdk.testing.scripted import Say
from tests.ground.plugins import Heard, module

pytestmark = pytest.mark.django_db(transaction=True)
SEES = Permissions(data=("conversations",))


async def test_a_run_is_heard_from_its_start_to_its_ending(install, owner, ask, scripted) -> None:
    listener = Heard()
    install(module("listener", permissions=SEES, hooks=listener.hooks()))
    await in_thread(plugins.turn_on, owner, "listener", agreed=SEES)
    scripted.play(Say("We open at eight."))
    taken = await in_thread(ask, "When do you open?")
    await (await live_runs().start(taken.run.pk))
    async with asyncio.timeout(10):
        while not any(event.type == "run.completed" for event in await listener.of(RunEvent)):
            await asyncio.sleep(0.01)
    events = await listener.of(RunEvent)
    assert {event.run for event in events} == {taken.run.uuid}
    assert [event.seq for event in events] == sorted({event.seq for event in events})
    assert [event.type for event in events if event.type != "usage.recorded"] == [
        "run.started",
        "sources.found",
        "message.completed",
        "run.completed",
    ]
