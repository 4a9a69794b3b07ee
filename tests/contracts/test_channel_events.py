"""The runtime document's channel events and sends, with its own bodies, against a live web process and a worker."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

import httpx
import pytest
from asgiref.sync import sync_to_async

from frontdesk.billing.models import CreditAccount
from frontdesk.channels.models import Channel, Delivery, Thread
from frontdesk.conversations.models import Conversation, Identity, Message
from frontdesk.core.models import Job
from frontdesk.core.threads import in_thread
from tests.ground.live import Process, wait_for

pytestmark = pytest.mark.django_db(transaction=True)
EVENT, SEND = "/api/v1/channels/event", "/api/v1/channels/send"


def event(workspace: Any, agent: Any, **more: Any) -> dict[str, Any]:
    """As the document shows it."""
    return {
        "event": "message_received",
        "workspace_id": str(workspace.uuid),
        "agent_id": str(agent.uuid),
        "message_id": str(uuid4()),
        "channel": "whatsapp",
        "external_user_id": "whatsapp_user_id_or_phone_number",
        "message": {"type": "text", "content": "Hi, I need help with my order."},
        **more,
    }


def sent(agent: Any, **more: Any) -> dict[str, Any]:
    """As the document shows it."""
    return {
        "conversation_id": None,
        "agent_id": str(agent.uuid),
        "channel": "whatsapp",
        "external_user_id": "whatsapp_user_id_or_phone_number",
        "content": "Your query has been forwarded to a human agent.",
        "message_type": "text",
        **more,
    }


def connect(workspace: Any, agent: Any, kind: str = "whatsapp") -> Channel:
    return Channel.objects.create(workspace=workspace, agent=agent, kind=kind, name="Ours", webhook_token=f"hook_{uuid4()}")


async def test_a_message_is_accepted_and_answered_by_a_worker(
    person: httpx.AsyncClient, live_worker: Process, workspace: Any, agent: Any
) -> None:
    body = event(workspace, agent)
    answer = await person.post(EVENT, json=body)
    assert answer.status_code == 202, answer.text
    told = answer.json()
    assert (told["status"], told["message_id"], told["delivery"]) == ("accepted", body["message_id"], "none")
    await in_thread(wait_for, Message.objects.filter(author="AI").exists, failure=live_worker.said)
    conversation = await Conversation.objects.aget()
    assert told["conversation_id"] == str(conversation.uuid)
    assert (conversation.channel_kind, conversation.status) == ("whatsapp", "active")
    shown = (await person.get(f"/api/conversations/{conversation.uuid}/messages")).json()["results"]
    assert [(row["author"], row["text"]) for row in shown] == [
        ("customer", "Hi, I need help with my order."),
        ("AI", "You are welcome."),
    ]


async def test_the_same_message_is_taken_once_however_often_it_comes(
    person: httpx.AsyncClient, workspace: Any, agent: Any
) -> None:
    body = event(workspace, agent)
    answers = await asyncio.gather(*(person.post(EVENT, json=body) for _time in range(12)))
    assert sorted(answer.status_code for answer in answers) == [200] * 11 + [202]
    assert {answer.json()["status"] for answer in answers} == {"accepted", "duplicate"}
    assert len({answer.json()["conversation_id"] for answer in answers}) == 1
    assert await Message.objects.acount() == 1
    assert await Job.objects.filter(kind="runs.execute").acount() == 1
    other = await person.post(EVENT, json={**body, "channel": "instagram"})
    assert other.status_code == 202, "an id is of one channel"


async def test_a_customer_goes_on_in_one_conversation(program: httpx.AsyncClient, workspace: Any, agent: Any) -> None:
    first = await program.post(EVENT, json=event(workspace, agent, channel="our_crm"))
    second = await program.post(EVENT + "/", json=event(workspace, agent, channel="our_crm"))
    somebody = await program.post(EVENT, json=event(workspace, agent, channel="our_crm", external_user_id="another"))
    ids = [answer.json()["conversation_id"] for answer in (first, second, somebody)]
    assert ids[0] == ids[1] != ids[2]


async def test_where_one_channel_of_the_kind_is_connected_the_answer_goes_out_there(
    person: httpx.AsyncClient, workspace: Any, agent: Any, in_workspace: Any
) -> None:
    channel = await sync_to_async(connect)(workspace, agent)
    told = (await person.post(EVENT, json=event(workspace, agent))).json()
    assert told["delivery"] == "channel"
    thread = await Thread.objects.select_related("conversation").aget()
    assert (thread.channel_id, thread.recipient_id) == (channel.pk, "whatsapp_user_id_or_phone_number")
    answer = await person.post(SEND, json=sent(agent, conversation_id=told["conversation_id"]))
    assert (answer.status_code, answer.json()["status"]) == (202, "queued")
    delivery = await Delivery.objects.aget()
    assert (delivery.recipient_id, delivery.text) == (thread.recipient_id, sent(agent)["content"])
    assert answer.json()["deliveries"] == [{"id": str(delivery.uuid), "state": "queued", "problem": ""}]


async def test_with_two_channels_of_the_kind_nobody_guesses(
    person: httpx.AsyncClient, workspace: Any, agent: Any, in_workspace: Any
) -> None:
    for _number in range(2):
        await sync_to_async(connect)(workspace, agent)
    assert (await person.post(EVENT, json=event(workspace, agent))).json()["delivery"] == "none"


async def test_without_credits_a_person_answers_and_nothing_is_lost(
    person: httpx.AsyncClient, workspace: Any, agent: Any
) -> None:
    await CreditAccount.objects.filter(workspace=workspace).aupdate(balance=0)
    told = (await person.post(EVENT, json=event(workspace, agent))).json()
    assert (told["status"], told["conversation_status"]) == ("handed_over", "support_active")
    assert "credits" in told["reason"]
    assert await Message.objects.acount() == 1


async def test_a_message_may_be_edited(person: httpx.AsyncClient, workspace: Any, agent: Any) -> None:
    body = event(workspace, agent)
    await person.post(EVENT, json=body)
    changed = {**body, "event": "message_edited", "message": {"type": "text", "content": "I need help with order 7."}}
    answer = await person.post(EVENT, json=changed)
    assert (answer.status_code, answer.json()["status"]) == (200, "edited")
    assert (await Message.objects.aget()).text == "I need help with order 7."
    unknown = await person.post(EVENT, json={**changed, "message_id": "never-came"})
    assert (unknown.status_code, unknown.json()["code"]) == (404, "MESSAGE_NOT_FOUND")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"event": "message_eaten"}, "event"),
        ({"event": None}, "event"),
        ({"workspace_id": str(uuid4())}, "workspace_id"),
        ({"agent_id": "mila"}, "agent_id"),
        ({"message_id": ""}, "message_id"),
        ({"message_id": "x" * 201}, "message_id"),
        ({"channel": "our crm!"}, "channel"),
        ({"external_user_id": "  "}, "external_user_id"),
        ({"message": {"type": "image", "content": "cat.png"}}, "message.type"),
        ({"message": {"type": "text", "content": ""}}, "message.content"),
        ({"message": {"type": "text", "content": "x" * 20_001}}, "message.content"),
    ],
)
async def test_a_wrong_event_names_its_field(
    person: httpx.AsyncClient, workspace: Any, agent: Any, changes: dict[str, Any], field: str
) -> None:
    answer = await person.post(EVENT, json=event(workspace, agent, **changes))
    assert (answer.status_code, answer.json()["code"]) == (422, "INVALID")
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert not await Message.objects.aexists()


async def test_what_cannot_be_read_or_is_not_there(
    person: httpx.AsyncClient, workspace: Any, agent: Any, other_workspace: Any
) -> None:
    broken = await person.post(EVENT, content=b"{", headers={"Content-Type": "application/json"})
    assert (broken.status_code, broken.json()["code"]) == (400, "MALFORMED")
    nobody = await person.post(EVENT, json=event(workspace, agent, agent_id=str(uuid4())))
    assert (nobody.status_code, nobody.json()["code"]) == (404, "AGENT_NOT_FOUND")
    bare = await httpx.AsyncClient(base_url=person.base_url, trust_env=False).post(EVENT, json={})
    assert (bare.status_code, bare.json()["code"]) == (401, "NOT_AUTHENTICATED")


async def test_a_send_is_kept_where_no_channel_is_connected(person: httpx.AsyncClient, workspace: Any, agent: Any) -> None:
    answer = await person.post(SEND, json=sent(agent))
    assert answer.status_code == 202, answer.text
    told = answer.json()
    assert (told["status"], told["deliveries"]) == ("recorded", [])
    message = await Message.objects.select_related("conversation", "user").aget()
    assert (str(message.uuid), str(message.conversation.uuid)) == (told["message_id"], told["conversation_id"])
    assert (message.author, message.user.email) == ("person", "alice@example.org")
    again = await person.post(SEND, json=sent(agent, conversation_id=told["conversation_id"]))
    assert again.json()["conversation_id"] == told["conversation_id"]


async def test_a_send_with_a_key_is_done_once(program: httpx.AsyncClient, agent: Any) -> None:
    headers = {"Idempotency-Key": "once"}
    first = await program.post(SEND, json=sent(agent), headers=headers)
    second = await program.post(SEND, json=sent(agent), headers=headers)
    assert (first.status_code, first.json()) == (second.status_code, second.json())
    assert await Message.objects.acount() == 1
    third = await program.post(SEND, json=sent(agent, content="Another"), headers=headers)
    assert (third.status_code, third.json()["code"]) == (409, "IDEMPOTENCY_KEY_REUSED")


async def test_a_send_into_a_conversation_with_somebody_else_is_refused(
    person: httpx.AsyncClient, workspace: Any, agent: Any
) -> None:
    told = (await person.post(EVENT, json=event(workspace, agent))).json()
    here = {"conversation_id": told["conversation_id"]}
    wrong = await person.post(SEND, json=sent(agent, **here, external_user_id="somebody else"))
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "external_user_id")
    elsewhere = await person.post(SEND, json=sent(agent, **here, channel="telegram"))
    assert (elsewhere.status_code, elsewhere.json()["errors"][0]["field"]) == (422, "channel")
    missing = await person.post(SEND, json=sent(agent, conversation_id=str(uuid4())))
    assert (missing.status_code, missing.json()["code"]) == (404, "CONVERSATION_NOT_FOUND")
    assert await Identity.objects.acount() == 1


async def test_a_gateway_is_not_held_to_the_pace_of_one_chat(person: httpx.AsyncClient, workspace: Any, agent: Any) -> None:
    answers = [(await person.post(EVENT, json=event(workspace, agent))).status_code for _number in range(70)]
    assert set(answers) == {202}
