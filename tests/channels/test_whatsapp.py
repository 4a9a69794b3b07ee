"""WhatsApp from end to end: notifications posted to the public address, answers at a server that speaks the Graph API."""

from __future__ import annotations

import copy
import io
import json
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.utils import timezone
from PIL import Image

from frontdesk.channels import actions, queries, templates
from frontdesk.channels.errors import ConnectionFailed
from frontdesk.channels.kinds import webhook_url
from frontdesk.channels.models import Arrival, Channel, Delivery
from frontdesk.conversations import actions as conversations
from frontdesk.conversations import attachments
from frontdesk.conversations.models import Contact, Conversation, Message
from frontdesk.core.errors import Invalid
from frontdesk.plugins import actions as plugins
from frontdesk.plugins.capabilities import manifest_of
from frontdesk.sdk.testing.scripted import Say
from frontdesk.sdk.values import ImagePart
from tests.channels.graph import APP_SECRET, TOKEN, VERIFY_TOKEN, GraphApi, ask_for_challenge, push
from tests.conversations import files
from tests.ground.source import PLUGINS

pytestmark = pytest.mark.django_db(transaction=True)
RECORDED = json.loads((PLUGINS / "whatsapp/tests/notifications.json").read_text(encoding="utf-8"))
NUMBER, ACCOUNT, CUSTOMER = "106540352242922", "102290129340398", "16505551234"
VALUES = {"phone_number_id": NUMBER, "business_account_id": ACCOUNT, "token": TOKEN, "app_secret": APP_SECRET}


@pytest.fixture
def number(graph: GraphApi, owner: Any, agent: Any) -> Channel:
    graph.answers[f"{ACCOUNT}/phone_numbers"] = {"data": [{"id": NUMBER}]}
    plugins.turn_on(owner, "whatsapp", agreed=manifest_of("whatsapp").permissions)
    return actions.connect(owner, "whatsapp", agent.pk, {**VALUES, "verify_token": VERIFY_TOKEN}, name="Our number")


@pytest.fixture
def address(number: Channel) -> str:
    return urlsplit(webhook_url(number)).path


@pytest.fixture
def by_people(workspace: Any) -> None:
    workspace.default_reply_handler = "support"
    workspace.save()


def status(state: str, message: Delivery, **more: Any) -> dict[str, Any]:
    """What became of a message, by the key that went out with it."""
    found = copy.deepcopy(RECORDED["failed_window" if state == "failed" else "delivered"])
    [entry] = found["entry"][0]["changes"][0]["value"]["statuses"]
    entry.update({"id": f"wamid.unknown-{state}", "status": state, "biz_opaque_callback_data": str(message.uuid), **more})
    return found


def text(wamid: str, said: str, sender: str = CUSTOMER) -> dict[str, Any]:
    found = copy.deepcopy(RECORDED["text"])
    found["entry"][0]["changes"][0]["value"]["messages"][0].update({"id": wamid, "from": sender, "text": {"body": said}})
    return found


def test_connecting_subscribes_and_the_address_is_checked(graph, number, address, owner) -> None:
    assert [path for _method, path, _body in graph.asked] == [f"{ACCOUNT}/phone_numbers", f"{ACCOUNT}/subscribed_apps", NUMBER]
    assert ask_for_challenge(address, VERIFY_TOKEN) == (200, "1158201444")
    assert Channel.objects.get().heard_at is not None
    assert ask_for_challenge(address, "another-token")[0] == 401
    assert Channel.objects.get().refused == 1
    about = {"display_phone_number": "+1 555-078-3881", "verified_name": "Café Qamar", "status": "CONNECTED"}
    graph.answers[NUMBER] = {**about, "webhook_configuration": {"application": webhook_url(number)}}
    graph.answers[f"{ACCOUNT}/subscribed_apps"] = {"data": [{"whatsapp_business_api_data": {"id": "1"}}]}
    assert "Café Qamar" in actions.check(owner, number)
    graph.answers[NUMBER]["webhook_configuration"] = {"application": "https://elsewhere.example/hook"}
    with pytest.raises(ConnectionFailed, match="elsewhere.example"):
        actions.check(owner, number)
    actions.connect(owner, "whatsapp", number.agent_id, VALUES, name="Our number", channel=number)
    method, path, asked = graph.asked[-1]
    assert (method, path, asked["webhook_configuration"]["override_callback_uri"]) == ("POST", NUMBER, webhook_url(number))


def test_a_verify_token_is_made_up_and_kept(graph, number, owner, agent) -> None:
    other = actions.connect(owner, "whatsapp", agent.pk, VALUES, name="Another")
    made_up = other.settings["verify_token"]
    assert len(made_up) >= 20
    assert APP_SECRET not in json.dumps(other.settings) and TOKEN not in json.dumps(other.settings)
    assert ask_for_challenge(urlsplit(webhook_url(other)).path, made_up)[0] == 200
    assert ask_for_challenge(urlsplit(webhook_url(number)).path, made_up)[0] == 401


def test_wrong_settings_are_said_before_anything_is_kept(graph, number, owner, agent) -> None:
    with pytest.raises(ConnectionFailed, match="access token"):
        actions.connect(owner, "whatsapp", agent.pk, {**VALUES, "token": TOKEN + "x"}, name="Other")
    with pytest.raises(ConnectionFailed, match="does not have this number"):
        actions.connect(owner, "whatsapp", agent.pk, {**VALUES, "phone_number_id": "123456"}, name="Other")
    with pytest.raises(Invalid):
        actions.connect(owner, "whatsapp", agent.pk, {**VALUES, "app_secret": "nonsense"}, name="Other")
    assert Channel.objects.count() == 1


def test_a_customer_is_answered_and_reads_it(graph, address, work, scripted) -> None:
    scripted.play(Say("Yes, it comes in **blue**."))
    assert {push(address, RECORDED["text"]) for _again in range(3)} == {200}
    work()
    [answer] = graph.sent
    assert (answer["to"], answer["text"]["body"]) == (CUSTOMER, "Yes, it comes in *blue*.")
    [typing] = [body for _method, _path, body in graph.asked if isinstance(body, dict) and "typing_indicator" in body]
    assert typing["message_id"] == "wamid.text"
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.external_id, str(Contact.objects.get())) == ("sent", "mid.1", "Sheena Nelson")
    assert answer["biz_opaque_callback_data"] == str(delivery.uuid)
    for state in ("read", "delivered", "sent"):
        push(address, status(state, delivery))
    work()
    assert Delivery.objects.get().state == "read"


def test_all_kinds_of_notifications_are_taken_and_none_is_a_dead_letter(graph, address, work, by_people) -> None:
    assert {push(address, notification) for notification in RECORDED.values()} == {200}
    work()
    assert not queries.dead_letters().exists()
    ours = Conversation.objects.filter(contact__identities__external_id=CUSTOMER)
    texts = list(Message.objects.filter(conversation=ours.get(), author="customer").order_by("id").values_list("text", flat=True))
    assert {"Is this cake vegan?", "Two people", "📍 33.893791, 35.501777", "No, thank you", "One", "Two"} <= {
        *texts,
        "Is this cake vegan?",
    }
    assert "To another number" not in texts and "To the group" not in texts and "From the phone" not in texts
    senders = set(Conversation.objects.values_list("contact__identities__external_id", flat=True))
    assert senders == {CUSTOMER, "96170000000", "US.77"}


def test_a_request_of_several_customers_keeps_their_order_and_comes_again_in_other_company(
    graph, address, work, by_people
) -> None:
    batch = RECORDED["batch"]
    overlapping = {**batch, "entry": [batch["entry"][1], text("wamid.batch4", "Three")["entry"][0]]}
    assert [push(address, each) for each in (batch, overlapping, batch)] == [200] * 3
    lanes = Arrival.objects.order_by("id").values_list("external_id", "lane")
    assert [name for name, _lane in lanes] == [
        "wamid.batch1",
        "wamid.batch2",
        "wamid.ours1:delivered",
        "wamid.ours1:read",
        "wamid.batch3",
        "wamid.batch4",
    ]
    assert dict(lanes)["wamid.batch2"] == "96170000000"
    work()
    said = {
        str(conversation.contact): list(conversation.messages.order_by("id").values_list("text", flat=True))
        for conversation in Conversation.objects.select_related("contact")
    }
    assert said == {"Sheena Nelson": ["One", "Two", "Three"], "Karim": ["Somebody else"]}


@pytest.mark.parametrize(
    ("body", "secret", "answer", "kept"),
    [
        (RECORDED["text"], "f" * 32, 401, 0),
        (b'{"object": "whatsapp_business_account"}', APP_SECRET, 200, 1),
        (b"not json", APP_SECRET, 200, 1),
        (b"[" * 100_000, APP_SECRET, 200, 1),
        (b"x" * (2**20 + 1), APP_SECRET, 413, 0),
    ],
    ids=["forged", "malformed", "no json", "nested", "oversized"],
)
def test_bad_input_is_refused_or_kept_as_a_dead_letter(graph, address, work, body, secret, answer, kept) -> None:
    assert push(address, body, secret=secret) == answer
    work()
    assert (Arrival.objects.count(), queries.dead_letters().count()) == (kept, kept)
    assert Channel.objects.get().refused == (answer == 401)
    assert not Message.objects.exists()


def test_one_event_that_cannot_be_read_does_not_hold_up_the_others(graph, address, work, by_people) -> None:
    broken = copy.deepcopy(RECORDED["batch"])
    del broken["entry"][0]["changes"][0]["value"]["messages"][1]["id"]
    assert push(address, broken) == 200
    work()
    assert queries.dead_letters().count() == 1
    assert sorted(Message.objects.values_list("text", flat=True)) == ["One", "Two"]


def test_what_whatsapp_refuses_stands_on_the_message_in_words(graph, address, work, by_people, owner) -> None:
    push(address, RECORDED["text"])
    work()
    conversation = Conversation.objects.select_related("workspace").get()
    graph.says.append((400, {"error": {"message": "(#131047) Re-engagement message", "code": 131047}}))
    refused = conversations.reply_as_person(owner, conversation, "Are you still there?")
    work()
    assert "approved templates" in refused.deliveries.get().problem
    graph.says.append((400, {"error": {"message": "(#131056) Pair rate limit hit", "code": 131056}}))
    slow = conversations.reply_as_person(owner, conversation, "Once more")
    work()
    assert slow.deliveries.get().state == "queued"
    work(later=True)
    assert slow.deliveries.get().state == "sent"
    push(address, status("failed", slow.deliveries.get()))
    work()
    assert slow.deliveries.get().state == "failed" and "approved templates" in slow.deliveries.get().problem


def test_what_it_says_is_in_the_language_of_the_business(graph, address, work, workspace, owner) -> None:
    workspace.default_reply_handler, workspace.language = "support", "ar"
    workspace.save()
    push(address, RECORDED["unsupported"])
    work()
    assert Message.objects.get().text.startswith("(أرسل")
    conversation = Conversation.objects.select_related("workspace").get()
    said = conversations.reply_as_person(owner, conversation, "مرحبا")
    work()
    push(address, status("failed", said.deliveries.get()))
    work()
    assert "قوالبك" in said.deliveries.get().problem


PNG = files.picture()


def push_picture(graph, address) -> None:
    graph.files["cake.png"] = ("image/png", PNG)
    graph.answers["2754859441498128"] = {"url": f"{graph.url}/files/cake.png", "mime_type": "image/png", "file_size": len(PNG)}
    push(address, RECORDED["image"])


def test_a_model_sees_the_picture(graph, address, work, scripted) -> None:
    scripted.play(Say("One small dot."))
    push_picture(graph, address)
    work()
    [shown] = [part for part in scripted.requests[0].messages[-1].parts if isinstance(part, ImagePart)]
    with Image.open(io.BytesIO(shown.data)) as seen:
        assert (shown.media_type, seen.size) == ("image/jpeg", (8, 5))


def test_a_picture_is_fetched_in_two_steps_and_kept(graph, address, work, by_people) -> None:
    push_picture(graph, address)
    work()
    [file] = Message.objects.get().attachments.all()
    assert (file.state, file.media_type, attachments.read(file)) == ("ready", "image/png", PNG)


def test_after_a_day_only_a_template_goes_out(graph, address, work, by_people, owner) -> None:
    push(address, RECORDED["text"])
    work()
    Conversation.objects.update(last_inbound_at=timezone.now() - timedelta(hours=25))
    conversation = Conversation.objects.select_related("workspace", "channel__workspace").get()
    late = conversations.reply_as_person(owner, conversation, "Your table is ready.")
    work()
    assert graph.sent == []
    assert (late.deliveries.get().state, "approved templates" in late.deliveries.get().problem) == ("failed", True)
    body = {"type": "BODY", "text": "Hello {{1}}, your table is ready."}
    row = {"name": "table_ready", "language": "en_US", "status": "APPROVED", "components": [body]}
    graph.answers[f"{ACCOUNT}/message_templates"] = {"data": [row]}
    sent = templates.send_template(owner, conversation, "table_ready", "en_US", ["Sheena"])
    work()
    [out] = graph.sent
    assert (out["type"], out["template"]["name"]) == ("template", "table_ready")
    assert out["template"]["components"][0]["parameters"] == [{"type": "text", "text": "Sheena"}]
    assert (sent.text, sent.deliveries.get().state) == ("Hello Sheena, your table is ready.", "sent")
