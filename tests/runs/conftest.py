"""An agent that customers may talk to, and a provider that plays what a test tells it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from frontdesk.agents import actions as agents
from frontdesk.agents.content import AgentContent
from frontdesk.agents.models import Agent
from frontdesk.conversations.actions import Inbound
from frontdesk.providers import registry
from frontdesk.runs import actions
from frontdesk.sdk.testing.scripted import ScriptedProvider

from .following import Elsewhere


@pytest.fixture
def scripted(monkeypatch: pytest.MonkeyPatch) -> Iterator[ScriptedProvider]:
    """The only provider there is; fails the test on a call too many or too few."""
    provider = ScriptedProvider(steps=[])
    monkeypatch.setattr(registry, "provider_classes", lambda: {"scripted": ScriptedProvider})
    monkeypatch.setattr(registry, "build", lambda slug, account: provider)
    yield provider
    provider.assert_finished()


@pytest.fixture
def agent(owner: Any, in_workspace: Any) -> Agent:
    made = agents.create_agent(owner, AgentContent(name="Mila", max_steps=3), live=True)
    made.refresh_from_db()
    return made


@pytest.fixture
def ask(owner: Any, agent: Agent) -> Callable[..., actions.Taken]:
    """Take a customer's message; keyword arguments as in `Inbound`."""

    def taken(text: str = "Hello?", *, queue: bool = False, **fields: Any) -> actions.Taken:
        inbound = Inbound(text=text, channel_kind="api", sender=fields.pop("sender", "customer"), **fields)
        return actions.take(owner, agent, inbound, queue=queue)

    return taken


@pytest.fixture
def elsewhere() -> Iterator[Elsewhere]:
    made = Elsewhere()
    yield made
    made.close()
