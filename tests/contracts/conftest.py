"""Clients of a live web process, with a person's token and with a program's key."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio

from frontdesk.agents import actions as agents
from frontdesk.agents.content import AgentContent
from frontdesk.agents.models import Agent
from tests.conftest import bearer
from tests.ground.live import Web


@pytest.fixture
def agent(transactional_db: None, owner: Any, in_workspace: Any) -> Agent:
    made = agents.create_agent(owner, AgentContent(name="Mila"), live=True)
    made.refresh_from_db()
    return made


@pytest_asyncio.fixture
async def person(live_web: Web, alice: Any, workspace: Any, agent: Agent) -> AsyncIterator[httpx.AsyncClient]:
    """Alice, with her token and her workspace."""
    async with httpx.AsyncClient(base_url=live_web.url, headers=bearer(alice, workspace), timeout=30, trust_env=False) as client:
        yield client


@pytest_asyncio.fixture
async def program(live_web: Web, raw_key: str, agent: Agent) -> AsyncIterator[httpx.AsyncClient]:
    headers = {"Authorization": f"Api-Key {raw_key}"}
    async with httpx.AsyncClient(base_url=live_web.url, headers=headers, timeout=30, trust_env=False) as client:
        yield client
