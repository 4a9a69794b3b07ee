"""The official client, with keys of two businesses, at a live web process."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import httpx2
import pytest
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from frontdesk.agents import actions as agents
from frontdesk.agents.content import AgentContent
from frontdesk.agents.models import Agent
from frontdesk.core import jobs
from frontdesk.core.scoping import scope
from frontdesk.core.threads import in_thread
from frontdesk.knowledge import actions as knowledge
from frontdesk.workspaces.actions import create_api_key
from tests.ground.live import Web

HOURS = "We are open from eight to six. On Sunday we are closed."
SECRET = "The garage keeps its spare keys in the blue locker."
Connect = Callable[..., AbstractAsyncContextManager[Client]]


@pytest.fixture(autouse=True)
def nothing_went_wrong(live_web: Web) -> Iterator[None]:
    """Whatever a client does, the web process logs no error."""
    before = len(live_web.said())
    yield
    assert not live_web.errors(before)


@pytest.fixture(autouse=True)
def businesses(transactional_db: None, owner: Any, stranger: Any) -> dict[str, Agent]:
    """The café's agent is live and knows the hours, another is not live; the garage has an agent and a secret of its own."""
    made = {}
    for actor, name, text in ((owner, "Mila", HOURS), (stranger, "Gus", SECRET)):
        with scope(workspace=actor.workspace):
            base = knowledge.create_base(actor, "House")
            jobs.run(knowledge.add_text(actor, base, "Notes", text).job_id)
            made[name] = agents.create_agent(actor, AgentContent(name=name, greeting="Hello!", knowledge=[base.uuid]), live=True)
    with scope(workspace=owner.workspace):
        made["Draft"] = agents.create_agent(owner, AgentContent(name="Draft"))
    return made


@pytest.fixture
def stranger_key(stranger: Any) -> str:
    with scope(workspace=stranger.workspace):
        return create_api_key(stranger, "Tests", ["127.0.0.1"])[1]


@pytest.fixture
def connect(live_web: Web, raw_key: str) -> Connect:
    """Open a client; `key` as a Bearer token, or the whole `authorization`. Modes as the library has them."""

    @asynccontextmanager
    async def opened(key: str = raw_key, *, authorization: str = "", mode: str = "auto", **headers: str) -> AsyncIterator[Client]:
        sent = {"Authorization": authorization or f"Bearer {key}", **headers}
        async with (
            httpx2.AsyncClient(headers=sent, timeout=30) as http,
            Client(streamable_http_client(f"{live_web.url}/mcp", http_client=http), mode=mode) as client,
        ):
            yield client

    return opened


async def in_rows(function: Callable[..., Any], workspace: Any, *args: Any) -> Any:
    """A query in a workspace, from a test that runs in an event loop."""

    def inside() -> Any:
        with scope(workspace=workspace):
            return function(*args)

    return await in_thread(inside)
