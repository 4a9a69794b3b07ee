"""Instagram and Messenger from end to end: events posted to the public address, answers at a server that speaks the Graph API."""

from __future__ import annotations

import copy
import json
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.utils import timezone

from frontdesk.channels import actions, queries
from frontdesk.channels.errors import ConnectionFailed
from frontdesk.channels.kinds import webhook_url
from frontdesk.channels.models import Channel, Delivery
from frontdesk.conversations import actions as conversations
from frontdesk.conversations.models import Contact, Conversation, Message
from frontdesk.core import jobs
from frontdesk.plugins import actions as plugins
from frontdesk.plugins.capabilities import manifest_of
from frontdesk.sdk.testing.scripted import Say
from tests.channels.graph import APP_SECRET, TOKEN, VERIFY_TOKEN, GraphApi, ask_for_challenge, push
from tests.ground.source import PLUGINS

pytestmark = pytest.mark.django_db(transaction=True)
RECORDED = {
    name: json.loads((PLUGINS / f"meta/tests/{name}.json").read_text(encoding="utf-8")) for name in ("messenger", "instagram")
}
PAGE, PSID = "102030405060708", "6001234567890123"
ACCOUNT, IGSID = "17841405309211844", "1784140012345671"
COMMON = {"token": TOKEN, "app_secret": APP_SECRET, "verify_token": VERIFY_TOKEN}


@pytest.fixture
def on(graph: GraphApi, owner: Any, in_workspace: Any) -> None:
    """The page is called Café Qamar, and its account qamar."""
    graph.answers["me"] = {
        "id": PAGE,
        "name": "Café Qamar",
        "instagram_business_account": {"id": ACCOUNT, "username": "qamar"},
    }
    graph.answers[PSID] = {"first_name": "Rana", "last_name": "Haddad"}
    graph.answers[IGSID] = {"name": "Karim Aoun", "username": "karim"}
    plugins.turn_on(owner, "meta", agreed=manifest_of("meta").permissions)


@pytest.fixture
def page(on: None, owner: Any, agent: Any) -> Channel:
    return actions.connect(owner, "messenger", agent.pk, {**COMMON, "account_id": PAGE}, name="Our page")


@pytest.fixture
def account(on: None, owner: Any, agent: Any) -> Channel:
    return actions.connect(owner, "instagram", agent.pk, {**COMMON, "account_id": ACCOUNT}, name="Our account")


@pytest.fixture
def by_people(workspace: Any) -> None:
    workspace.default_reply_handler = "support"
    workspace.save()


def post(channel: Channel, name: str) -> int:
    return push(urlsplit(webhook_url(channel)).path, RECORDED[channel.kind][name])


def at(channel: Channel, name: str, moment: Any, **event: Any) -> int:
    """The recorded event as if it were of another moment."""
    found = copy.deepcopy(RECORDED[channel.kind][name])
    milliseconds = int(moment.timestamp() * 1000)
    found["entry"][0]["messaging"][0].update({"timestamp": milliseconds, **event})
    return push(urlsplit(webhook_url(channel)).path, found)


def test_connecting_subscribes_and_the_address_is_checked(graph, page, account, owner, agent) -> None:
    subscribed = [body for method, path, body in graph.asked if path == "me/subscribed_apps"]
    assert b"message_reads" in subscribed[0] and b"messaging_seen" not in subscribed[1]
    assert ask_for_challenge(urlsplit(webhook_url(page)).path, VERIFY_TOKEN) == (200, "1158201444")
    assert ask_for_challenge(urlsplit(webhook_url(page)).path, "no")[0] == 401
    graph.answers["me/subscribed_apps"] = {"data": [{"id": "1"}]}
    assert "Café Qamar" in actions.check(owner, page)
    assert "qamar" in actions.check(owner, account)
    with pytest.raises(ConnectionFailed, match=f"Café Qamar, whose ID is {PAGE}"):
        actions.connect(owner, "messenger", agent.pk, {**COMMON, "account_id": "1234567"}, name="Other")


def test_a_customer_is_answered_under_their_name(graph, page, work, scripted) -> None:
    scripted.play(Say("Yes, we **do**."))
    assert {post(page, "text") for _again in range(3)} == {200}
    work()
    [answer] = graph.sent
    assert (answer["recipient"], answer["message"]) == ({"id": PSID}, {"text": "Yes, we do."})
    assert answer["messaging_type"] == "RESPONSE"
    assert any(isinstance(body, dict) and body.get("sender_action") == "typing_on" for _method, _path, body in graph.asked)
    assert str(Contact.objects.get()) == "Rana Haddad"
    assert Delivery.objects.get().external_id == "mid.1"


@pytest.mark.parametrize("kind", ["messenger", "instagram"])
def test_all_kinds_of_events_are_taken_and_none_is_a_dead_letter(graph, kind, page, account, work, by_people) -> None:
    channel = page if kind == "messenger" else account
    assert {post(channel, name) for name in RECORDED[kind]} == {200}
    work()
    assert not queries.dead_letters().exists()
    texts = set(Message.objects.filter(author="customer").values_list("text", flat=True))
    assert not {"Yes.", "Yes, we do.", "Hello other page", "For the other app", "random_text", "Nice"} & texts
    assert {"Two people", "And almond?"} <= texts or {"Where are you?", "(mentioned you in their story)"} <= texts
    assert Conversation.objects.filter(contact__identities__external_id__endswith=PSID).count() <= 1


def test_a_watermark_moves_all_messages_until_then(graph, page, work, by_people, owner) -> None:
    post(page, "text")
    work()
    conversation = Conversation.objects.select_related("workspace").get()
    for said in ("One", "Two"):
        conversations.reply_as_person(owner, conversation, said)
    work()
    sent = Delivery.objects.order_by("pk")
    before = sent[0].sent_at - timedelta(minutes=5)
    at(page, "read", timezone.now(), read={"watermark": int(before.timestamp() * 1000)})
    work()
    assert [each.state for each in sent.all()] == ["sent", "sent"]
    at(page, "delivery", timezone.now(), delivery={"watermark": int(timezone.now().timestamp() * 1000)})
    work()
    assert [each.state for each in sent.all()] == ["delivered", "delivered"]
    at(page, "read", timezone.now(), read={"watermark": int(timezone.now().timestamp() * 1000)})
    work()
    assert [each.state for each in sent.all()] == ["read", "read"]
    conversations.reply_as_person(owner, conversation, "Three")
    work()
    at(page, "delivery", timezone.now(), delivery={"mids": ["mid.3"], "watermark": 0})
    work()
    assert [each.state for each in sent.all()] == ["read", "read", "delivered"]


def test_on_instagram_the_last_message_that_was_seen_is_named(graph, account, work, by_people, owner) -> None:
    post(account, "text")
    work()
    assert str(Contact.objects.get()) == "Karim Aoun"
    conversation = Conversation.objects.select_related("workspace").get()
    for said in ("One", "Two"):
        conversations.reply_as_person(owner, conversation, said)
    work()
    at(account, "seen", timezone.now(), read={"mid": "mid.2"})
    work()
    assert set(Delivery.objects.values_list("state", flat=True)) == {"read"}


def test_a_forged_event_is_refused(graph, page) -> None:
    address = urlsplit(webhook_url(page)).path
    assert push(address, RECORDED["messenger"]["text"], secret="f" * 32) == 401
    assert Channel.objects.get(kind="messenger").refused == 1


def test_long_answers_go_to_instagram_in_parts_of_a_thousand_bytes(graph, account, work, by_people, owner) -> None:
    post(account, "text")
    work()
    conversation = Conversation.objects.select_related("workspace").get()
    conversations.reply_as_person(owner, conversation, "هذه جملة من بضع كلمات. " * 60)
    work()
    parts = [body["message"]["text"] for body in graph.sent]
    assert len(parts) > 2
    assert all(len(part.encode()) <= 1000 for part in parts)


def test_a_person_may_answer_for_a_week_and_the_ai_for_a_day(graph, page, work, by_people, owner) -> None:
    post(page, "text")
    work()
    Conversation.objects.update(last_inbound_at=timezone.now() - timedelta(hours=25))
    conversation = Conversation.objects.select_related("workspace").get()
    error = {"message": "(#10) This message is sent outside of allowed window.", "code": 10, "error_subcode": 2018278}
    graph.says.append((400, {"error": error}))
    late = conversations.reply_as_person(owner, conversation, "Sorry, we were closed.")
    work()
    assert [body.get("tag") for body in graph.sent] == [None, "HUMAN_AGENT"]
    assert late.deliveries.get().state == "sent"
    Conversation.objects.update(last_inbound_at=timezone.now() - timedelta(days=8))
    later = conversations.reply_as_person(owner, conversation, "And now?")
    work()
    assert (later.deliveries.get().state, len(graph.sent)) == ("failed", 2)


def test_a_picture_is_fetched_without_the_token(graph, page, work, by_people) -> None:
    found = copy.deepcopy(RECORDED["messenger"]["image"])
    graph.files["cake.gif"] = ("image/gif", b"GIF89a\x01\x00\x01\x00\x00\x00\x00;")
    found["entry"][0]["messaging"][0]["message"]["attachments"][0]["payload"]["url"] = f"{graph.url}/files/cake.gif"
    push(urlsplit(webhook_url(page)).path, found)
    work()
    [file] = Message.objects.get().attachments.all()
    assert (file.state, file.media_type) == ("ready", "image/gif")


@pytest.mark.parametrize(
    ("old", "answer", "new"),
    [
        ("IGold-0123456789-0123456789-0123456789", {"access_token": "IGnew-0123456789-0123456789", "expires_in": 5183944}, True),
        ("IGold-0123456789-0123456789-0123456789", {"access_token": ["IG"]}, False),
        ("IGold-0123456789-0123456789-0123456789", None, False),
        (TOKEN, {"access_token": "IGnew-0123456789-0123456789"}, False),
    ],
)
def test_the_token_of_an_instagram_account_is_renewed_before_it_ends(graph, account, monkeypatch, old, answer, new) -> None:
    account.secrets = {**account.secrets, "token": old}
    account.save()
    refused = {"error": {"message": "Session has expired", "code": 190}}
    said = (200, json.dumps(answer).encode()) if answer else (400, json.dumps(refused).encode())
    monkeypatch.setattr(graph, "answer", lambda headers, path: said)
    graph.asked.clear()
    jobs.run(jobs.enqueue("channels.renew").pk)
    account.refresh_from_db()
    assert account.secrets == {"app_secret": APP_SECRET, "token": answer["access_token"] if new else old}
    asked = [("GET", "refresh_access_token", {"grant_type": ["ig_refresh_token"], "access_token": [old]})]
    assert graph.asked == (asked if old.startswith("IG") else [])
