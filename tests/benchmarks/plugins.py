"""What plugins cost a run that does not use them, what an observer costs, and what calling a plugin costs against a bare await.

    .venv/bin/python tests/benchmarks/plugins.py [--rounds 15] [--runs 20] [--idle 20]

Whole runs in this process: a message is taken, searched for, answered by a scripted model in 20 words, written down. The agent
has a tool, so which plugins are on is asked as usual. In each round every case has its turn, in another order; what counts is
the median of the rounds' ratios to the case without, in processor time and by the clock. Bundled plugins are there in each.
The data are in .data/benchmark, or where FRONTDESK_DATA says.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import statistics
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType
from typing import Any
from uuid import uuid4

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "platform")]
os.environ.setdefault("FRONTDESK_DATA", str(ROOT / ".data/benchmark"))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "frontdesk.config.settings")
os.environ["FRONTDESK_SCRIPTED"] = "1"
WORDS = " ".join(f"word{number}" for number in range(20))
NONE, IDLE, OBSERVED = "none", "idle", "observed"
CALLS = 2000


def idle_plugin(number: int) -> ModuleType:
    """Offers a tool that nobody uses."""
    from frontdesk.sdk.tools import Tool
    from tests.ground.plugins import module

    class Unused(Tool):
        name, label, description = f"unused_{number}", "Unused", "Nobody uses this."
        parameters = {"type": "object", "properties": {}}

        async def call(self, arguments: Any, context: Any) -> str:
            return ""

    return module(f"idle_{number}", hooks={"register_tools": lambda: [Unused()]})


def observer_plugin() -> ModuleType:
    """Hears all, and does nothing."""
    from frontdesk.sdk.manifest import Permissions
    from tests.ground.plugins import module

    async def run_event(event: Any, context: Any) -> None:
        return None

    async def message_received(message: Any, context: Any) -> None:
        return None

    async def conversation_changed(change: Any, context: Any) -> None:
        return None

    hooks = {each.__name__: each for each in (run_event, message_received, conversation_changed)}
    return module("observer", permissions=Permissions(data=("conversations",)), hooks=hooks)


@dataclass
class Case:
    """A workspace with its plugins, and what a block of its runs took: seconds of processor and of the clock, each run."""

    name: str
    owner: Any
    agent: Any
    host: Any

    def use(self) -> None:
        from frontdesk.plugins import host as plugins
        from frontdesk.providers.registry import provider_classes

        plugins.host.cache_clear()
        plugins.entry_points = lambda group: []
        plugins.PluginHost, made = (lambda _modules: self.host), plugins.PluginHost
        try:
            plugins.host()
        finally:
            plugins.PluginHost = made
        provider_classes.cache_clear()

    async def runs(self, count: int) -> tuple[float, float]:
        self.use()
        await self.one()
        processor, clock = time.process_time(), time.perf_counter()
        for _ in range(count):
            await self.one()
        return (time.process_time() - processor) / count, (time.perf_counter() - clock) / count

    async def one(self) -> None:
        from frontdesk.core.threads import in_thread
        from frontdesk.runs import service

        run = await in_thread(self._take)
        await service.start(run)
        async for batch in service.follow(str(run.uuid)):
            last = batch[-1].type
        assert last == "run.completed", last

    def _take(self) -> Any:
        from frontdesk.conversations.actions import Inbound
        from frontdesk.core.scoping import scope
        from frontdesk.runs import actions

        with scope(workspace=self.owner.workspace):
            return actions.take(
                self.owner, self.agent, Inbound("When do you open?", "api", f"customer {uuid4()}"), queue=False
            ).run


def prepare(idle: int) -> list[Case]:
    from frontdesk.core import engines

    engines.ensure()
    import django

    django.setup()
    from django.core.management import call_command

    from frontdesk.plugins.host import PluginHost
    from frontdesk.providers import registry
    from frontdesk.sdk.hookspecs import ENTRY_POINT_GROUP
    from frontdesk.sdk.testing.scripted import Say, ScriptedProvider

    call_command("migrate", interactive=False, verbosity=0)

    class Speaker(ScriptedProvider):
        async def chat(self, request: Any) -> Any:
            async for event in ScriptedProvider(steps=[Say(WORDS)]).chat(request):
                yield event

    registry.build = lambda slug, account: Speaker(steps=[])
    bundled = [(entry.name, entry.load) for entry in entry_points(group=ENTRY_POINT_GROUP)]
    more = {NONE: [], IDLE: [idle_plugin(number) for number in range(idle)], OBSERVED: [observer_plugin()]}
    hosts = {name: PluginHost([*bundled, *((each.__name__, lambda it=each: it) for each in made)]) for name, made in more.items()}
    return [made_case(name, hosts[name], more[name]) for name in more]


def made_case(name: str, host: Any, modules: list[ModuleType]) -> Case:
    from frontdesk.agents import actions as agents
    from frontdesk.agents.content import AgentContent
    from frontdesk.core.scoping import scope
    from frontdesk.plugins import actions
    from frontdesk.workspaces.accounts import create_workspace
    from frontdesk.workspaces.credentials import member
    from frontdesk.workspaces.models import User

    user = User.objects.create(email=f"{uuid4()}@example.org")
    owner = member(user, str(create_workspace(user, name).uuid))
    with scope(workspace=owner.workspace):
        agent = agents.create_agent(owner, AgentContent(name="Mila", tools=["kit.calculate"]), live=True)
        agent.refresh_from_db()
        case = Case(name, owner, agent, host)
        case.use()
        for each in modules:
            actions.turn_on(owner, each.__name__, agreed=each.manifest().permissions)
    return case


async def compare(cases: list[Case], rounds: int, runs: int) -> None:
    ratios: dict[str, list[tuple[float, float]]] = {case.name: [] for case in cases}
    plain: list[tuple[float, float]] = []
    for case in cases:
        await case.runs(runs)
    for _ in range(rounds):
        took = {case.name: await case.runs(runs) for case in random.sample(cases, len(cases))}
        plain.append(took[NONE])
        for name, (processor, clock) in took.items():
            ratios[name].append((processor / took[NONE][0], clock / took[NONE][1]))
    processor, clock = (1000 * statistics.median(column) for column in zip(*plain, strict=True))
    print(f"a run without: {processor:.1f} ms of processor, {clock:.1f} ms by the clock")
    for name in (IDLE, OBSERVED):
        by_processor, by_clock = (statistics.median(column) for column in zip(*ratios[name], strict=True))
        print(f"{name:<9} ÷ none, median of {rounds} rounds: processor {by_processor:.3f}, clock {by_clock:.3f}")


async def microseconds(function: Callable[[], Awaitable[Any]]) -> float:
    started = time.perf_counter()
    for _ in range(CALLS):
        await function()
    return 1e6 * (time.perf_counter() - started) / CALLS


async def cost_of_a_call() -> None:
    from frontdesk.plugins import calling

    async def nothing() -> int:
        return 1

    async def through() -> int:
        return await calling.call("benchmark", "nothing", nothing, answers=int)

    await through()
    found = [(await microseconds(nothing), await microseconds(through)) for _ in range(5)]
    bare, called = (statistics.median(column) for column in zip(*found, strict=True))
    print(f"a bare await {bare:.2f} µs, calling.call {called:.0f} µs")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--idle", type=int, default=20)
    options = parser.parse_args()
    cases = prepare(options.idle)
    print(f"{options.rounds} rounds of {options.runs} runs, load {os.getloadavg()[0]:.1f}")
    asyncio.run(compare(cases, options.rounds, options.runs))
    asyncio.run(cost_of_a_call())
    print(f"load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
