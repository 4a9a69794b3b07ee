"""A tool of an MCP server in a run: from the model's call to the server's words in its answer."""

from __future__ import annotations

from typing import Any

import pytest

from frontdesk.agents import actions as agents
from frontdesk.agents.content import AgentContent
from frontdesk.core.threads import in_thread
from frontdesk.plugins import actions as plugins
from frontdesk.plugins.capabilities import manifest_of
from frontdesk.runs import service
from frontdesk.sdk.testing.scripted import CallTool, Say
from frontdesk.tools import actions as tools
from tests.ground.mcp_shop import Shop

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def granted(owner: Any, agent: Any, in_workspace: Any, shop: Shop, settings: Any) -> None:
    """The agent may greet and do what crashes, and nothing else of the shop."""
    settings.PROVIDER_ALLOWED_HOSTS = [shop.host]
    plugins.turn_on(owner, "mcp", agreed=manifest_of("mcp").permissions)
    made = tools.save_connection(owner, "mcp", {"address": shop.at("new")}, name="Shop")
    ids = [f"mcp.{made.uuid}.{name}" for name in ("greet", "crash")]
    agents.put_live(owner, agent, AgentContent(name="Mila", tools=ids, approvals={ids[1]: False}))
    agent.refresh_from_db()


async def test_the_model_calls_a_tool_of_a_server(ask: Any, scripted: Any, granted: None) -> None:
    scripted.play(CallTool("greet", {"name": 7}))
    scripted.play(CallTool("greet", {"name": "Amal"}))
    scripted.play(CallTool("crash", {}))
    scripted.play(Say("Greetings."))
    run = (await in_thread(ask)).run
    await service.start(run)
    events = [event async for batch in service.follow(str(run.uuid)) for event in batch]
    offered = {spec.name for spec in scripted.requests[0].tools}
    assert {"greet", "crash"} <= offered and "fail" not in offered
    wrong, right, broken = [event.data for event in events if event.type == "tool.returned"]
    assert "7 is not of type 'string'" in wrong["problem"]
    assert right["result"] == "Hello, Amal."
    assert broken["problem"].startswith("127.0.0.1: ") and "fire" not in broken["problem"]
    assert events[-1].type == "run.completed"
