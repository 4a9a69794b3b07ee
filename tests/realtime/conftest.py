"""A widget on the café's pages, and browsers' tabs that talk to it over real sockets."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from typing import Any

import pytest
import pytest_asyncio

from frontdesk.agents import actions as agents
from frontdesk.agents.content import AgentContent
from frontdesk.agents.models import Agent
from frontdesk.channels import actions as channels
from frontdesk.channels.models import Channel
from tests.ground.live import Web

from .tab import ORIGIN, Tab


@pytest.fixture
def agent(transactional_db: None, owner: Any, in_workspace: Any) -> Agent:
    made = agents.create_agent(owner, AgentContent(name="Mila"), live=True)
    made.refresh_from_db()
    return made


@pytest.fixture
def widget(owner: Any, agent: Agent) -> Channel:
    return channels.create_widget(owner, agent.pk, name="Shop", origins=[ORIGIN])


@pytest.fixture(autouse=True)
def nothing_went_wrong(live_web: Web) -> Iterator[None]:
    """Whatever a visitor does, the web process logs no error."""
    before = len(live_web.said())
    yield
    assert not live_web.errors(before)


@pytest_asyncio.fixture
async def tab(live_web: Web, widget: Channel) -> AsyncIterator[Callable[..., Any]]:
    """Open a tab, by default of one new visitor on the owner's page; options as in `Tab.open`."""
    async with AsyncExitStack() as stack:

        async def open(**options: Any) -> Tab:
            made = await Tab.open(live_web.url, **{"key": widget.public_key, **options})
            stack.push_async_callback(made.close)
            return made

        yield open
