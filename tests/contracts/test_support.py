"""The support document: questions, sessions, who answers, configuration, figures. Its own bodies, as JSON and as the forms that
its examples post, against a live web process."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

import httpx
import pytest
from asgiref.sync import sync_to_async
from django.utils import timezone

from frontdesk.agents import actions as agents
from frontdesk.agents.content import AgentContent
from frontdesk.agents.models import Agent
from frontdesk.billing.actions import record_usage
from frontdesk.billing.models import CreditAccount
from frontdesk.channels.models import Channel
from frontdesk.conversations.actions import Inbound, receive
from frontdesk.conversations.models import Conversation, Message
from frontdesk.insights import days
from frontdesk.insights.models import Day
from frontdesk.sdk.values import Usage
from frontdesk.workspaces.models import User, Workspace
from tests.conftest import bearer
from tests.ground.live import Web

pytestmark = pytest.mark.django_db(transaction=True)
ASK, SESSIONS, CONFIG = "/api/v1/ai/ask/", "/api/v1/ai/sessions/", "/api/v1/ai/config/"
BULK, HANDLER, ANALYTICS = "/api/v1/ai/conversations/bulk-status/", "/api/v1/ai/default-handler/", "/api/v1/ai/analytics/"
STATS, GLOBAL = "/api/v1/ai/usage/stats/", "/api/v1/ai/usage/global/"


def status_of(conversation_id: str) -> str:
    return f"/api/v1/ai/conversations/{conversation_id}/status/"


async def asked(client: httpx.AsyncClient, question: str = "What are your prices?", **more: Any) -> dict[str, Any]:
    """As the document's example posts it: a form."""
    answer = await client.post(ASK, data={"question": question, "customer_id": "test@example.com", **more})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_question_is_answered_as_the_document_shows(person: httpx.AsyncClient) -> None:
    body = {"question": "What are your business hours?", "customer_id": "customer@example.com"}
    answer = await person.post(ASK, json=body)
    told = answer.json()
    assert (answer.status_code, told["answer"]) == (200, "You are welcome.")
    assert {name: told[name] for name in body} == body
    assert (told["success"], told["auto_response_generated"]) == (True, True)
    assert told["session_id"].startswith("msg_")
    assert isinstance(told["response_time_ms"], int)


async def test_a_form_is_as_good_as_json_with_a_token_and_with_a_key(
    person: httpx.AsyncClient, program: httpx.AsyncClient
) -> None:
    for client in (person, program):
        told = await asked(client)
        assert (told["customer_id"], told["answer"]) == ("test@example.com", "You are welcome.")


async def test_a_customer_goes_on_in_one_session_and_a_nameless_one_begins_another(person: httpx.AsyncClient) -> None:
    first, second = await asked(person), await asked(person, "And tomorrow?")
    assert first["session_id"] == second["session_id"]
    guests = [(await person.post(ASK, data={"question": "Hello?"})).json() for _number in range(2)]
    assert len({first["session_id"], *(guest["session_id"] for guest in guests)}) == 3
    again = (await person.post(ASK, data={"question": "Still me", "customer_id": guests[0]["customer_id"]})).json()
    assert again["session_id"] == guests[0]["session_id"]


async def test_two_first_questions_at_once_are_of_one_session(person: httpx.AsyncClient) -> None:
    form = {"question": "Hello?", "customer_id": "test@example.com"}
    answers = await asyncio.gather(*(person.post(ASK, data=form) for _number in range(6)))
    assert {answer.status_code for answer in answers} <= {200, 409}
    assert await Conversation.objects.acount() == 1


async def test_a_session_shows_its_messages_and_takes_more(person: httpx.AsyncClient) -> None:
    told = await asked(person)
    detail = (await person.get(f"{SESSIONS}{told['session_id']}/")).json()
    assert [(row["type"], row["content"]) for row in detail["messages"]] == [
        ("customer", "What are your prices?"),
        ("AI", "You are welcome."),
    ]
    assert (detail["customer_id"], detail["message_count"], detail["is_active"]) == ("test@example.com", 2, True)
    question = {"message": "Can you tell me more about your services?"}
    more = await person.post(f"{SESSIONS}{told['session_id']}/send/", data=question)
    assert (more.status_code, more.json()["answer"], more.json()["session_id"]) == (200, "You are welcome.", told["session_id"])
    assert more.json()["question"] == question["message"]
    listed = (await person.get(SESSIONS)).json()
    assert (listed["count"], listed["results"][0]["message_count"]) == (1, 4)
    assert (await person.get(SESSIONS + "?customer_id=nobody")).json()["count"] == 0
    assert (await person.get(SESSIONS + "?status=closed")).json()["count"] == 0


async def test_a_session_on_a_connected_channel_is_not_written_in_by_the_api(
    person: httpx.AsyncClient, workspace: Any, agent: Agent
) -> None:
    channel = await Channel.objects.acreate(workspace=workspace, agent=agent, kind="telegram", name="Ours")
    inbound = Inbound("Hello?", "telegram", "7", channel_id=channel.pk)
    turn = await sync_to_async(receive)(workspace, agent.pk, inbound)
    answer = await person.post(f"{SESSIONS}msg_{turn.conversation.uuid.hex}/send/", data={"message": "Hi"})
    assert (answer.status_code, answer.json()["code"]) == (409, "CONFLICT")


@pytest.mark.parametrize("named", ["msg_abc123", "abc123", "msg_", f"msg_{'a' * 32}", "00000000-0000-4000-8000-000000000000"])
async def test_a_session_that_is_not_there(person: httpx.AsyncClient, named: str) -> None:
    for answer in (
        await person.get(f"{SESSIONS}{named}/"),
        await person.post(f"{SESSIONS}{named}/send/", data={"message": "Hello?"}),
        await person.get(status_of(named)),
        await person.put(status_of(named), data={"status": "closed"}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "CONVERSATION_NOT_FOUND")


@pytest.mark.parametrize(
    ("sent", "status", "code"),
    [
        ({"json": {}}, 422, "INVALID"),
        ({"json": {"question": "   "}}, 422, "INVALID"),
        ({"json": {"question": 7}}, 422, "INVALID"),
        ({"json": []}, 422, "INVALID"),
        ({"data": {"question": "x" * 20_001}}, 422, "INVALID"),
        ({"data": {"question": "Hello?", "agent_id": "mila"}}, 422, "INVALID"),
        ({"data": {"question": "Hello?", "agent_id": str(uuid4())}}, 404, "AGENT_NOT_FOUND"),
        ({"data": {"question": "nul \x00"}}, 400, "MALFORMED"),
        ({"content": b"{", "headers": {"Content-Type": "application/json"}}, 400, "MALFORMED"),
        ({"content": b"hello", "headers": {"Content-Type": "text/plain"}}, 415, "WRONG_MEDIA_TYPE"),
    ],
)
async def test_a_question_that_cannot_be_taken(person: httpx.AsyncClient, sent: Any, status: int, code: str) -> None:
    answer = await person.post(ASK, **sent)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert not await Message.objects.aexists()


async def test_where_a_person_answers_the_question_is_kept(person: httpx.AsyncClient, workspace: Any) -> None:
    await person.put(HANDLER, data={"default_reply_handler": "Manual"})
    told = await asked(person)
    assert (told["answer"], told["auto_response_generated"], told["status"]) == ("", False, "support_active")
    assert (await Message.objects.aget()).text == "What are your prices?"


async def test_without_credits_or_without_an_agent_a_question_is_refused(
    person: httpx.AsyncClient, workspace: Any, agent: Agent, owner: Any
) -> None:
    await CreditAccount.objects.filter(workspace=workspace).aupdate(balance=0)
    broke = await person.post(ASK, data={"question": "Hello?"})
    assert (broke.status_code, broke.json()["code"]) == (402, "PAYMENT_REQUIRED")
    await sync_to_async(agents.take_offline)(owner, agent)
    nobody = await person.post(ASK, data={"question": "Hello?"})
    assert (nobody.status_code, nobody.json()["code"]) == (409, "NO_LIVE_AGENT")


async def test_an_answer_that_fails_is_an_error(person: httpx.AsyncClient) -> None:
    answer = await person.post(ASK, data={"question": "break off, please"})
    assert answer.status_code == 502
    assert answer.json()["message"]


async def test_who_answers_is_read_and_changed(person: httpx.AsyncClient) -> None:
    told = await asked(person)
    conversation = str((await Conversation.objects.aget()).uuid)
    shown = (await person.get(status_of(conversation))).json()
    assert (shown["status"], shown["handler"], shown["conversation_id"]) == ("active", "AI", conversation)
    taken = await person.put(status_of(conversation), data={"status": "support_active"})
    assert (taken.status_code, taken.json()["status"], taken.json()["previous_status"]) == (200, "support_active", "active")
    assert not (await asked(person))["auto_response_generated"]
    back = (await person.put(status_of(told["session_id"]), json={"status": "active"})).json()
    assert (back["success"], back["status"], back["handler"]) == (True, "active", "AI")
    wrong = await person.put(status_of(conversation), data={"status": "asleep"})
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "status")


async def test_active_is_not_given_where_the_ai_may_not_answer(person: httpx.AsyncClient, workspace: Any) -> None:
    await asked(person)
    conversation = await Conversation.objects.aget()
    await Workspace.objects.filter(pk=workspace.pk).aupdate(auto_response=False)
    told = (await person.put(status_of(str(conversation.uuid)), data={"status": "active"})).json()
    assert (told["success"], told["status"]) == (False, "support_active")
    assert "turned off" in told["reason"]


async def test_many_are_changed_at_once_and_one_that_is_missing_holds_up_none(
    person: httpx.AsyncClient, workspace: Any, agent: Agent, other_workspace: Any
) -> None:
    turns = [await sync_to_async(receive)(workspace, agent.pk, Inbound("Hello?", "api", str(n))) for n in range(2)]
    ids = [str(turns[0].conversation.uuid), f"msg_{turns[1].conversation.uuid.hex}"]
    answer = await person.put(BULK, data={"conversation_ids": [*ids, "ghi789"], "status": "support_active"})
    told = answer.json()
    assert (answer.status_code, told["success"], told["updated_count"], told["failed_count"]) == (200, False, 2, 1)
    assert [(row["conversation_id"], row["success"], row["status"]) for row in told["results"]] == [
        *((each, True, "support_active") for each in ids),
        ("ghi789", False, None),
    ]
    assert await Conversation.objects.filter(status="support_active").acount() == 2
    for body in ({"status": "active"}, {"conversation_ids": [], "status": "active"}, {"conversation_ids": ["a"] * 101}):
        assert (await person.put(BULK, json=body)).status_code == 422


async def test_the_default_handler(person: httpx.AsyncClient, program: httpx.AsyncClient) -> None:
    assert (await person.get(HANDLER)).json() == {"default_reply_handler": "AI"}
    changed = await person.put(HANDLER, data={"default_reply_handler": "Manual"})
    assert (changed.status_code, changed.json()) == (200, {"default_reply_handler": "Manual"})
    assert (await program.get(HANDLER)).json() == {"default_reply_handler": "Manual"}
    assert (await person.put(HANDLER, json={"default_reply_handler": "Robot"})).status_code == 422
    assert (await program.put(HANDLER, json={"default_reply_handler": "AI"})).status_code == 403, "settings are the owner's"


async def test_the_configuration(person: httpx.AsyncClient, agent: Agent) -> None:
    shown = (await person.get(CONFIG)).json()
    assert (shown["agent_id"], shown["auto_response_enabled"], shown["is_ready"]) == (str(agent.uuid), True, True)
    changes = {"model_name": "gemini-1.5-flash", "provider": "gemini", "temperature": "0.3", "max_tokens": "800"}
    changed = await person.put(CONFIG, data=changes)
    assert changed.status_code == 200, changed.text
    told = changed.json()
    assert (told["model_name"], told["provider"], told["temperature"], told["max_tokens"]) == (
        *("gemini-1.5-flash", "gemini"),
        *(0.3, 800),
    )
    content = (await Agent.objects.aget(pk=agent.pk)).read_content()
    assert (content.choice.provider, content.choice.temperature, content.name) == ("gemini", 0.3, "Mila")
    off = (await person.put(CONFIG, data={"auto_response_enabled": "false"})).json()
    assert (off["auto_response_enabled"], off["is_ready"]) == (False, False)
    assert "turned off" in off["reason"]
    assert off["temperature"] == 0.3, "what is left out stays"
    for wrong, field in (
        ({"temperature": 3}, "temperature"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"model_name": "x-1"}, "model_name"),
    ):
        refused = await person.put(CONFIG, json=wrong)
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, field)


async def test_the_ai_can_be_kept_to_the_opening_hours(person: httpx.AsyncClient, workspace: Any) -> None:
    told = (await person.put(CONFIG, data={"business_hours_only": "true"})).json()
    assert (told["business_hours_only"], told["auto_response_enabled"]) == (True, True)
    stored = (await Workspace.objects.aget(pk=workspace.pk)).opening_hours
    assert (stored["enabled"], stored["outside"], len(stored["week"])) == (True, "person", 7)
    assert not (await person.put(CONFIG, json={"business_hours_only": False})).json()["business_hours_only"]


async def test_the_configuration_of_one_agent_of_several(person: httpx.AsyncClient, agent: Agent, owner: Any) -> None:
    second = await sync_to_async(agents.create_agent)(owner, AgentContent(name="Noor"), live=True)
    named = f"?agent_id={second.uuid}"
    assert (await person.get(CONFIG + named)).json()["agent_name"] == "Noor"
    assert (await person.put(CONFIG, json={"agent_id": str(second.uuid), "max_tokens": 90})).json()["max_tokens"] == 90
    assert (await person.get(CONFIG)).json()["max_tokens"] is None


async def test_analytics_add_what_was_counted_at_night_to_today(person: httpx.AsyncClient, workspace: Any) -> None:
    await asked(person)
    yesterday = timezone.now().date() - timezone.timedelta(days=1)
    figures = {"conversations": 4, "questions": 9, "answers": 8, "failed": 1, "answer_seconds": 2.0, "handed_over": 1}
    await Day.objects.acreate(workspace=workspace, day=yesterday, figures=figures)
    told = (await person.get(ANALYTICS + "?days=7")).json()
    assert (told["total_conversations"], told["customer_messages"], told["ai_responses"]) == (5, 10, 9)
    assert (told["failed_responses"], told["success_rate"]) == (1, 90.0)
    assert told["conversations"] == {"active": 1, "support_active": 0, "closed": 0}
    assert [row["conversations"] for row in told["daily"]] == [0, 0, 0, 0, 0, 4, 1]
    assert (await person.get(ANALYTICS)).json()["period_days"] == 30
    assert (await person.get(ANALYTICS + "?days=0")).status_code == 422


async def test_days_are_counted_once(workspace: Any, in_workspace: Any) -> None:
    await Workspace.objects.filter(pk=workspace.pk).aupdate(created_at=timezone.now() - timezone.timedelta(days=3))
    await sync_to_async(workspace.refresh_from_db)()
    assert [await sync_to_async(days.count)(workspace) for _time in range(2)] == [3, 0]


async def test_usage(person: httpx.AsyncClient, workspace: Any, in_workspace: Any) -> None:
    for succeeded in (True, False):
        used = {"provider": "gemini", "model": "flash", "shared_key": True, "usage": Usage(100, 20, 1), "cost_usd": 0.01}
        spent = {"user": None, "actor": "x", "purpose": "answer", "reference": "run:1", "succeeded": succeeded}
        await sync_to_async(record_usage)(workspace, **used, **spent)
    told = (await person.get(STATS + "?days=7")).json()
    assert (told["total_requests"], told["failed_requests"], told["success_rate"]) == (2, 1, 50.0)
    assert (told["prompt_tokens"], told["completion_tokens"], told["total_tokens"]) == (200, 40, 240)
    assert (told["by_model"][0]["model"], told["daily"][0]["requests"], told["period_days"]) == ("flash", 2, 7)
    assert (await person.get(STATS)).json()["period_days"] == 30


async def test_global_usage_is_for_operators(
    person: httpx.AsyncClient, program: httpx.AsyncClient, live_web: Web, alice: Any, workspace: Any, other_workspace: Any
) -> None:
    for client in (person, program):
        refused = await client.get(GLOBAL)
        assert (refused.status_code, refused.json()["code"]) == (403, "NOT_ALLOWED")
    await User.objects.filter(pk=alice.pk).aupdate(is_superuser=True)
    told = (await person.get(GLOBAL)).json()
    assert told.keys() >= {"total_requests", "active_workspaces", "workspaces", "daily", "by_model"}
    nobody = httpx.AsyncClient(base_url=live_web.url, headers=bearer(alice), trust_env=False)
    assert (await nobody.get(GLOBAL)).status_code == 200
