"""Tools in a run: what the model is offered, what goes out, what comes back, and what a customer never sees."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from frontdesk.agents import actions as agents
from frontdesk.agents.content import AgentContent
from frontdesk.core.threads import in_thread
from frontdesk.runs import service
from frontdesk.runs.encoders.runtime import RuntimeEncoder
from frontdesk.runs.encoders.widget import WidgetEncoder
from frontdesk.runs.events import RunEvent
from frontdesk.runs.models import Run
from frontdesk.sdk.testing.scripted import CallTool, Say
from frontdesk.tools import actions as tools
from frontdesk.tools.models import HttpTool
from tests.ground.service import Service

pytestmark = pytest.mark.django_db(transaction=True)
ORDER = {"type": "object", "properties": {"order": {"type": "string", "pattern": "^[0-9]+$"}}, "required": ["order"]}


async def perform(run: Run) -> list[RunEvent]:
    await service.start(run)
    return [event async for batch in service.follow(str(run.uuid)) for event in batch]


def returned(events: list[RunEvent]) -> list[Any]:
    """What each call gave the model, or the problem."""
    rows = [event.data for event in events if event.type == "tool.returned"]
    return [row.get("result", row.get("problem")) for row in rows]


@pytest.fixture
def grant(owner: Any, agent: Any) -> Callable[..., None]:
    """Let the agent use these tools."""

    def granted(*ids: str, **approvals: bool) -> None:
        content = AgentContent(name="Mila", max_steps=8, tools=list(ids), approvals={ids[0]: True} if approvals else {})
        agents.put_live(owner, agent, content)
        agent.refresh_from_db()

    return granted


@pytest.fixture
def order_tool(owner: Any, in_workspace: Any, service: Service) -> HttpTool:
    return tools.create_http_tool(
        owner,
        {
            "name": "Find an order",
            "description": "Looks an order up.",
            "endpoint_url": f"{service.url}/orders/{{order}}",
            "body_schema": ORDER,
            "secret_headers": {"X-Key": "s3cret-key"},
        },
    )


async def test_an_agent_is_offered_what_it_was_granted_and_works(ask, scripted, grant, order_tool) -> None:
    await in_thread(
        grant, "kit.calculate", order_tool.grant, "kit.nothing", "other.tool", "http.00000000-0000-0000-0000-000000000000"
    )
    scripted.play(Say("Hello."))
    await perform((await in_thread(ask)).run)
    offered = scripted.requests[0].tools
    assert [tool.name for tool in offered] == ["hand_over", "calculate", "find_an_order"]
    assert offered[2].parameters == order_tool.body_schema
    assert offered[2].description == "Looks an order up."


async def test_without_grants_nothing_is_offered(ask, scripted) -> None:
    scripted.play(Say("Hello."))
    await perform((await in_thread(ask)).run)
    assert [tool.name for tool in scripted.requests[0].tools] == ["hand_over"]


async def test_a_tool_of_a_plugin_is_used(ask, scripted, grant) -> None:
    await in_thread(grant, "kit.calculate")
    scripted.play(CallTool("calculate", {"expression": "3 * 4.2"}), Say("Twelve sixty."))
    events = await perform((await in_thread(ask)).run)
    assert returned(events) == ["3 * 4.2 = 12.6"]
    assert scripted.requests[1].messages[-1].text == "3 * 4.2 = 12.6"


async def test_an_http_tool_is_used(ask, scripted, grant, order_tool, service) -> None:
    await in_thread(grant, order_tool.grant)
    scripted.play(CallTool("find_an_order", {"order": "77"}), Say("It is on its way."))
    events = await perform((await in_thread(ask)).run)
    assert (service.heard[0]["path"], service.heard[0]["headers"]["x-key"]) == ("/orders/77", "s3cret-key")
    assert "/orders/77" in returned(events)[0]
    assert not any("s3cret" in str(event.data) for event in events)
    assert all("s3cret" not in message.text for message in scripted.requests[1].messages)


async def test_arguments_that_do_not_fit_never_go_out_and_may_be_tried_again_twice(
    ask, scripted, grant, order_tool, service
) -> None:
    await in_thread(grant, order_tool.grant)
    scripted.play(
        CallTool("find_an_order", {"order": 5}),
        CallTool("find_an_order", '{"order": '),
        CallTool("find_an_order", {"order": "seven"}),
        CallTool("find_an_order", {"order": "7"}),
        Say("I cannot find it."),
    )
    events = await perform((await in_thread(ask)).run)
    told = returned(events)
    assert "order: 5 is not of type 'string'" in told[0] and "2 times at most" in told[0]
    assert "not JSON" in told[1] and "1 times at most" in told[1]
    assert "'seven' does not match" in told[2] and "Do not call it again" in told[2]
    assert "is refused" in told[3]
    assert service.heard == []
    assert events[-1].type == "run.completed"


async def test_a_second_try_that_fits_goes_out(ask, scripted, grant, order_tool, service) -> None:
    await in_thread(grant, order_tool.grant)
    scripted.play(CallTool("find_an_order", {}), CallTool("find_an_order", {"order": "7"}), Say("Found."))
    await perform((await in_thread(ask)).run)
    assert [heard["path"] for heard in service.heard] == ["/orders/7"]


@pytest.mark.parametrize(
    ("path", "said"), [("/gone", "error (404)"), ("/inside", "private network"), ("/huge", "larger than 16 MiB")]
)
async def test_a_tool_that_fails_does_not_end_the_answer(ask, scripted, grant, owner, service, path, said) -> None:
    tool = await in_thread(tools.create_http_tool, owner, {"name": "Broken", "endpoint_url": service.url + path})
    await in_thread(grant, tool.grant)
    scripted.play(CallTool("broken", {}), Say("Sorry, I cannot look that up now."))
    events = await perform((await in_thread(ask)).run)
    assert said in returned(events)[0]
    assert events[-1].type == "run.completed"


async def test_names_that_models_cannot_say_are_made_fit_and_kept_apart(ask, scripted, grant, owner, service) -> None:
    values = {"endpoint_url": f"{service.url}/echo"}
    made = [
        await in_thread(tools.create_http_tool, owner, {"name": name, **values})
        for name in ("حجز طاولة", "Hand over!", "hand-over", "7 days")
    ]
    await in_thread(grant, *[tool.grant for tool in made])
    scripted.play(Say("Hello."))
    await perform((await in_thread(ask)).run)
    names = [tool.name for tool in scripted.requests[0].tools]
    assert names == ["hand_over", f"tool_{made[0].pk}", "hand_over_2", "hand_over_3", "t_7_days"]


async def test_a_deleted_tool_is_gone_at_once(ask, scripted, grant, owner, order_tool) -> None:
    await in_thread(grant, order_tool.grant)
    await in_thread(tools.delete_http_tool, owner, order_tool)
    scripted.play(CallTool("find_an_order", {"order": "7"}), Say("I cannot."))
    events = await perform((await in_thread(ask)).run)
    assert returned(events) == ["There is no tool called find_an_order."]


async def test_a_tool_of_another_workspace_does_not_exist(ask, scripted, grant, stranger, other_workspace, service) -> None:
    from frontdesk.core.scoping import scope

    with scope(workspace=other_workspace):
        foreign = await in_thread(tools.create_http_tool, stranger, {"name": "Charlie's", "endpoint_url": f"{service.url}/echo"})
    await in_thread(grant, foreign.grant)
    scripted.play(CallTool("charlie_s", {}), Say("Hello."))
    events = await perform((await in_thread(ask)).run)
    assert [tool.name for tool in scripted.requests[0].tools] == ["hand_over"]
    assert returned(events) == ["There is no tool called charlie_s."]
    assert service.heard == []


async def test_customers_see_neither_tools_nor_what_they_said(ask, scripted, grant, order_tool) -> None:
    await in_thread(grant, order_tool.grant)
    scripted.play(CallTool("find_an_order", {"order": "77"}), Say("It is on its way."))
    taken = await in_thread(ask)
    events = await perform(taken.run)
    frames = WidgetEncoder().encode(events)
    assert {frame["type"] for frame in frames} == {"start", "delta", "message", "end"}
    assert "orders" not in str(frames) and "find_an_order" not in str(frames)
    encoder = RuntimeEncoder(conversation=None, agent="a")
    assert b"orders" not in b"".join(encoder.encode(event) for event in events)


async def test_calls_that_a_model_gave_one_id_keep_their_own_results(ask, scripted, grant) -> None:
    await in_thread(grant, "kit.calculate")
    calls = [CallTool("calculate", {"expression": sum_}, id="same") for sum_ in ("1+1", "2+2")]
    scripted.play(calls, Say("Two and four."))
    await perform((await in_thread(ask)).run)
    told = [message for message in scripted.requests[1].messages if message.role == "tool"]
    assert [message.text for message in told] == ["1+1 = 2", "2+2 = 4"]
    assert len({message.tool_call_id for message in told}) == 2
