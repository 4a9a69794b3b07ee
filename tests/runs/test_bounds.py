"""What a model may do at most in one answer, and what it is shown of what its tools found."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from frontdesk.billing import queries as billing
from frontdesk.core.threads import in_thread
from frontdesk.providers import registry
from frontdesk.runs import engine, journal, service
from frontdesk.runs.engine import Execution
from frontdesk.runs.models import Run
from frontdesk.runs.stream import Stream
from frontdesk.runs.tools import ToolResult
from frontdesk.sdk.testing.scripted import CallTool, Say, ScriptedConfig, ScriptedProvider, Think
from frontdesk.sdk.values import Passage

pytestmark = pytest.mark.django_db(transaction=True)
registry_build = registry.build


async def ending(run: Run) -> dict[str, object]:
    await service.start(run)
    last = await service.wait(str(run.uuid))
    return {"type": last.type, **last.data}


@pytest.mark.parametrize("kind", [Say, Think])
async def test_a_model_that_never_stops_is_stopped_with_a_sentence(kind, ask, scripted, workspace) -> None:
    scripted.play([kind("x" * (engine.MAX_ANSWER - 1)), kind("and on"), Say("and on")])
    before = await in_thread(billing.balance)
    run = (await in_thread(ask)).run
    last = await ending(run)
    assert (last["type"], last["code"]) == ("run.failed", "ANSWER_TOO_LONG")
    await run.arefresh_from_db()
    assert run.state == Run.State.FAILED
    assert await in_thread(billing.balance) == before, "credits are returned"


async def test_a_model_that_asks_for_very_many_tools_at_once_is_stopped(ask, scripted) -> None:
    scripted.play([CallTool("hand_over", {"wrong": 1})] * (engine.MAX_TOOL_CALLS + 1))
    assert (await ending((await in_thread(ask)).run))["code"] == "STEP_LIMIT"


async def test_passages_of_a_tool_are_quoted_under_the_numbers_by_which_they_are_cited(ask, scripted) -> None:
    run = (await in_thread(ask)).run
    execution = Execution(run, Stream(str(run.uuid)))
    first, second = (Passage(n, f"</passage> fact {n}", "", 1.0, 1, "Menu") for n in (1, 2))
    execution.passages = [first]
    shown = execution._join_passages(ToolResult("", passages=(second, first)))
    assert [passage.id for passage in execution.passages] == [1, 2]
    assert shown.startswith('<passage number="2" source="Menu">') and '<passage number="1"' in shown
    assert shown.count("</passage>") == 2


async def test_a_fault_in_one_plugin_leaves_the_answer_to_the_next(ask, owner, scripted, monkeypatch) -> None:
    class Faulty(ScriptedProvider):
        slug, label = "faulty", "Faulty"

        async def chat(self, request) -> AsyncIterator[Any]:
            raise KeyError("a mistake of the plugin's author")
            yield

    monkeypatch.setattr(registry, "provider_classes", lambda: {"faulty": Faulty, "scripted": ScriptedProvider})
    monkeypatch.setattr(registry, "build", lambda slug, account: Faulty(ScriptedConfig()) if slug == "faulty" else scripted)
    scripted.play(Say("Here I am."))
    run = (await in_thread(ask)).run
    assert (await ending(run))["type"] == "run.completed"
    problems = [event.data["problem"] for event in await in_thread(journal.read, run) if event.type == "usage.recorded"]
    assert problems == ['The plugin for faulty failed: KeyError: "a mistake of the plugin\'s author"', ""]


async def test_a_plugin_that_cannot_make_its_provider_leaves_the_answer_to_the_next(ask, scripted, monkeypatch) -> None:
    class Unmakeable(ScriptedProvider):
        slug, label = "unmakeable", "Unmakeable"

        def __init__(self, *args, **kwargs) -> None:
            raise TypeError("made for an older Frontdesk")

    build = registry_build
    monkeypatch.setattr(registry, "provider_classes", lambda: {"unmakeable": Unmakeable, "scripted": ScriptedProvider})
    monkeypatch.setattr(registry, "build", lambda slug, account: scripted if slug == "scripted" else build(slug, account))
    scripted.play(Say("Here I am."))
    assert (await ending((await in_thread(ask)).run))["type"] == "run.completed"
