"""Plugins of every kind that misbehave in every way when they are used: others work, an agent answers, and the owner is told.

What they do when they are loaded or asked for what they offer is in test_host.py; loaders of files are in tests/knowledge.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pytest

from frontdesk.agents import actions as agents
from frontdesk.agents.content import AgentContent
from frontdesk.channels import actions as channels
from frontdesk.channels import intake, receiving
from frontdesk.channels.kinds import webhook_url
from frontdesk.channels.models import Arrival
from frontdesk.conversations import actions as conversations
from frontdesk.core import jobs
from frontdesk.core.errors import FrontdeskError
from frontdesk.core.models import Job
from frontdesk.core.scoping import scope, unscoped
from frontdesk.core.threads import in_thread
from frontdesk.evals import judging
from frontdesk.insights import actions as boards
from frontdesk.insights import looking
from frontdesk.insights import queries as cards
from frontdesk.plugins import actions, calling, incidents, observing
from frontdesk.plugins.host import host
from frontdesk.plugins.models import Incident
from frontdesk.providers import calls
from frontdesk.runs import service
from frontdesk.sdk.errors import ProviderError
from frontdesk.sdk.evaluators import Evaluator, Exchange, Verdict
from frontdesk.sdk.manifest import Permissions
from frontdesk.sdk.observers import MessageReceived
from frontdesk.sdk.speech import SpeechEngine, Voice
from frontdesk.sdk.testing import broken
from frontdesk.sdk.testing.answers import read_answer
from frontdesk.sdk.testing.broken import HOWS, SECRET, How
from frontdesk.sdk.testing.scripted import CallTool, Say
from frontdesk.sdk.tools import Tool, ToolSource
from frontdesk.sdk.values import ChatRequest, ModelInfo, Speech, Usage, message
from frontdesk.sdk.widgets import AnalyticsWidget, Note
from frontdesk.speech import speaking
from frontdesk.speech.choosing import Wish
from frontdesk.surfaces.site import themes
from frontdesk.tools import actions as tools
from tests.ground.plugins import Heard, module

from .test_doctor import Secretive

pytestmark = pytest.mark.django_db(transaction=True)
SHORT = 0.4
ASKS = Permissions(data=("conversations", "knowledge", "figures"), secrets=("key",))
TROUBLE = {
    "raises": "by nought",
    "exits": "SystemExit",
    "hangs": "did not answer in time",
    "blocks": "did not answer in time",
    "wrong": "int instead of",
    "strays": "did not ask for elsewhere.example",
}
"""What the owner is told of each, besides which plugin and which part of it."""


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Limits of less than a second, and an end for what blocks."""
    for room, name in (
        (calling, "GRACE_SECONDS"),
        (observing, "SECONDS"),
        (judging, "SECONDS"),
        (looking, "SECONDS"),
        (calls, "SILENCE_SECONDS"),
        (speaking, "SECONDS_A_PIECE"),
        (intake, "SECONDS"),
        (receiving, "SECONDS"),
    ):
        monkeypatch.setattr(room, name, SHORT)
    monkeypatch.setitem(calling.call.__kwdefaults__, "seconds", SHORT)
    broken.LET_GO.clear()
    yield
    broken.LET_GO.set()


class FineTool(Tool):
    name, label, description, parameters = "fine", "Fine", "Works well.", {"type": "object", "properties": {}}

    async def call(self, arguments: Any, context: Any) -> str:
        return "It works."


class FineSource(ToolSource):
    slug, label = "source_fine", "Fine"

    async def tools(self, context: Any) -> list[Tool]:
        return [FineTool()]


class FineCard(AnalyticsWidget):
    slug, label = "card_fine", "Fine"

    async def look(self, figures: Any, context: Any) -> Note:
        return Note("It works.")


class FineJudge(Evaluator):
    slug, label = "judge_fine", "Fine"

    async def judge(self, exchange: Any, context: Any) -> Verdict:
        return Verdict(1.0, True, "It works.")


class FineEngine(SpeechEngine):
    slug, label, gives = "engine_fine", "Fine", ("audio/mpeg",)

    async def voices(self, context: Any) -> list[Voice]:
        return [Voice("anna", "Anna")]

    async def speak(self, text: str, *, voice: str, media_type: str, context: Any) -> AsyncIterator[Speech]:
        yield Speech(b"It works.", media_type)


@dataclass
class Desk:
    """The café with what a test needs of it."""

    owner: Any
    agent: Any
    ask: Callable[..., Any]
    scripted: Any

    @property
    def workspace(self) -> Any:
        return self.owner.workspace

    async def answer(self, *steps: Any) -> list[Any]:
        """The events of an answer that the model makes in these steps."""
        self.scripted.play(*steps, Say("We open at eight."))
        taken = await in_thread(self.ask)
        await service.start(taken.run)
        events = [event async for batch in service.follow(str(taken.run.uuid)) for event in batch]
        assert [event.type for event in events][-1] == "run.completed"
        return events


async def use_tool(desk: Desk, which: str) -> str:
    """In an answer: the model is told, and goes on."""
    events = await desk.answer(CallTool(which if which == "fine" else f"it_{which}", {}))
    (returned,) = [event.data for event in events if event.type == "tool.returned"]
    return returned.get("result") or returned["problem"]


async def use_source(desk: Desk, which: str) -> str:
    """An owner connects it."""
    row = await in_thread(tools.save_connection, desk.owner, f"source_{which}", {})
    assert len(row.tools) == 1
    return "It works." if which == "fine" else ""


async def use_card(desk: Desk, which: str) -> str:
    """It stands on Home."""
    card_id = await in_thread(boards.add, desk.owner, f"card_{which}")
    placed = await in_thread(cards.card, desk.workspace, card_id)
    return (await looking.look(desk.workspace, placed, language="en")).text


async def use_judge(desk: Desk, which: str) -> str:
    """An owner asks why."""
    judged = await judging.judge(desk.workspace, Exchange("When do you open?", "At eight."))
    (said,) = [each for each in judged if each.slug == f"judge_{which}"]
    return said.verdict.reason if said.verdict else said.problem


async def use_engine(desk: Desk, which: str) -> str:
    """An answer is read out."""
    pieces = [piece async for piece in speaking.speak(desk.owner, "Hello.", Wish(engine=f"engine_{which}"))]
    return b"".join(piece.speech.audio for piece in pieces).decode()


@dataclass(frozen=True)
class Kind:
    """How plugins of a kind are made and used. `trouble` is what is told instead of the usual; None for nothing to tell of."""

    hook: str
    make: Callable[[How], Any]
    fine: Any
    use: Callable[[Desk, str], Any]
    trouble: dict[str, str | None]


USED = {
    "tool": Kind("register_tools", broken.tool, FineTool(), use_tool, {"huge": None}),
    "tool source": Kind("register_tools", broken.tool_source, FineSource, use_source, {"huge": None}),
    "card": Kind(
        "register_analytics_widgets", broken.card, FineCard, use_card, {"wrong": "or a Note, not int", "huge": "at most 300 char"}
    ),
    "evaluator": Kind("register_evaluators", broken.evaluator, FineJudge, use_judge, {"huge": None}),
    "speech": Kind("register_speech", broken.engine, FineEngine, use_engine, {"huge": None}),
}


def turn_on(owner: Any, *modules: ModuleType) -> None:
    with scope(workspace=owner.workspace):
        for each in modules:
            actions.turn_on(owner, each.__name__, agreed=each.manifest().permissions)
        actions.configure(owner, "broken", {"key": SECRET})


@pytest.fixture
def desk(owner: Any, agent: Any, ask: Any, scripted: Any, other_workspace: Any) -> Desk:
    return Desk(owner, agent, ask, scripted)


@pytest.fixture
def theirs(install: Any, desk: Desk) -> Callable[..., None]:
    """Installs a broken plugin and a fine one, and turns them on. The agent may use their tools."""

    def put(broken_hooks: dict[str, Any], fine_hooks: dict[str, Any]) -> None:
        both = (
            module("broken", permissions=ASKS, config=Secretive, hooks=broken_hooks),
            module("fine", permissions=Permissions(data=ASKS.data), hooks=fine_hooks),
        )
        install(*both)
        turn_on(desk.owner, *both)
        granted = ["fine.fine", *(f"broken.it_{how}" for how in HOWS)]
        agents.put_live(desk.owner, desk.agent, AgentContent(name="Mila", max_steps=3, tools=granted))
        desk.agent.refresh_from_db()

    return put


def noted() -> list[str]:
    """What the owner of each workspace is told, newest last."""
    incidents.written()
    with unscoped():
        rows = Incident.objects.order_by("last_at").select_related("workspace")
        assert {row.workspace.name for row in rows} <= {"Café"}, "nobody else is told"
        return [row.problem for row in rows]


@pytest.mark.parametrize("kind", USED.values(), ids=USED)
async def test_one_that_misbehaves_hurts_nobody(desk: Desk, theirs: Any, kind: Kind) -> None:
    await desk.answer()
    before = Left.now()
    for how in HOWS:
        await in_thread(theirs, {kind.hook: lambda how=how: [kind.make(how)]}, {kind.hook: lambda: [kind.fine]})
        try:
            said = await kind.use(desk, how)
        except FrontdeskError as error:
            said = str(error.message)
        assert len(said) <= 20_000 and SECRET not in said, how
        told = {**TROUBLE, **kind.trouble}[how]
        if told is not None:
            newest = (await in_thread(noted))[-1]
            assert newest.startswith("The plugin broken failed (") and told in newest, (how, newest)
            assert SECRET not in newest
        assert await kind.use(desk, "fine") == "It works.", f"after it {how}"
        assert [each.problem for each in host().broken] == []
    await desk.answer()
    await before.nothing_more()


@dataclass(frozen=True)
class Left:
    """What runs beside a test: threads of the broken plugin, and tasks of ours."""

    threads: frozenset[threading.Thread]
    tasks: frozenset[Any]

    @classmethod
    def now(cls) -> Left:
        threads = frozenset(thread for thread in threading.enumerate() if thread.name == "plugin broken")
        return cls(threads, frozenset(asyncio.all_tasks()))

    async def nothing_more(self) -> None:
        """Once those that blocked are let go: a plugin has one thread, and nothing of it runs in ours."""
        broken.LET_GO.set()
        async with asyncio.timeout(10):
            while len(Left.now().threads - self.threads) > 1 or Left.now().tasks - self.tasks:
                await asyncio.sleep(0.01)


@pytest.mark.parametrize(
    ("how", "told"),
    [("raises", "by nought"), ("exits", "SystemExit"), ("hangs", "was silent"), ("wrong", "stopped in the middle")],
)
async def test_when_a_provider_misbehaves_another_answers(install: Any, owner: Any, how: How, told: str) -> None:
    install(module("broken", hooks={"register_providers": lambda: [broken.provider(how)]}))
    await in_thread(turn_on_bare, owner, "broken")
    chain = await calls.candidates(owner.workspace, f"provider_{how}:m")
    assert [chain[0].provider, chain[-1].provider] == [f"provider_{how}", "offline"]
    made: list[calls.Call] = []
    request = ChatRequest("m", [message("user", "When do you open?")])
    answer = await read_answer(calls.chat([chain[0], chain[-1]], request, report=made.append))
    assert answer.text and answer.reason == "stop"
    assert told in made[0].problem
    assert (made[-1].provider, made[-1].problem) == ("offline", "")


def turn_on_bare(owner: Any, slug: str) -> None:
    with scope(workspace=owner.workspace):
        actions.turn_on(owner, slug, agreed=host().manifests[slug].permissions)


async def test_a_provider_that_breaks_while_ranking_is_passed_over(install: Any, owner: Any) -> None:
    class Ranker(broken.provider("raises")):
        async def models(self) -> list[ModelInfo]:
            return [ModelInfo("r", "rerank", label="R")]

        async def rerank(self, model: str, query: str, texts: Any) -> Any:
            raise ZeroDivisionError("by nought")

    install(module("broken", hooks={"register_providers": lambda: [Ranker]}))
    await in_thread(turn_on_bare, owner, "broken")
    scores = await calls.rerank(owner.workspace, "provider_raises:r", "hours", ["We open at eight."])
    assert scores is not None and len(scores) == 1, "the offline one is asked"


def embedder_that(how: str) -> Any:
    async def embed(self: Any, model: str, texts: Any, *, kind: str) -> Any:
        if how == "raises":
            raise ZeroDivisionError("by nought")
        if how == "leaves":
            raise SystemExit(3)
        if how == "hangs":
            await asyncio.sleep(60)
        return (None if how == "nonsense" else np.ones((len(texts) + 1, 3), np.float32)), Usage()

    async def models(self: Any) -> list[ModelInfo]:
        return [ModelInfo("e", "embedding", label="E", dimensions=3)]

    return type("Embeds", (broken.provider("raises"),), {"embed": embed, "models": models})


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("raises", "by nought"),
        ("leaves", "SystemExit"),
        ("hangs", "did not answer within"),
        ("nonsense", "NoneType for 1 texts"),
        ("too many", "for 1 texts"),
    ],
)
async def test_a_provider_that_breaks_while_embedding_is_a_sentence(
    install: Any, owner: Any, monkeypatch: pytest.MonkeyPatch, how: str, said: str
) -> None:
    monkeypatch.setattr(calls, "EMBED_SECONDS", {"query": 0.05})
    monkeypatch.setattr(calls, "TRIES", 1)
    install(module("broken", hooks={"register_providers": lambda: [embedder_that(how)]}))
    await in_thread(turn_on_bare, owner, "broken")
    with pytest.raises(ProviderError, match=said):
        await calls.embed(owner.workspace, "provider_raises:e", ["When do you open?"], kind="query")


async def test_when_an_observer_misbehaves_others_hear(theirs: Any, desk: Desk) -> None:
    async def message_received(message: MessageReceived, context: Any) -> None:
        await broken.misbehave(message.text, context)

    listener = Heard()
    await in_thread(theirs, {"message_received": message_received}, listener.hooks())
    for number, how in enumerate(HOWS, start=1):
        await in_thread(write, desk, how)
        told = await listener.of(MessageReceived, number)
        assert [each.text for each in told] == list(HOWS[:number])
        async with asyncio.timeout(10):
            while how in TROUBLE and how != "wrong" and TROUBLE[how] not in "".join(await in_thread(noted)):
                await asyncio.sleep(0.01)
    await desk.answer()


def write(desk: Desk, text: str) -> None:
    with scope(workspace=desk.workspace):
        conversations.receive(desk.workspace, desk.agent.pk, conversations.Inbound(text, "api", "sam"))


@pytest.mark.parametrize(("how", "told"), [(how, TROUBLE[how]) for how in ("raises", "exits", "blocks", "wrong")])
def test_a_channel_that_misbehaves_loses_nothing(install: Any, owner: Any, agent: Any, client: Any, how: How, told: str) -> None:
    install(
        module(
            "broken", permissions=Permissions(data=("conversations",)), hooks={"register_channels": lambda: [broken.channel(how)]}
        )
    )
    turn_on_bare(owner, "broken")
    with scope(workspace=owner.workspace):
        channel = channels.connect(owner, f"channel_{how}", agent.pk, {}, name="Theirs")
        address = urlsplit(webhook_url(channel)).path
    assert client.post(address, data=b"{}", content_type="application/json").status_code == 200, "the vendor is told that it came"
    with scope(workspace=owner.workspace):
        jobs.run(Job.objects.get().pk)
        arrival = Arrival.objects.get()
    assert (arrival.state, bytes(arrival.body)) == (Arrival.State.DEAD, b"{}"), "what it could not read stays"
    assert told in arrival.problem
    assert told in noted()[-1]


def test_a_look_that_cannot_be_used_leaves_the_others(install: Any, owner: Any, tmp_path: Path, client: Any) -> None:
    def folder(name: str, toml: bytes) -> Path:
        (tmp_path / name).mkdir()
        (tmp_path / name / "theme.toml").write_bytes(toml)
        return tmp_path / name

    looks = [
        tmp_path / "nowhere",
        folder("binary", b"\x00\xff" * 1000),
        folder("nested", b"a = " + b"[" * 5_000),  # deeper than Python calls
        folder("huge", b'name = "' + b"x" * broken.MEGABYTES + b'"'),
        folder("inside", b""),
    ]
    (tmp_path / "inside/theme.toml").unlink()
    (tmp_path / "inside/theme.toml").mkdir()
    install(module("broken", hooks={"register_themes": lambda: looks}))
    turn_on_bare(owner, "broken")
    assert set(themes.available(owner.workspace)) == {"calm", "cafe", "midnight", "ocean_professional"}
    told = [each.problem for each in host().broken]
    assert len(told) == len(looks), told
    assert all(problem.startswith("A look cannot be used. ") and len(problem) < 1000 for problem in told), told
    assert all(any(look.name in problem for problem in told) for look in looks), told
