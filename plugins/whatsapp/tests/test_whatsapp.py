"""The contract for channels, notifications of every common kind, and messages as the Cloud API takes them."""

from __future__ import annotations

import hashlib
import hmac
import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from frontdesk_meta.graph import version
from frontdesk_whatsapp import notifications, plugin
from frontdesk_whatsapp.channel import WhatsApp, WhatsAppConfig
from frontdesk_whatsapp.marks import marked
from frontdesk_whatsapp.refusals import CLOSED, UNDELIVERABLE
from pydantic import SecretStr

from frontdesk.sdk.channel import Came
from frontdesk.sdk.errors import DeliveryFailed, DeliveryUnknown, PayloadInvalid, SignatureInvalid
from frontdesk.sdk.testing.channel_contract import ChannelContract
from frontdesk.sdk.testing.context import context_for
from frontdesk.sdk.values import (
    Attachment,
    Button,
    Deleted,
    Edited,
    Inbound,
    Outbound,
    Reaction,
    Status,
    Template,
    WebRequest,
)
from frontdesk.sdk.words import said

RECORDED = json.loads(Path(__file__).with_name("notifications.json").read_text(encoding="utf-8"))
APP_SECRET = "0123456789abcdef0123456789abcdef"
NUMBER, ACCOUNT, CUSTOMER = "106540352242922", "102290129340398", "16505551234"
SETTINGS = WhatsAppConfig(
    phone_number_id=NUMBER,
    business_account_id=ACCOUNT,
    token=SecretStr("EAAtest-of-nobody-0123456789-0123456789"),
    app_secret=SecretStr(APP_SECRET),
    verify_token="made-up-words",
)
HOOK = "https://desk.example/hooks/hook_x"


def request(body: bytes) -> WebRequest:
    signature = "sha256=" + hmac.new(APP_SECRET.encode(), body, hashlib.sha256).hexdigest()
    return WebRequest("POST", "/hooks/x", {"content-type": "application/json", "x-hub-signature-256": signature}, {}, body)


def recorded(name: str) -> bytes:
    return json.dumps(RECORDED[name]).encode()


def parsed(name: str) -> list[Came]:
    return list(WhatsApp().parse(request(recorded(name)), SETTINGS))


class TestContract(ChannelContract):
    module = "frontdesk_whatsapp.plugin"
    channel = WhatsApp
    settings = SETTINGS
    payload = recorded("text")
    ignored = tuple(
        recorded(name)
        for name in ("system", "welcome", "group", "other_number", "echo", "account_update", "error", "deleted", "group_status")
    )

    def signed(self, body: bytes) -> WebRequest:
        return request(body)

    def accepts(self, request: httpx.Request) -> httpx.Response:
        assert request.url == f"https://graph.facebook.com/{version()}/{NUMBER}/messages"
        assert request.headers["authorization"] == f"Bearer {SETTINGS.token.get_secret_value()}"
        return taken()


@pytest.mark.parametrize(
    ("name", "text", "files"),
    [
        ("text", "Does it come in another color?", ()),
        ("image", "Is this cake vegan?", (Attachment("image/jpeg", reference="2754859441498128"),)),
        ("voice", "", (Attachment("audio/ogg", reference="1908647269898587"),)),
        ("video", "", (Attachment("video/mp4", reference="1166846181421424"),)),
        ("document", "My invoice", (Attachment("application/pdf", "invoice 42.pdf", reference="1376223850470843"),)),
        ("sticker", "", (Attachment("image/webp", reference="798882015472548"),)),
        ("location", "📍 Café Qamar, Hamra Street (33.893791, 35.501777)", ()),
        ("place", "📍 33.893791, 35.501777", ()),
        ("contacts", "👤 Karim Aoun, +961 70 000 000, karim@qamar.example\n👤 Rana", ()),
        ("button_reply", "Two people", ()),
        ("list_reply", "Oat milk", ()),
        ("form", "guests: 4\nday: Friday", ()),
        ("template_button", "No, thank you", ()),
        ("reply", "And almond?", ()),
        ("ad", "Hello", ()),
        ("order", "🛒 2 × cake-1 (30 USD)\n🛒 1 × tea-7 (4.5 USD)\nPlease today", ()),
        ("unsupported", notifications.UNREADABLE, ()),
        ("new_kind", notifications.UNREADABLE, ()),
    ],
)
def test_messages_of_every_kind(name, text, files) -> None:
    [message] = parsed(name)
    assert isinstance(message, Inbound)
    assert (message.text, message.attachments) == (text, files)
    assert (message.sender_id, message.sender_name, message.sent_at) == (CUSTOMER, "Sheena Nelson", 1777000000)
    assert message.external_id == RECORDED[name]["entry"][0]["changes"][0]["value"]["messages"][0]["id"]


def test_what_cannot_be_shown_is_said_in_the_readers_language() -> None:
    [message] = parsed("unsupported")
    assert said(message.text, "ar") != message.text


def test_buttons_and_answers() -> None:
    found = {name: parsed(name)[0] for name in ("button_reply", "list_reply", "template_button", "form", "reply")}
    assert {name: each.button for name, each in found.items() if each.button} == {
        "button_reply": "two",
        "list_reply": "oat",
        "template_button": "STOP",
    }
    assert found["reply"].reply_to == found["button_reply"].reply_to == "wamid.ours1"
    assert parsed("ad")[0].raw["referral"]["headline"] == "Cheesecake"


def test_a_customer_who_hides_their_number_is_known_by_another_id() -> None:
    [message] = parsed("hidden_number")
    assert (message.sender_id, message.sender_name) == ("US.77", "@sheena")


@pytest.mark.parametrize(
    ("name", "came"),
    [
        ("reaction", [Reaction("wamid.ours1", CUSTOMER, "👍", sent_at=1777000000)]),
        ("unreaction", [Reaction("wamid.ours1", CUSTOMER, "", sent_at=1777000000)]),
        ("edit", [Edited("wamid.text", CUSTOMER, "Does it come in blue?", sent_at=1777000000)]),
        ("edited_caption", [Edited("wamid.image", CUSTOMER, "Is this one vegan?", sent_at=1777000000)]),
        ("revoke", [Deleted("wamid.text", CUSTOMER)]),
        ("sent", [Status("0190a0f0-0000-7000-8000-000000000001", "sent")]),
        ("delivered", [Status("wamid.ours1", "delivered")]),
        ("read", [Status("wamid.ours1", "read")]),
        ("played", [Status("wamid.ours1", "read")]),
        ("failed_window", [Status("wamid.ours1", "failed", CLOSED.sentence)]),
        ("failed_undeliverable", [Status("wamid.ours2", "failed", UNDELIVERABLE.sentence)]),
        ("failed_unknown", [Status("wamid.ours3", "failed", "WhatsApp did not deliver it: Something that is new (199999).")]),
        ("failed_bare", [Status("wamid.ours4", "failed", "WhatsApp did not deliver it.")]),
    ],
)
def test_what_happened_to_messages(name, came) -> None:
    assert parsed(name) == came


def test_a_request_of_several_customers_is_taken_apart() -> None:
    whole = request(recorded("batch"))
    parts = WhatsApp().split(whole, SETTINGS)
    envelopes = [WhatsApp().envelope(part, SETTINGS) for part in parts]
    assert [(each.id, each.lane) for each in envelopes] == [
        ("wamid.batch1", CUSTOMER),
        ("wamid.batch2", "96170000000"),
        ("wamid.ours1:delivered", CUSTOMER),
        ("wamid.ours1:read", CUSTOMER),
        ("wamid.batch3", CUSTOMER),
    ]
    assert [came for part in parts for came in WhatsApp().parse(part, SETTINGS)] == parsed("batch")
    assert [came.sender_name for came in parsed("batch")[:2]] == ["Sheena Nelson", "Karim"]
    assert WhatsApp().envelope(whole, SETTINGS).lane == ""
    single = request(recorded("text"))
    assert WhatsApp().split(single, SETTINGS) == (single,)


def test_the_same_event_has_the_same_name_in_any_company() -> None:
    alone = {
        "object": "whatsapp_business_account",
        "entry": [{"id": ACCOUNT, "changes": [RECORDED["batch"]["entry"][1]["changes"][0]]}],
    }
    assert WhatsApp().envelope(request(json.dumps(alone, indent=2).encode()), SETTINGS).id == "wamid.batch3"
    names = [WhatsApp().envelope(request(recorded(name)), SETTINGS).id for name in RECORDED]
    assert len(set(names)) == len(names)


def test_an_event_that_is_wrong_says_where() -> None:
    body = json.loads(recorded("text"))
    del body["entry"][0]["changes"][0]["value"]["messages"][0]["id"]
    with pytest.raises(PayloadInvalid, match="“id” of this message"):
        WhatsApp().parse(request(json.dumps(body).encode()), SETTINGS)


def test_the_address_is_checked_with_the_verify_token() -> None:
    asked = {"hub.mode": "subscribe", "hub.verify_token": "made-up-words", "hub.challenge": "1158201444"}
    good = WebRequest("GET", "/", {}, asked, b"")
    WhatsApp().verify(good, SETTINGS)
    assert WhatsApp().handshake(good, SETTINGS).body == "1158201444"
    with pytest.raises(SignatureInvalid):
        WhatsApp().verify(WebRequest("GET", "/", {}, {**asked, "hub.verify_token": "made-up-word"}, b""), SETTINGS)


@pytest.mark.parametrize(
    ("markdown", "wanted"),
    [
        ("Yes, we **do**, *really*, ~~not~~ `now`.", "Yes, we *do*, _really_, ~not~ `now`."),
        ("# Prices\n\nA **big** one", "*Prices*\n\nA *big* one"),
        ("## The **best** cake", "*The best cake*"),
        ("- Tea\n- Coffee\n  - with *oat* milk\n\nThat is all.", "- Tea\n- Coffee\n  - with _oat_ milk\n\nThat is all."),
        ("3. Three\n4. Four", "3. Three\n4. Four"),
        ("> Quoted\n> twice", "> Quoted\n> twice"),
        ("```\nx = 1\n```", "```x = 1```"),
        (
            "See [the menu](https://qamar.example/menu) or <https://qamar.example>.",
            "See the menu (https://qamar.example/menu) or https://qamar.example.",
        ),
        ("Write to [us@qamar.example](mailto:us@qamar.example)", "Write to us@qamar.example"),
        ("| Cake | Price |\n|---|---|\n| Nut | **4** |", "Cake | Price\nNut | *4*"),
        ("**two\nlines**", "*two*\n*lines*"),
        ("مرحبا **بك**", "مرحبا *بك*"),
        ("<b>raw</b>", "<b>raw</b>"),
    ],
)
def test_marks_are_whatsapps_own(markdown, wanted) -> None:
    assert marked(markdown) == wanted


def taken(wamid: str = "wamid.ours1") -> httpx.Response:
    contacts = [{"input": CUSTOMER, "wa_id": CUSTOMER}]
    return httpx.Response(200, json={"messaging_product": "whatsapp", "contacts": contacts, "messages": [{"id": wamid}]})


def refusal(status: int, code: int, details: str = "", **more: Any) -> httpx.Response:
    error = {"message": f"(#{code}) Title", "type": "OAuthException", "code": code, "fbtrace_id": "A1", **more}
    return httpx.Response(status, json={"error": {**error, "error_data": {"messaging_product": "whatsapp", "details": details}}})


def answering(*replies: httpx.Response, language: str = "en") -> tuple[Any, list[httpx.Request]]:
    waiting, asked = list(replies), []

    def web(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return waiting.pop(0)

    return context_for(plugin.manifest(), SETTINGS, web=web, language=language), asked


def body_of(request: httpx.Request) -> dict:
    return json.loads(request.content)


async def sent(message: Outbound, *replies: httpx.Response) -> list[dict]:
    context, asked = answering(*(replies or (taken(),)))
    await WhatsApp().send(message, context)
    return [body_of(each) for each in asked if each.url.path.endswith("/messages")]


async def test_an_answer_with_marks_that_answers_a_message() -> None:
    message = Outbound(CUSTOMER, "Yes, we do.", "key-1", markdown="Yes, we **do**.", reply_to="wamid.text")
    assert await sent(message) == [
        {
            "messaging_product": "whatsapp",
            "recipient_type": "individual",
            "to": CUSTOMER,
            "context": {"message_id": "wamid.text"},
            "biz_opaque_callback_data": "key-1",
            "type": "text",
            "text": {"body": "Yes, we *do*.", "preview_url": False},
        }
    ]
    [hidden] = await sent(Outbound("US.77", "Hi", "key-1"))
    assert (hidden.get("to"), hidden["recipient"]) == (None, "US.77")
    [long] = await sent(Outbound(CUSTOMER, "x" * 4096, "key-1", markdown=f"**{'x' * 4096}**"))
    assert long["text"]["body"] == "x" * 4096


async def test_few_short_choices_are_buttons_and_others_a_list() -> None:
    few = (Button("two", "Two"), Button("four", "Four"))
    [body] = await sent(Outbound(CUSTOMER, "How many?", "k", buttons=few))
    assert body["interactive"] == {
        "type": "button",
        "body": {"text": "How many?"},
        "action": {
            "buttons": [
                {"type": "reply", "reply": {"id": "two", "title": "Two"}},
                {"type": "reply", "reply": {"id": "four", "title": "Four"}},
            ]
        },
    }
    many = (*few, Button("six", "Six"), Button("more", "More than six, with children and a dog"))
    [body] = await sent(Outbound(CUSTOMER, "How many?", "k", buttons=many))
    assert body["interactive"]["type"] == "list"
    [section] = body["interactive"]["action"]["sections"]
    assert section["rows"][3] == {
        "id": "more",
        "title": "More than six, with chi…",
        "description": "More than six, with children and a dog",
    }
    assert all(len(row["title"]) <= 24 for row in section["rows"])
    for message in (
        Outbound(CUSTOMER, "x" * 1025, "k", buttons=few),
        Outbound(CUSTOMER, "How many?", "k", buttons=(Button("a", "Two"), Button("b", "Two"))),
    ):
        [body] = await sent(message)
        assert body["interactive"]["type"] == "list"


async def test_files_are_uploaded_first_and_small_texts_stand_below_them() -> None:
    picture = Attachment("image/png", "menu.png", data=b"PNG", url="https://desk.example/f/1")
    context, asked = answering(httpx.Response(200, json={"id": "4490709327384033"}), taken())
    await WhatsApp().send(Outbound(CUSTOMER, "Our menu", "k", attachments=(picture,)), context)
    assert asked[0].url.path.endswith(f"/{NUMBER}/media") and b"PNG" in asked[0].content
    assert body_of(asked[1])["image"] == {"id": "4490709327384033", "caption": "Our menu"}
    [body] = await sent(Outbound(CUSTOMER, "", "k", attachments=(Attachment("image/webp", "a.webp", url="https://x.example/a"),)))
    assert (body["type"], body["document"]) == ("document", {"link": "https://x.example/a", "filename": "a.webp"})
    voice = Attachment("audio/ogg", url="https://x.example/a")
    both = await sent(Outbound(CUSTOMER, "Listen", "k", attachments=(voice,)), taken("wamid.1"), taken("wamid.2"))
    assert [each["type"] for each in both] == ["audio", "text"]
    large = Attachment("image/jpeg", url="https://x.example/a", size=6 * 2**20)
    [body] = await sent(Outbound(CUSTOMER, "", "k", attachments=(large,)))
    assert body["type"] == "document"


async def test_an_upload_that_fails_has_sent_nothing_and_a_half_sent_message_is_unknown() -> None:
    def broke(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("silence", request=request)

    picture = Attachment("image/png", "menu.png", data=b"PNG")
    with pytest.raises(DeliveryFailed) as failed:
        context = context_for(plugin.manifest(), SETTINGS, web=broke)
        await WhatsApp().send(Outbound(CUSTOMER, "", "k", attachments=(picture,)), context)
    assert not failed.value.permanent
    voice = Attachment("audio/ogg", url="https://x.example/a")
    with pytest.raises(DeliveryUnknown, match="One part was sent"):
        await sent(Outbound(CUSTOMER, "Listen", "k", attachments=(voice,)), taken(), refusal(400, 131053))


async def test_a_template_is_sent_with_its_values() -> None:
    chosen = Template("table_ready", "en_US", "Hello {{1}}, your table at {{2}} is ready.", ("Sheena", "eight\n o'clock"))
    [body] = await sent(Outbound(CUSTOMER, "", "k", template=chosen))
    assert body["template"] == {
        "name": "table_ready",
        "language": {"code": "en_US"},
        "components": [
            {"type": "body", "parameters": [{"type": "text", "text": "Sheena"}, {"type": "text", "text": "eight o'clock"}]}
        ],
    }
    [body] = await sent(Outbound(CUSTOMER, "", "k", template=Template("hello_world", "en_US", "Hello.")))
    assert "components" not in body["template"]


def row(name: str, *components: dict, **more: str) -> dict:
    body = {"type": "BODY", "text": "Hello {{1}}"}
    return {"name": name, "language": "en", "status": "APPROVED", "components": [body, *components], **more}


async def test_templates_that_can_be_filled_in_are_listed() -> None:
    good = row("good", {"type": "HEADER", "format": "TEXT", "text": "Qamar"}, {"type": "FOOTER", "text": "Bye"})
    others = [
        row("picture", {"type": "HEADER", "format": "IMAGE"}),
        row("title", {"type": "HEADER", "format": "TEXT", "text": "{{1}}"}),
        row("link", {"type": "BUTTONS", "buttons": [{"type": "URL", "text": "See", "url": "https://qamar.example/{{1}}"}]}),
        row("named", parameter_format="NAMED"),
        row("paused", status="PAUSED"),
        {"name": "broken"},
    ]
    page = {"data": [good, *others], "paging": {"cursors": {"after": "abc"}, "next": "https://graph.facebook.com/next"}}
    context, asked = answering(httpx.Response(200, json=page), httpx.Response(200, json={"data": [row("second")]}))
    found = await WhatsApp().templates(context)
    assert [each.name for each in found] == ["good", "second"]
    assert found[0] == Template("good", "en", "Hello {{1}}")
    assert [each.url.params.get("after") for each in asked] == [None, "abc"]


async def test_files_are_fetched_in_two_steps_with_the_token() -> None:
    about = {"url": "https://lookaside.fbsbx.com/whatsapp_business/attachments/?mid=1", "mime_type": "image/jpeg", "file_size": 3}
    context, asked = answering(
        httpx.Response(200, json=about), httpx.Response(200, content=b"JPG", headers={"content-type": "image/jpeg"})
    )
    found = await WhatsApp().fetch(Attachment("image/jpeg", reference="2754859441498128"), context)
    assert (found.data, found.media_type, found.size) == (b"JPG", "image/jpeg", 3)
    assert [each.url.host for each in asked] == ["graph.facebook.com", "lookaside.fbsbx.com"]
    assert all(each.headers["authorization"].startswith("Bearer ") for each in asked)


async def test_the_token_goes_to_metas_servers_only() -> None:
    context, asked = answering(httpx.Response(200, json={"url": "https://elsewhere.example/x"}))
    with pytest.raises(DeliveryFailed):
        await WhatsApp().fetch(Attachment("image/jpeg", reference="2754859441498128"), context)
    assert [each.url.host for each in asked] == ["graph.facebook.com"]


async def test_typing_marks_the_message_as_read() -> None:
    context, asked = answering(httpx.Response(200, json={"success": True}))
    await WhatsApp().typing(CUSTOMER, "", "wamid.text", context)
    assert body_of(asked[0]) == {
        "messaging_product": "whatsapp",
        "status": "read",
        "message_id": "wamid.text",
        "typing_indicator": {"type": "text"},
    }
    context, asked = answering()
    await WhatsApp().typing(CUSTOMER, "", "", context)
    assert asked == []


@pytest.mark.parametrize(
    ("reply", "permanent", "wait", "words"),
    [
        (refusal(400, 131047), True, None, "approved templates"),
        (refusal(400, 131026), True, None, "not on WhatsApp"),
        (refusal(400, 131030), True, None, "test number"),
        (refusal(429, 130429), False, 60, "slow down"),
        (refusal(400, 80007), False, 60, "slow down"),
        (refusal(400, 131056), False, 6, "this one customer"),
        (refusal(401, 190), False, 300, "access token"),
        (refusal(403, 368), True, None, "Account quality"),
        (refusal(403, 131031), True, None, "Account quality"),
        (refusal(403, 10), False, 300, "permissions"),
        (refusal(400, 131042), False, 600, "payment method"),
        (refusal(400, 132000), True, None, "values do not fit"),
        (refusal(404, 132001), True, None, "no such approved template"),
        (refusal(500, 131000), False, None, "tried again"),
        (refusal(503, 131016), False, None, "tried again"),
        (refusal(400, 100, "Param text is too long"), True, None, r"Param text is too long \(100\)"),
        (httpx.Response(502, text="<html>Bad Gateway</html>"), False, None, "not available"),
    ],
)
async def test_refusals_in_words(reply, permanent, wait, words) -> None:
    context, _asked = answering(reply)
    with pytest.raises(DeliveryFailed, match=words) as failed:
        await WhatsApp().send(Outbound(CUSTOMER, "Yes.", "key-1"), context)
    assert (failed.value.permanent, failed.value.retry_after) == (permanent, wait)
    assert SETTINGS.token.get_secret_value() not in str(failed.value)


@pytest.mark.parametrize(
    "reply", [httpx.Response(200, text="hm"), httpx.Response(200, json={"messages": []}), httpx.Response(504)]
)
async def test_an_answer_that_says_nothing_is_unknown(reply) -> None:
    context, _asked = answering(reply)
    with pytest.raises(DeliveryUnknown):
        await WhatsApp().send(Outbound(CUSTOMER, "Yes.", "key-1"), context)


NUMBERS = httpx.Response(200, json={"data": [{"id": NUMBER}]})
DONE = httpx.Response(200, json={"success": True})


async def test_connecting_subscribes_the_app_to_the_account() -> None:
    context, asked = answering(NUMBERS, DONE, number(webhook_configuration={"application": HOOK}))
    await WhatsApp().connect(HOOK, context)
    assert [(each.method, each.url.path.split("/", 2)[2]) for each in asked] == [
        ("GET", f"{ACCOUNT}/phone_numbers"),
        ("POST", f"{ACCOUNT}/subscribed_apps"),
        ("GET", NUMBER),
    ]
    context, asked = answering(httpx.Response(200, json={"data": [{"id": "1"}]}))
    with pytest.raises(DeliveryFailed, match="does not have this number"):
        await WhatsApp().connect(HOOK, context)
    context, asked = answering()
    with pytest.raises(DeliveryFailed, match="https://"):
        await WhatsApp().connect("http://127.0.0.1:8000/hooks/x", context)
    assert asked == []


async def test_a_second_number_of_an_app_gets_an_address_of_its_own() -> None:
    elsewhere = number(webhook_configuration={"application": "https://desk.example/hooks/hook_first"})
    for answer in (DONE, refusal(400, 2200, "Callback verification failed")):
        context, asked = answering(NUMBERS, DONE, elsewhere, answer)
        await WhatsApp().connect(HOOK, context)
        assert body_of(asked[3]) == {
            "webhook_configuration": {"override_callback_uri": HOOK, "verify_token": SETTINGS.verify_token}
        }


def number(**more: Any) -> httpx.Response:
    about = {"display_phone_number": "+1 555-078-3881", "verified_name": "Café Qamar", "status": "CONNECTED"}
    return httpx.Response(200, json={**about, "quality_rating": "GREEN", "id": NUMBER, **more})


async def test_the_connection_is_checked() -> None:
    apps = httpx.Response(200, json={"data": [{"whatsapp_business_api_data": {"name": "Frontdesk", "id": "1"}}]})
    for good, words in (
        (number(), "Café Qamar"),
        (number(webhook_configuration={"application": HOOK}), "writes to your app"),
        (number(webhook_configuration={"application": "https://old.example", "phone_number": HOOK}), "writes to your app"),
        (number(quality_rating="RED"), "report many"),
    ):
        context, _asked = answering(good, apps)
        assert words in await WhatsApp().check(HOOK, context)
    for replies, words in (
        ([number(webhook_configuration={"application": "https://old.example/hook"}), apps], "https://old.example/hook"),
        ([number(status="BANNED"), apps], "BANNED"),
        ([number(), httpx.Response(200, json={"data": []})], "Save this page again"),
        ([refusal(400, 190)], "access token"),
    ):
        context, _asked = answering(*replies)
        with pytest.raises(DeliveryFailed, match=words):
            await WhatsApp().check(HOOK, context)
