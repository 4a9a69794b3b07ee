"""Frontdesk as an MCP server, asked by the official client over HTTP: both ways of the protocol, two tenants, and bad input."""

from __future__ import annotations

import asyncio
import re
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from mcp import MCPError

from frontdesk.billing.models import CreditAccount, LedgerEntry
from frontdesk.conversations.models import Conversation, Message
from frontdesk.core import limits
from frontdesk.runs.models import Run
from frontdesk.workspaces.actions import revoke_api_key
from frontdesk.workspaces.models import ApiKey
from tests.conftest import bearer
from tests.ground.live import POEM, Web

from .conftest import HOURS, SECRET, Connect, in_rows

pytestmark = pytest.mark.django_db(transaction=True)
BOTH = pytest.mark.parametrize("mode", ["auto", "legacy"])


def words(result: Any) -> str:
    return "\n".join(block.text for block in result.content)


@BOTH
async def test_it_says_what_it_can_do(connect: Connect, mode: str) -> None:
    async with connect(mode=mode) as client:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        assert client.server_info.name == "frontdesk" and "conversation" in client.instructions
    assert list(tools) == ["list_agents", "ask_agent", "search_knowledge"]
    assert tools["ask_agent"].input_schema["required"] == ["agent", "question"]
    assert tools["search_knowledge"].annotations.read_only_hint and not tools["ask_agent"].annotations.read_only_hint


@BOTH
async def test_only_live_agents_of_ones_own_business(connect: Connect, stranger_key: str, businesses: Any, mode: str) -> None:
    async with connect(mode=mode) as client:
        found = (await client.call_tool("list_agents")).structured_content["agents"]
    assert [agent["name"] for agent in found] == ["Mila"]
    assert (found[0]["id"], found[0]["greeting"]) == (str(businesses["Mila"].uuid), "Hello!")
    async with connect(stranger_key, mode=mode) as client:
        assert [agent["name"] for agent in (await client.call_tool("list_agents")).structured_content["agents"]] == ["Gus"]


@BOTH
async def test_an_answer_is_kept_and_paid_for(connect: Connect, workspace: Any, mode: str) -> None:
    async with connect(mode=mode) as client:
        first = await client.call_tool("ask_agent", {"agent": "mila", "question": "Thanks", "user": "desk 4"})
        said = first.structured_content
        assert (said["status"], said["answer"]) == ("answered", "You are welcome.")
        again = {"agent": "Mila", "question": "And again?", "conversation_id": said["conversation_id"], "user": "desk 4"}
        assert (await client.call_tool("ask_agent", again)).structured_content["conversation_id"] == said["conversation_id"]
    assert words(first) == f"You are welcome.\nconversation_id: {said['conversation_id']}"
    kept = await in_rows(
        lambda: [(row.uuid, row.channel_kind, row.messages.count()) for row in Conversation.objects.all()], workspace
    )
    assert [(str(uuid), kind, count) for uuid, kind, count in kept] == [(said["conversation_id"], "mcp", 4)]
    assert await in_rows(lambda: Run.objects.filter(test=False, state=Run.State.COMPLETED).count(), workspace) == 2
    assert await in_rows(lambda: LedgerEntry.objects.filter(reference__startswith="run:").exists(), workspace)


@BOTH
async def test_a_long_answer_says_how_far_it_is(connect: Connect, mode: str) -> None:
    told: list[tuple[float, str]] = []

    async def on_progress(progress: float, total: float | None, message: str | None) -> None:
        told.append((progress, message or ""))

    async with connect(mode=mode) as client:
        done = await client.call_tool("ask_agent", {"agent": "Mila", "question": "recite"}, progress_callback=on_progress)
    assert done.structured_content["answer"] == POEM
    assert [number for number, _ in told] == list(range(1, len(told) + 1)) and told
    assert all(re.fullmatch(r"\d+ characters written", message) for _, message in told)


async def test_hanging_up_stops_the_answer(connect: Connect, workspace: Any) -> None:
    """As the protocol has it since 2026-07-28."""
    async with connect() as client:
        asked = asyncio.create_task(client.call_tool("ask_agent", {"agent": "Mila", "question": "hold on"}))
        await _until(lambda: Run.objects.filter(state=Run.State.RUNNING).exists(), workspace)
        asked.cancel()
        await _until(lambda: Run.objects.filter(state=Run.State.CANCELLED).exists(), workspace)


async def test_with_a_session_hanging_up_says_nothing(connect: Connect, workspace: Any) -> None:
    async with connect(mode="legacy") as client:
        asked = asyncio.create_task(client.call_tool("ask_agent", {"agent": "Mila", "question": "mull"}))
        await _until(lambda: Run.objects.filter(state=Run.State.RUNNING).exists(), workspace)
        asked.cancel()
    await _until(lambda: Message.objects.filter(text="After some thought.").exists(), workspace)


async def _until(what: Any, workspace: Any) -> None:
    async with asyncio.timeout(20):
        while not await in_rows(what, workspace):
            await asyncio.sleep(0.05)


@BOTH
async def test_passages_of_ones_own_knowledge(connect: Connect, stranger_key: str, mode: str) -> None:
    async with connect(mode=mode) as client:
        for where in ({}, {"agent": "Mila"}):
            found = (await client.call_tool("search_knowledge", {"query": "open on Sunday?", **where})).structured_content
            assert [(each["text"], each["source"]) for each in found["passages"]] == [(HOURS, "Notes")]
            assert 0 < found["confidence"] <= 1
        elsewhere = await client.call_tool("search_knowledge", {"query": "spare keys blue locker"})
        assert SECRET not in words(elsewhere)
        assert (await client.call_tool("search_knowledge", {"query": "open", "agent": "Gus"})).is_error
    async with connect(stranger_key, mode=mode) as client:
        assert SECRET in words(await client.call_tool("search_knowledge", {"query": "spare keys"}))


async def test_nothing_of_another_business_can_be_asked(connect: Connect, stranger_key: str, businesses: Any) -> None:
    async with connect() as client:
        mine = await client.call_tool("ask_agent", {"agent": "Mila", "question": "Thanks"})
    asked = {"question": "Thanks", "conversation_id": mine.structured_content["conversation_id"]}
    async with connect(stranger_key) as client:
        for agent in ("Mila", str(businesses["Mila"].uuid)):
            refused = await client.call_tool("ask_agent", {"agent": agent, "question": "Thanks"})
            assert refused.is_error and f"There is no live agent called “{agent}” here." in words(refused)
        other = await client.call_tool("ask_agent", {"agent": "Gus", **asked})
        assert other.is_error and other.structured_content["code"] == "CONVERSATION_NOT_FOUND"


@pytest.mark.parametrize(
    ("tool", "arguments", "said"),
    [
        ("ask_agent", {"agent": "Draft", "question": "Hi"}, "There is no live agent called “Draft” here"),
        ("ask_agent", {"agent": "", "question": "Hi"}, "agent: String should have at least 1 character"),
        ("ask_agent", {"agent": "Mila", "question": " "}, "question: String should have at least 1 character"),
        ("ask_agent", {"agent": "Mila", "question": "\x00"}, "question: String should have at least 1 character"),
        ("ask_agent", {"agent": "Mila", "question": "x" * 20_001}, "question: String should have at most 20000"),
        ("ask_agent", {"agent": "Mila"}, "question: Field required"),
        (
            "ask_agent",
            {"agent": "Mila", "question": "Hi", "conversation_id": "7"},
            "conversation_id: Input should be a valid UUID",
        ),
        ("ask_agent", {"agent": "Mila", "question": "Hi", "conversation_id": str(uuid4())}, "conversation"),
        ("ask_agent", {"agent": "Mila", "question": "Hi", "system": "obey"}, "system: Extra inputs are not permitted"),
        ("ask_agent", {"agent": "Mila", "question": "break off"}, "cannot answer right now"),
        ("search_knowledge", {"query": "x", "limit": 1000}, "limit: Input should be less than or equal to 20"),
        ("search_knowledge", {"query": ["x"]}, "query: Input should be a valid string"),
    ],
)
async def test_what_cannot_be_done_is_said(connect: Connect, tool: str, arguments: dict[str, Any], said: str) -> None:
    async with connect() as client:
        result = await client.call_tool(tool, arguments)
    assert result.is_error and said in words(result) and result.structured_content["code"].isupper()


async def test_a_tool_that_does_not_exist(connect: Connect) -> None:
    async with connect() as client:
        with pytest.raises(MCPError, match="There is no tool called hand_over"):
            await client.call_tool("hand_over", {})


async def test_a_person_who_answers_and_two_questions_at_once(connect: Connect, workspace: Any) -> None:
    async with connect() as client:
        done = await client.call_tool("ask_agent", {"agent": "Mila", "question": "A person please"})
        said = done.structured_content
        later = {"agent": "Mila", "question": "Still there?", "conversation_id": said["conversation_id"]}
        waiting = await client.call_tool("ask_agent", later)
        assert (waiting.structured_content["status"], waiting.structured_content["answer"]) == ("handed_over", "")
        assert "A person of the business will answer." in words(waiting)
        many = [client.call_tool("ask_agent", {"agent": "Mila", "question": f"Thanks {number}"}) for number in range(4)]
        answers = await asyncio.gather(*many)
    assert len({answer.structured_content["conversation_id"] for answer in answers}) == 4


async def test_one_question_at_a_time_in_a_conversation(connect: Connect, workspace: Any) -> None:
    async with connect() as client:
        first = asyncio.create_task(client.call_tool("ask_agent", {"agent": "Mila", "question": "mull"}))
        await _until(lambda: Run.objects.filter(state=Run.State.RUNNING).exists(), workspace)
        conversation = await in_rows(lambda: str(Conversation.objects.get().uuid), workspace)
        again = {"agent": "Mila", "question": "Well?", "conversation_id": conversation}
        refused = await client.call_tool("ask_agent", again)
        assert refused.is_error and refused.structured_content["code"] == "RUN_IN_PROGRESS"
        assert "Wait for the answer" in words(refused)
        assert (await first).structured_content["answer"] == "After some thought."


async def test_no_credits_no_answer(connect: Connect, workspace: Any) -> None:
    await in_rows(lambda: CreditAccount.objects.update(balance=0), workspace)
    async with connect() as client:
        refused = await client.call_tool("ask_agent", {"agent": "Mila", "question": "Thanks"})
    assert refused.is_error and refused.structured_content["code"] == "PAYMENT_REQUIRED"
    assert await in_rows(lambda: Conversation.objects.count(), workspace) == 0


async def test_either_scheme_and_a_person_too(connect: Connect, raw_key: str, alice: Any, workspace: Any) -> None:
    async with connect(authorization=f"Api-Key {raw_key}") as client:
        assert not (await client.call_tool("list_agents")).is_error
    token = bearer(alice, workspace)
    async with connect(authorization=token["Authorization"], **{"X-Workspace-ID": str(workspace.uuid)}) as client:
        assert not (await client.call_tool("list_agents")).is_error


async def ask(live_web: Web, method: str = "POST", body: Any = None, **headers: str) -> httpx2.Response:
    accepted = {"Accept": "application/json, text/event-stream", **headers}
    async with httpx2.AsyncClient(timeout=30) as http:
        return await http.request(method, f"{live_web.url}/mcp", json=body, headers=accepted)


PING = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}


async def test_a_wrong_credential(live_web: Web, raw_key: str, owner: Any, workspace: Any) -> None:
    for sent, status, code in (
        ({}, 401, "NOT_AUTHENTICATED"),
        ({"Authorization": f"Bearer {raw_key}x"}, 401, "API_KEY_INVALID"),
        ({"Authorization": "Basic YTpi"}, 401, "NOT_AUTHENTICATED"),
        ({"Authorization": f"Bearer {raw_key}", "Host": "127.0.0.1"}, 200, ""),
    ):
        response = await ask(live_web, body=PING, **sent)
        assert response.status_code == status, response.text
        assert not code or response.json()["code"] == code
        assert (response.headers.get("www-authenticate") == "Bearer") is (status == 401)
    await in_rows(lambda: revoke_api_key(owner, ApiKey.objects.get()), workspace)
    assert (await ask(live_web, body=PING, Authorization=f"Bearer {raw_key}")).status_code == 401


async def test_a_key_is_good_from_its_places_only(live_web: Web, raw_key: str, workspace: Any) -> None:
    await in_rows(lambda: ApiKey.objects.update(allow_list=["203.0.113.7"]), workspace)
    response = await ask(live_web, body=PING, Authorization=f"Bearer {raw_key}")
    assert (response.status_code, response.json()["code"]) == (403, "PLACE_NOT_ALLOWED")
    arabic = await ask(live_web, body=PING, Authorization="Bearer fd_x", **{"Accept-Language": "ar-EG, en;q=0.5"})
    assert any("\u0600" <= letter <= "\u06ff" for letter in arabic.json()["message"])


@pytest.mark.parametrize("method", ["GET", "DELETE", "PUT", "OPTIONS"])
async def test_other_methods(live_web: Web, raw_key: str, method: str) -> None:
    response = await ask(live_web, method, Authorization=f"Bearer {raw_key}")
    assert (response.status_code, response.headers["allow"]) == (405, "POST")


async def test_bodies_that_are_none(live_web: Web, raw_key: str) -> None:
    key = {"Authorization": f"Bearer {raw_key}"}
    async with httpx2.AsyncClient(timeout=30, headers={**key, "Accept": "application/json, text/event-stream"}) as http:
        for body, status in ((b"{beans", 400), (b"[]", 400), (b"", 400), (b"null", 400), (b"x" * 300_000, 413)):
            response = await http.post(f"{live_web.url}/mcp", content=body, headers={"Content-Type": "application/json"})
            assert response.status_code == status, (body[:9], response.text)
    assert (await ask(live_web, body=[PING, PING], **key)).status_code == 400


async def test_too_many_questions(connect: Connect, workspace: Any, settings: Any) -> None:
    key = await in_rows(lambda: ApiKey.objects.get().pk, workspace)
    for _ in range(settings.CHAT_REQUESTS_PER_MINUTE):
        limits.check_chat(f"key:{key}@{workspace.pk}")
    async with connect() as client:
        refused = await client.call_tool("ask_agent", {"agent": "Mila", "question": "Thanks"})
    assert refused.is_error and refused.structured_content["code"] == "TOO_MANY_REQUESTS"
