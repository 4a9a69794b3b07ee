"""The runtime document: chat as server-sent events, knowledge ingest, health. Against a live web process, with its own bodies."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import httpx
import pytest
from django.test import AsyncClient

from frontdesk.agents import actions as agents
from frontdesk.agents.content import AgentContent
from frontdesk.billing.models import CreditAccount, LedgerEntry
from frontdesk.conversations.models import Conversation, Message
from frontdesk.core.scoping import scope
from frontdesk.core.threads import in_thread
from frontdesk.knowledge.models import Source
from frontdesk.providers import registry
from frontdesk.sdk.testing.scripted import Pause, Say, ScriptedProvider
from frontdesk.surfaces.api.routers import chat
from tests.ground.live import POEM
from tests.ground.sse import Event, Reader, events, live_events, text_of

pytestmark = pytest.mark.django_db(transaction=True)
CHAT, INGEST = "/api/v1/ai/chat", "/api/v1/knowledge/ingest"
SSE = {"Accept": "text/event-stream"}


def body(agent: Any, content: str = "Thanks", **more: Any) -> dict[str, Any]:
    """As the document shows it."""
    return {
        "agent_id": str(agent.uuid),
        "conversation_id": None,
        "channel": "playground",
        "message": {"type": "text", "content": content},
        "options": {"mode": "live"},
        **more,
    }


async def streamed(client: httpx.AsyncClient, sent: dict[str, Any], **headers: str) -> list[Event]:
    answer = await client.post(CHAT, json=sent, headers={**SSE, **headers})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/event-stream")
    return events(answer.content)


async def test_an_answer_is_start_then_tokens_then_end(person: httpx.AsyncClient, agent: Any) -> None:
    told = await streamed(person, body(agent, "recite"))
    conversation = await Conversation.objects.aget()
    assert told[0] == Event("start", {"conversation_id": str(conversation.uuid), "agent_id": str(agent.uuid)}, "1")
    assert {event.name for event in told[1:-1]} == {"token"}
    assert text_of(told) == POEM
    answer = await Message.objects.aget(author="AI")
    assert told[-1].name == "end"
    assert told[-1].data["status"] == "ok"
    assert told[-1].data["message_id"] == str(answer.uuid)
    assert told[-1].data["usage"].keys() == {"input_tokens", "output_tokens"}
    numbers = [int(event.id) for event in told]
    assert numbers == sorted(set(numbers))


async def test_without_accept_the_answer_is_one_json_object(program: httpx.AsyncClient, agent: Any) -> None:
    answer = await program.post(CHAT, json=body(agent))
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json; charset=utf-8")
    told = answer.json()
    assert told["text"] == "You are welcome."
    assert told.keys() == {"conversation_id", "agent_id", "status", "message_id", "text", "citations", "usage"}
    assert told["message_id"] == str((await Message.objects.aget(author="AI")).uuid)


async def test_a_conversation_goes_on(person: httpx.AsyncClient, agent: Any) -> None:
    first = (await person.post(CHAT, json=body(agent))).json()
    again = await streamed(person, body(agent, conversation_id=first["conversation_id"]))
    assert again[0].data["conversation_id"] == first["conversation_id"]
    assert await Conversation.objects.acount() == 1
    assert await Message.objects.acount() == 4


@pytest.mark.parametrize("path", [CHAT + "/", CHAT])
async def test_a_trailing_slash_never_matters(person: httpx.AsyncClient, agent: Any, path: str) -> None:
    assert (await person.post(path, json=body(agent))).json()["text"] == "You are welcome."


async def test_without_credits_the_status_and_the_event_say_so(person: httpx.AsyncClient, agent: Any, workspace: Any) -> None:
    await CreditAccount.objects.filter(workspace=workspace).aupdate(balance=0)
    refused = await person.post(CHAT, json=body(agent), headers=SSE)
    assert (refused.status_code, refused.headers["content-type"]) == (402, "text/event-stream")
    (event,) = events(refused.content)
    assert (event.name, event.data["code"]) == ("error", "PAYMENT_REQUIRED")
    assert "credits" in event.data["message"]
    plain = await person.post(CHAT, json=body(agent))
    assert (plain.status_code, plain.json()["code"]) == (402, "PAYMENT_REQUIRED")
    assert not await Message.objects.aexists(), "nothing half-written"


async def test_more_than_sixty_requests_a_minute_are_told_when_to_come_back(
    person: httpx.AsyncClient, program: httpx.AsyncClient
) -> None:
    nobody = {"agent_id": str(uuid4()), "message": {"content": "Hello"}}
    for number in range(1, 200):  # noqa: B007  (one more is allowed for every second that this takes)
        refused = await person.post(CHAT, json=nobody, headers=SSE)
        if refused.status_code != 404:
            break
    assert (refused.status_code, number > 60) == (429, True)
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    assert events(refused.content)[0].data["code"] == "TOO_MANY_REQUESTS"
    assert (await program.post(CHAT, json=nobody)).status_code == 404, "another credential has its own count"


async def test_test_mode_answers_and_costs_nothing(person: httpx.AsyncClient, agent: Any) -> None:
    told = await streamed(person, body(agent, options={"mode": "test"}))
    assert text_of(told) == "You are welcome."
    assert not await LedgerEntry.objects.exclude(kind="grant").aexists()
    assert (await Conversation.objects.aget()).test
    assert (await person.get("/api/conversations")).json()["count"] == 0
    assert (await person.get("/api/conversations?test=true")).json()["count"] == 1


async def test_a_broken_stream_is_resumed_without_a_word_lost_or_doubled(person: httpx.AsyncClient, agent: Any) -> None:
    seen: list[Event] = []
    async with person.stream("POST", CHAT, json=body(agent, "recite"), headers=SSE) as response:
        async for event in live_events(response.aiter_lines()):
            seen.append(event)
            if "line20" in event.data.get("text", ""):
                break
    again = body(agent, "recite", conversation_id=seen[0].data["conversation_id"])
    for same in (body(agent, "recite"), again):
        rest = await streamed(person, same, **{"Last-Event-ID": seen[-1].id})
        assert text_of([*seen, *rest]) == POEM, "with and without naming the conversation"
    assert rest[-1].name == "end"
    assert int(rest[0].id) > int(seen[-1].id)
    assert await Message.objects.filter(author="customer").acount() == 1
    for number in (rest[-1].id, str(int(rest[-1].id) + 100)):
        late = await streamed(person, again, **{"Last-Event-ID": number})
        assert [event.name for event in late] == ["end"], "the ending is told to whoever comes"


async def test_a_key_that_is_sent_again_follows_the_same_answer(person: httpx.AsyncClient, agent: Any) -> None:
    """While the first connection is open, after it broke, and when the answer is long finished."""
    sent, key = body(agent, "recite"), {"Idempotency-Key": "k-1"}
    async with person.stream("POST", CHAT, json=sent, headers={**SSE, **key}) as first:
        lines = live_events(first.aiter_lines())
        start = await anext(lines)
        again = await streamed(person, sent, **key)
        rest = [event async for event in lines]
    assert again == [start, *rest]
    assert text_of(again) == POEM
    assert await streamed(person, sent, **key) == again
    whole = await person.post(CHAT, json=sent, headers=key)
    assert (whole.json()["text"], whole.json()["message_id"]) == (POEM, again[-1].data["message_id"])
    assert await Message.objects.acount() == 2
    assert await LedgerEntry.objects.filter(kind="hold").acount() == 1


async def test_a_key_of_another_stream_is_a_conflict(person: httpx.AsyncClient, agent: Any) -> None:
    key = {"Idempotency-Key": "k-1"}
    await streamed(person, body(agent), **key)
    other = await person.post(CHAT, json=body(agent, "recite"), headers={**SSE, **key})
    assert (other.status_code, events(other.content)[0].data["code"]) == (409, "IDEMPOTENCY_KEY_REUSED")
    assert await Message.objects.filter(author="customer").acount() == 1


async def test_a_stream_that_was_refused_may_be_asked_again(person: httpx.AsyncClient, agent: Any, workspace: Any) -> None:
    key, sent = {"Idempotency-Key": "k-1"}, body(agent)
    gone = await person.post(CHAT, json=body(agent, agent_id=str(uuid4())), headers={**SSE, **key})
    assert (gone.status_code, gone.headers["content-type"]) == (404, "text/event-stream")
    assert text_of(await streamed(person, sent, **key)) == "You are welcome."


async def test_a_key_of_what_a_person_answers(person: httpx.AsyncClient, agent: Any) -> None:
    opened = await streamed(person, body(agent, "fetch somebody"))
    sent = body(agent, "Still there?", conversation_id=opened[0].data["conversation_id"])
    first, again = [await streamed(person, sent, **{"Idempotency-Key": "k-1"}) for _ in range(2)]
    assert first == again
    assert first[-1].data["status"] == "handed_over"
    assert await Message.objects.filter(text="Still there?").acount() == 1


@pytest.mark.parametrize(
    ("number", "changes", "status"),
    [
        ("three", {}, 400),
        ("3", {"conversation_id": None, "user_id": "somebody else"}, 404),
        ("3", {"conversation_id": str(uuid4())}, 404),
        ("3", {"message": {"content": "Another question"}}, 404),
    ],
)
async def test_resuming_what_is_not_there(
    person: httpx.AsyncClient, agent: Any, number: str, changes: dict[str, Any], status: int
) -> None:
    first = (await person.post(CHAT, json=body(agent))).json()
    sent = body(agent, conversation_id=first["conversation_id"]) | changes
    assert (await person.post(CHAT, json=sent, headers={"Last-Event-ID": number})).status_code == status


async def test_a_comment_goes_out_in_every_long_silence(
    agent: Any, alice: Any, workspace: Any, raw_key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In this process, where the interval can be shortened."""
    gate = Pause()
    provider = ScriptedProvider(steps=[[gate, Say("At last.")]])
    monkeypatch.setattr(registry, "provider_classes", lambda: {"scripted": ScriptedProvider})
    monkeypatch.setattr(registry, "build", lambda slug, account: provider)
    monkeypatch.setattr(chat, "HEARTBEAT_SECONDS", 0.05)
    headers = {**SSE, "Authorization": f"Api-Key {raw_key}"}
    response = await AsyncClient().post(CHAT, json.dumps(body(agent)), content_type="application/json", headers=headers)
    reader, told = Reader(), []
    async for piece in response.streaming_content:
        told += [event for event in map(reader.feed, piece.decode().split("\n")[:-1]) if event]
        if reader.comments == 2:
            gate.release()
            reader.comments += 1
    assert reader.comments >= 3
    assert text_of(told) == "At last."


async def test_a_tool_is_told_by_name_and_a_person_who_answers_ends_the_stream(person: httpx.AsyncClient, agent: Any) -> None:
    told = await streamed(person, body(agent, "fetch somebody"))
    assert [event.data for event in told if event.name == "tool"] == [
        {"name": "hand_over", "status": "called"},
        {"name": "hand_over", "status": "returned"},
    ]
    again = await streamed(person, body(agent, conversation_id=told[0].data["conversation_id"]))
    assert [event.name for event in again] == ["start", "end"]
    assert again[-1].data["status"] == "handed_over"


async def test_who_asks_for_a_person_is_told_that_somebody_will_answer(person: httpx.AsyncClient, agent: Any) -> None:
    told = await streamed(person, body(agent, "Can I talk to a human?"))
    assert [event.name for event in told] == ["start", "token", "end"]
    assert (told[1].data["text"], told[2].data["status"]) == (
        "I am passing this on. A colleague will answer you here.",
        "handed_over",
    )
    plain = (await person.post(CHAT, json=body(agent, "Ich will mit einem Menschen sprechen"))).json()
    assert (plain["status"], plain["text"]) == ("handed_over", told[1].data["text"])
    assert plain["message_id"]


async def test_a_model_that_breaks_off_is_a_sentence(person: httpx.AsyncClient, agent: Any) -> None:
    told = await streamed(person, body(agent, "break off"))
    assert (told[-1].name, told[-1].data["code"]) == ("error", "PROVIDER_ERROR")
    assert "line was cut" not in json.dumps([event.data for event in told])
    plain = await person.post(CHAT, json=body(agent, "break off"))
    assert (plain.status_code, plain.json()["code"]) == (502, "PROVIDER_ERROR")


async def test_one_answer_at_a_time(person: httpx.AsyncClient, agent: Any) -> None:
    async with person.stream("POST", CHAT, json=body(agent, "recite"), headers=SSE) as response:
        following = live_events(response.aiter_lines())
        start = await anext(following)
        second = await person.post(CHAT, json=body(agent, conversation_id=start.data["conversation_id"]))
        assert (second.status_code, second.json()["code"]) == (409, "RUN_IN_PROGRESS")
        assert [event async for event in following][-1].name == "end"


async def test_what_is_another_workspaces_does_not_exist(
    person: httpx.AsyncClient, agent: Any, stranger: Any, other_workspace: Any
) -> None:
    def theirs() -> tuple[Any, Any]:
        with scope(workspace=other_workspace):
            made = agents.create_agent(stranger, AgentContent(name="Theirs"), live=True)
            from frontdesk.conversations.actions import Inbound, receive

            return made, receive(other_workspace, made.pk, Inbound("Hi", "api", "x")).conversation

    their_agent, their_conversation = await in_thread(theirs)
    for sent in (
        body(their_agent),
        body(agent, conversation_id=str(their_conversation.uuid)),
        body(agent, agent_id=str(uuid4())),
        body(agent, conversation_id=str(uuid4())),
    ):
        for headers in ({}, SSE):
            refused = await person.post(CHAT, json=sent, headers=headers)
            assert refused.status_code == 404
    form = {"agent_id": str(their_agent.uuid), "source_type": "message", "metadata": '{"text_content": "x"}'}
    assert (await person.post(INGEST, data=form)).status_code == 404
    assert (await person.get(f"/api/conversations/{their_conversation.uuid}/messages")).status_code == 404


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b"{", "application/json", 400),
        (b"\xff\xfe", "application/json", 400),
        (b'{"agent_id": "a\\u0000"}', "application/json", 400),
        (b"[]", "application/json", 422),
        (b"{}", "application/json", 422),
        (b"a=1", "application/x-www-form-urlencoded", 415),
        (b"hello", "text/plain", 415),
        (b'{"x": "' + b"x" * 3 * 2**20 + b'"}', "application/json", 413),
    ],
)
async def test_bad_bodies(person: httpx.AsyncClient, content: bytes, kind: str, status: int) -> None:
    for headers in ({}, SSE):
        refused = await person.post(CHAT, content=content, headers={"Content-Type": kind, **headers})
        assert refused.status_code == status
        error = events(refused.content)[0].data if headers else refused.json()
        assert error["message"]
        assert error["code"].isupper()


@pytest.mark.parametrize(
    "change",
    [
        {"message": {"type": "text", "content": ""}},
        {"message": {"type": "image", "content": "x"}},
        {"message": {"type": "text", "content": "x" * 20_001}},
        {"message": {"type": "text", "content": "   "}},
        {"agent_id": "7"},
        {"options": {"mode": "dry"}},
        {"channel": "<script>"},
    ],
)
async def test_fields_that_do_not_fit_are_named(person: httpx.AsyncClient, agent: Any, change: dict[str, Any]) -> None:
    refused = await person.post(CHAT, json=body(agent) | change)
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"]


async def test_credentials_are_asked_for(live_web: Any, agent: Any) -> None:
    async with httpx.AsyncClient(base_url=live_web.url, trust_env=False) as nobody:
        for headers in ({}, {"Authorization": "Bearer nonsense"}, {"Authorization": "Api-Key nonsense"}):
            assert (await nobody.post(CHAT, json=body(agent), headers=headers)).status_code == 401


async def test_health(person: httpx.AsyncClient, program: httpx.AsyncClient, live_web: Any, alice: Any, workspace: Any) -> None:
    for path in ("/api/health", "/api/health/"):
        assert httpx.get(live_web.url + path, trust_env=False).json() == {"status": "ok"}
        told = (await person.get(path)).json()
        assert told == {"status": "ok", "user_id": str(alice.uuid), "workspace_id": str(workspace.uuid)}
    assert (await program.get("/api/health")).json()["workspace_id"] == str(workspace.uuid)
    wrong = httpx.get(f"{live_web.url}/api/health", headers={"Authorization": "Bearer nonsense"}, trust_env=False)
    assert wrong.status_code == 401


async def test_a_file_is_taken_in_with_its_metadata(person: httpx.AsyncClient, agent: Any) -> None:
    details = {"source_name": "Product manual", "category": "documentation"}
    form = {"agent_id": str(agent.uuid), "source_type": "file", "metadata": json.dumps(details)}
    sent = await person.post(INGEST, data=form, files={"file": ("manual.txt", b"Press the red button.", "text/plain")})
    assert (sent.status_code, sent.json()["status"]) == (202, "accepted")
    source = await Source.objects.select_related("base").aget(pk=sent.json()["source_id"])
    assert (source.kind, source.name, source.metadata) == ("file", "manual.txt", details)
    assert (await person.get(f"/api/sources/{source.pk}")).json()["status"] == "waiting"
    again = await person.post(INGEST, data=form, files={"file": ("b.txt", b"And the blue one.", "text/plain")})
    assert again.json()["kb_uuid"] == sent.json()["kb_uuid"] == str(source.base.uuid)


@pytest.mark.parametrize("kind", ["message", "external"])
async def test_a_text_is_taken_in(person: httpx.AsyncClient, agent: Any, kind: str) -> None:
    details = {"source_name": "Customer feedback", "text_content": "The new feature is great.", "sentiment_expected": "Positive"}
    form = {"agent_id": str(agent.uuid), "source_type": kind, "metadata": json.dumps(details)}
    sent = await person.post(INGEST, files={name: (None, value) for name, value in form.items()})
    assert sent.status_code == 202
    source = await Source.objects.aget(pk=sent.json()["source_id"])
    assert (source.kind, source.name) == (kind, "Customer feedback")
    assert source.metadata == {"source_name": "Customer feedback", "sentiment_expected": "Positive"}


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({"source_type": "file"}, 422),
        ({"source_type": "message"}, 422),
        ({"source_type": "message", "metadata": "no json"}, 422),
        ({"source_type": "message", "metadata": "[]"}, 422),
        ({"source_type": "rumour", "metadata": '{"text_content": "x"}'}, 422),
        ({"agent_id": "7", "source_type": "message"}, 422),
        ({"agent_id": str(uuid4()), "source_type": "message", "metadata": '{"text_content": "x"}'}, 404),
    ],
)
async def test_what_cannot_be_taken_in_is_said(person: httpx.AsyncClient, agent: Any, form: dict[str, str], status: int) -> None:
    sent = {"agent_id": str(agent.uuid)} | form
    refused = await person.post(INGEST, files={name: (None, value) for name, value in sent.items()})
    assert refused.status_code == status, refused.text
    assert not await Source.objects.aexists()


async def test_json_is_not_a_form(person: httpx.AsyncClient, agent: Any) -> None:
    refused = await person.post(INGEST, json={"agent_id": str(agent.uuid), "source_type": "message"})
    assert refused.status_code == 415
