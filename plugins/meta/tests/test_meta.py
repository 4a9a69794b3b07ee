"""The contract for channels, events of every common kind, and what Meta's refusals mean."""

from __future__ import annotations

import hashlib
import hmac
import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from frontdesk_meta import events, graph, plugin
from frontdesk_meta.channel import Instagram, InstagramConfig, Messenger, MessengerConfig
from pydantic import SecretStr, ValidationError

from frontdesk.sdk.channel import Came, Channel
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
    Watermark,
    WebRequest,
)
from frontdesk.sdk.words import Phrase, said

HERE = Path(__file__).parent
PAYLOADS = {name: json.loads((HERE / f"{name}.json").read_text(encoding="utf-8")) for name in ("messenger", "instagram")}
APP_SECRET = "0123456789abcdef0123456789abcdef"
VERIFY_TOKEN = "made-up-words"
PAGE, PSID = "102030405060708", "6001234567890123"
ACCOUNT, IGSID = "17841405309211844", "1784140012345671"
HOOK = "https://desk.example/hooks/hook_x"
COMMON = {"app_secret": SecretStr(APP_SECRET), "verify_token": VERIFY_TOKEN}
MESSENGER = MessengerConfig(account_id=PAGE, token=SecretStr("EAAtest-of-nobody-0123456789-0123456789"), **COMMON)
INSTAGRAM = InstagramConfig(account_id=ACCOUNT, token=SecretStr("IGAAtest-of-nobody-0123456789-0123456789"), **COMMON)


def request(body: bytes) -> WebRequest:
    signature = "sha256=" + hmac.new(APP_SECRET.encode(), body, hashlib.sha256).hexdigest()
    return WebRequest("POST", "/hooks/x", {"content-type": "application/json", "x-hub-signature-256": signature}, {}, body)


def recorded(product: str, name: str) -> bytes:
    return json.dumps(PAYLOADS[product][name]).encode()


def parsed(product: str, name: str) -> list[Came]:
    kind, settings = (Messenger(), MESSENGER) if product == "messenger" else (Instagram(), INSTAGRAM)
    return list(kind.parse(request(recorded(product, name)), settings))


class MetaContract(ChannelContract):
    module = "frontdesk_meta.plugin"

    def signed(self, body: bytes) -> WebRequest:
        return request(body)

    def accepts(self, request: httpx.Request) -> httpx.Response:
        assert request.url.path == f"/{graph.version()}/me/messages"
        assert request.headers["authorization"].startswith("Bearer ")
        said = json.loads(request.content)
        return httpx.Response(200, json={"recipient_id": said["recipient"]["id"], "message_id": "m_ours1"})


class TestMessenger(MetaContract):
    channel = Messenger
    settings = MESSENGER
    payload = recorded("messenger", "text")
    ignored = tuple(
        recorded("messenger", name) for name in ("echo", "referral_alone", "optin", "standby", "other_page", "feed")
    ) + (recorded("instagram", "text"),)


class TestInstagram(MetaContract):
    channel = Instagram
    settings = INSTAGRAM
    payload = recorded("instagram", "text")
    ignored = tuple(recorded("instagram", name) for name in ("echo", "referral", "comment", "dashboard_test"))


CDN = "https://scontent.xx.fbcdn.net/v/t1.15752-9/12345_n.jpg?_nc_cat=1&oh=03_Q7"
LOOK = "https://lookaside.fbsbx.com/ig_messaging_cdn/?asset_id=17990000000000001&signature=Ab1"


@pytest.mark.parametrize(
    ("product", "name", "text", "files"),
    [
        ("messenger", "text", "Do you have oat milk?", ()),
        ("messenger", "image", "", (Attachment("image/jpeg", url=CDN),)),
        ("messenger", "album", "These two?", (Attachment("image/jpeg", url=CDN), Attachment("image/jpeg", url=CDN + "&two"))),
        ("messenger", "like", "", (Attachment("image/jpeg", url=CDN),)),
        ("messenger", "audio", "", (Attachment("audio/mp4", url="https://cdn.fbsbx.com/v/t59.3654-21/voice.mp4"),)),
        ("messenger", "video", "", (Attachment("video/mp4", url="https://video.xx.fbcdn.net/v/clip.mp4"),)),
        (
            "messenger",
            "file",
            "",
            (Attachment("application/octet-stream", url="https://cdn.fbsbx.com/v/t59.2708-21/menu.pdf"),),
        ),
        ("messenger", "location", "📍 33.893791, 35.501777", ()),
        ("messenger", "link", "https://qamar.example/menu\n🔗 Menu https://l.facebook.com/qamar", ()),
        ("messenger", "referral", "Hi", ()),
        ("messenger", "postback", "Get started", ()),
        ("instagram", "text", "Do you ship to Beirut?", ()),
        ("instagram", "image", "", (Attachment("image/jpeg", url=LOOK),)),
        ("instagram", "voice", "", (Attachment("audio/mp4", url=LOOK),)),
        ("instagram", "story_reply", f"How much is this?\n↩ {LOOK}", ()),
        ("instagram", "story_mention", events.MENTION, ()),
        ("instagram", "reel", "Like this one\n🔗 Cheesecake https://www.instagram.com/reel/C1/", ()),
        ("instagram", "share", f"🔗 {LOOK}", ()),
        ("instagram", "once", events.ONCE, ()),
        ("instagram", "unsupported", events.UNREADABLE, ()),
        ("instagram", "icebreaker", "Where are you?", ()),
    ],
)
def test_messages_of_every_kind(product, name, text, files) -> None:
    [message] = parsed(product, name)
    assert isinstance(message, Inbound)
    assert (message.text, message.attachments) == (text, files)
    assert message.sender_id == (PSID if product == "messenger" else IGSID)
    assert message.sent_at == 1777000000.123


def test_what_stands_for_something_else_is_said_in_the_readers_language() -> None:
    for name in ("story_mention", "once", "unsupported"):
        [message] = parsed("instagram", name)
        assert isinstance(message.text, Phrase)
        assert said(message.text, "ar") != message.text


def test_buttons_answers_and_where_somebody_came_from() -> None:
    [quick] = parsed("messenger", "quick_reply")
    assert (quick.text, quick.button) == ("Two people", "two")
    [postback] = parsed("messenger", "postback")
    assert (postback.external_id, postback.button) == ("m_post1", "START")
    assert postback.raw["postback"]["referral"]["ref"] == "qr"
    [old], again = parsed("messenger", "old_postback"), parsed("messenger", "old_postback")
    assert old.external_id == again[0].external_id != ""
    assert parsed("messenger", "reply")[0].reply_to == "m_ours1"
    assert parsed("instagram", "reply")[0].reply_to == "ig_ours1"
    assert parsed("instagram", "story_reply")[0].reply_to == ""


@pytest.mark.parametrize(
    ("product", "name", "came"),
    [
        ("messenger", "edit", [Edited("m_text1", PSID, "Do you have oat milk today?")]),
        ("messenger", "reaction", [Reaction("m_ours1", PSID, "❤")]),
        ("messenger", "unreaction", [Reaction("m_ours1", PSID, "")]),
        ("messenger", "delivery", [Status("m_ours1", "delivered"), Watermark(PSID, "delivered", 1777000002.5)]),
        ("messenger", "read", [Watermark(PSID, "read", 1777000002.5)]),
        ("instagram", "unsent", [Deleted("aWdfZAG1faXRlbToxOklHTWVzc2FnZAUlEOjE", IGSID)]),
        ("instagram", "reaction", [Reaction("ig_ours1", IGSID, "🎉")]),
        ("instagram", "unreaction", [Reaction("ig_ours1", IGSID, "")]),
        ("instagram", "seen", [Status("ig_ours1", "read"), Watermark(IGSID, "read", 1777000000.123)]),
    ],
)
def test_what_happened_to_messages(product, name, came) -> None:
    assert parsed(product, name) == came


def test_a_request_of_several_customers_is_taken_apart() -> None:
    whole = request(recorded("messenger", "batch"))
    parts = Messenger().split(whole, MESSENGER)
    envelopes = [Messenger().envelope(part, MESSENGER) for part in parts]
    assert [(each.id, each.lane) for each in envelopes] == [
        ("m_batch1", PSID),
        ("m_batch2", "6009999999999999"),
        ("m_batch3", PSID),
    ]
    assert [came for part in parts for came in Messenger().parse(part, MESSENGER)] == parsed("messenger", "batch")
    assert Messenger().envelope(whole, MESSENGER).lane == ""
    single = request(recorded("messenger", "text"))
    assert Messenger().split(single, MESSENGER) == (single,)


def test_the_same_event_has_the_same_name_whenever_it_is_sent() -> None:
    again = {**PAYLOADS["messenger"]["text"], "entry": [{**PAYLOADS["messenger"]["text"]["entry"][0], "time": 1777009999999}]}
    first = Messenger().envelope(request(recorded("messenger", "text")), MESSENGER)
    assert Messenger().envelope(request(json.dumps(again, indent=2).encode()), MESSENGER) == first
    names = [Messenger().envelope(request(recorded("messenger", name)), MESSENGER).id for name in PAYLOADS["messenger"]]
    assert len(set(names)) == len(names)
    names = [Instagram().envelope(request(recorded("instagram", name)), INSTAGRAM).id for name in PAYLOADS["instagram"]]
    assert len(set(names)) == len(names)


def test_an_event_that_is_wrong_says_where() -> None:
    body = {"object": "page", "entry": [{"id": PAGE, "messaging": [{"sender": {"id": PSID}, "message": {"text": "no id"}}]}]}
    with pytest.raises(PayloadInvalid, match="message.mid"):
        Messenger().parse(request(json.dumps(body).encode()), MESSENGER)


def checking(token: str, mode: str = "subscribe", challenge: str = "1158201444") -> WebRequest:
    return WebRequest("GET", "/", {}, {"hub.mode": mode, "hub.verify_token": token, "hub.challenge": challenge}, b"")


def test_the_address_is_checked_with_the_verify_token() -> None:
    asked = checking(VERIFY_TOKEN)
    Messenger().verify(asked, MESSENGER)
    answer = Messenger().handshake(asked, MESSENGER)
    assert (answer.status, answer.body, answer.media_type) == (200, "1158201444", "text/plain")
    assert Messenger().handshake(request(b"{}"), MESSENGER) is None
    for wrong in (
        checking("another-one"),
        checking(""),
        checking(VERIFY_TOKEN, mode="unsubscribe"),
        WebRequest("GET", "/", {}, {}, b""),
    ):
        with pytest.raises(SignatureInvalid):
            Messenger().verify(wrong, MESSENGER)
    harmful = Messenger().handshake(checking(VERIFY_TOKEN, challenge="<script>alert(1)</script>"), MESSENGER)
    assert harmful.status == 400 and "script" not in harmful.body


def test_settings_that_are_none_are_said_to_be() -> None:
    values = {"account_id": PAGE, "token": "EAA" + "x" * 40, "app_secret": APP_SECRET, "verify_token": VERIFY_TOKEN}
    assert MessengerConfig(**values).account_id == PAGE
    for wrong in ({"account_id": "my page"}, {"token": "short"}, {"app_secret": "short"}, {"verify_token": "two words"}):
        with pytest.raises(ValidationError):
            MessengerConfig(**{**values, **wrong})
    made_up = MessengerConfig(**{name: value for name, value in values.items() if name != "verify_token"})
    assert len(made_up.verify_token) == 24


def answering(*replies: httpx.Response, kind: type[Channel] = Messenger, language: str = "en") -> tuple[Any, list[httpx.Request]]:
    waiting, asked = list(replies), []

    def web(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return waiting.pop(0)

    settings = MESSENGER if kind is Messenger else INSTAGRAM
    return context_for(plugin.manifest(), settings, web=web, language=language), asked


def taken(mid: str = "m_ours1") -> httpx.Response:
    return httpx.Response(200, json={"recipient_id": PSID, "message_id": mid})


def refusal(status: int, code: int, subcode: int = 0, message: str = "No", **more: Any) -> httpx.Response:
    error = {"message": message, "type": "OAuthException", "code": code, "error_subcode": subcode, "fbtrace_id": "A1", **more}
    return httpx.Response(status, json={"error": error})


def body_of(request: httpx.Request) -> dict:
    return json.loads(request.content)


async def test_an_answer_with_choices() -> None:
    context, asked = answering(taken())
    buttons = (Button("two", "A table for two people, please"), Button("four", "Four"))
    receipt = await Messenger().send(Outbound(PSID, "For how many?", "k", buttons=buttons), context)
    assert receipt.external_id == "m_ours1"
    assert body_of(asked[0]) == {
        "recipient": {"id": PSID},
        "messaging_type": "RESPONSE",
        "message": {
            "text": "For how many?",
            "quick_replies": [
                {"content_type": "text", "title": "A table for two peo…", "payload": "two"},
                {"content_type": "text", "title": "Four", "payload": "four"},
            ],
        },
    }
    assert str(asked[0].url).startswith("https://graph.facebook.com/")


async def test_files_go_out_by_address_or_with_their_bytes() -> None:
    context, asked = answering(taken("m_1"), taken("m_2"), kind=Instagram)
    files = (
        Attachment("image/png", url="https://desk.example/f/1"),
        Attachment("application/pdf", "قائمة menu.pdf", data=b"%PDF"),
    )
    receipt = await Instagram().send(Outbound(IGSID, "", "k", attachments=files), context)
    assert receipt.external_id == "m_2"
    assert str(asked[0].url).startswith("https://graph.instagram.com/")
    assert body_of(asked[0])["message"] == {"attachment": {"type": "image", "payload": {"url": "https://desk.example/f/1"}}}
    form = asked[1].content.decode()
    assert asked[1].headers["content-type"].startswith("multipart/form-data")
    assert 'filename="menu.pdf"' in form and "%PDF" in form and '{"id": "' + IGSID in form


async def test_what_went_out_in_part_is_not_sent_again() -> None:
    context, _asked = answering(taken(), refusal(400, 100, 2018047))
    message = Outbound(PSID, "And this?", "k", attachments=(Attachment("image/png", url="https://desk.example/f/1"),))
    with pytest.raises(DeliveryUnknown, match="One part was sent"):
        await Messenger().send(message, context)


async def test_a_person_may_answer_later_than_the_ai() -> None:
    closed = refusal(400, 10, 2018278, "This message is sent outside of allowed window.")
    context, asked = answering(closed, taken())
    await Messenger().send(Outbound(PSID, "Here I am.", "k", by_person=True), context)
    assert [body_of(each).get("tag") for each in asked] == [None, "HUMAN_AGENT"]
    assert body_of(asked[1])["messaging_type"] == "MESSAGE_TAG"
    context, asked = answering(closed)
    with pytest.raises(DeliveryFailed, match="write again"):
        await Messenger().send(Outbound(PSID, "Here I am.", "k"), context)
    context, _asked = answering(closed, refusal(400, 100, 2018276))
    with pytest.raises(DeliveryFailed, match="Human Agent"):
        await Messenger().send(Outbound(PSID, "Here I am.", "k", by_person=True), context)


@pytest.mark.parametrize(
    ("reply", "permanent", "words"),
    [
        (refusal(400, 10, 2018278), True, "write again"),
        (refusal(403, 10, 2534022), True, "write again"),
        (refusal(400, 551, 1545041), True, "blocked you"),
        (refusal(400, 100, 2018001), True, "cannot be reached"),
        (refusal(403, 200, 2018028), True, "reviewed your app"),
        (refusal(400, 100, 0, "(#100) Length of param message[text] must be less than 2000"), True, r"less than 2000 \(100\)"),
        (refusal(400, 190, 463), False, "access token"),
        (refusal(403, 230), False, "permissions"),
        (refusal(400, 613), False, "slow down"),
        (refusal(400, 368), True, "Account quality"),
        (refusal(400, 1200), False, "tried again"),
        (refusal(500, 2), False, "tried again"),
        (refusal(400, 99999, is_transient=True), False, "not available"),
        (httpx.Response(502, text="<html>Bad Gateway</html>"), False, "not available"),
    ],
)
async def test_refusals_in_words(reply, permanent, words) -> None:
    context, _asked = answering(reply)
    with pytest.raises(DeliveryFailed, match=words) as failed:
        await Messenger().send(Outbound(PSID, "Yes.", "k"), context)
    assert failed.value.permanent is permanent
    assert MESSENGER.token.get_secret_value() not in str(failed.value)


async def test_refusals_are_said_in_the_owners_language() -> None:
    context, _asked = answering(refusal(400, 10, 2018278), language="ar")
    with pytest.raises(DeliveryFailed, match="العميل"):
        await Messenger().send(Outbound(PSID, "Yes.", "k"), context)


@pytest.mark.parametrize("reply", [httpx.Response(200, text="hm"), httpx.Response(200, json=[]), httpx.Response(504)])
async def test_an_answer_that_says_nothing_is_unknown(reply) -> None:
    context, _asked = answering(reply)
    with pytest.raises(DeliveryUnknown):
        await Messenger().send(Outbound(PSID, "Yes.", "k"), context)


async def test_typing_names_and_files() -> None:
    context, asked = answering(httpx.Response(200, json={"recipient_id": PSID}))
    await Messenger().typing(PSID, "", "m_text1", context)
    assert body_of(asked[0]) == {"recipient": {"id": PSID}, "sender_action": "typing_on"}
    context, _asked = answering(httpx.Response(200, json={"first_name": "Rana", "last_name": "Haddad", "id": PSID}))
    assert await Messenger().name_of(PSID, context) == "Rana Haddad"
    context, _asked = answering(httpx.Response(200, json={"username": "rana.h", "id": IGSID}), kind=Instagram)
    assert await Instagram().name_of(IGSID, context) == "rana.h"
    context, asked = answering(httpx.Response(200, content=b"PNG", headers={"content-type": "image/png; a=b"}))
    found = await Messenger().fetch(Attachment("image/jpeg", url=CDN), context)
    assert (found.data, found.media_type) == (b"PNG", "image/png")
    assert "authorization" not in asked[0].headers


async def test_files_are_fetched_from_metas_servers_only() -> None:
    context, asked = answering()
    with pytest.raises(DeliveryFailed):
        await Messenger().fetch(Attachment("image/jpeg", url="https://elsewhere.example/x.jpg"), context)
    assert asked == []


async def test_connecting_subscribes_the_account() -> None:
    context, asked = answering(
        httpx.Response(200, json={"id": PAGE, "name": "Café Qamar"}), httpx.Response(200, json={"success": True})
    )
    await Messenger().connect(HOOK, context)
    assert asked[1].url.path.endswith("/me/subscribed_apps") and b"message_reads" in asked[1].content
    context, _asked = answering(httpx.Response(200, json={"user_id": "17840000000000000", "username": "other"}), kind=Instagram)
    with pytest.raises(DeliveryFailed, match="other, whose ID is 17840000000000000"):
        await Instagram().connect(HOOK, context)
    context, asked = answering()
    with pytest.raises(DeliveryFailed, match="https://"):
        await Messenger().connect("http://127.0.0.1:8000/hooks/x", context)
    assert asked == []


async def test_an_account_that_belongs_to_a_page_is_asked_for_there() -> None:
    settings = INSTAGRAM.model_copy(update={"token": MESSENGER.token})
    found = {"instagram_business_account": {"id": ACCOUNT, "username": "qamar"}, "id": PAGE}
    replies = [httpx.Response(200, json=found), httpx.Response(200, json={"success": True})]
    asked = []

    def web(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return replies.pop(0)

    await Instagram().connect(HOOK, context_for(plugin.manifest(), settings, web=web))
    assert {each.url.host for each in asked} == {"graph.facebook.com"}
    assert b"messaging_seen" not in asked[1].content


async def test_the_connection_is_checked() -> None:
    page, apps = httpx.Response(200, json={"id": PAGE, "name": "Café Qamar"}), {"data": [{"name": "Frontdesk", "id": "1"}]}
    context, _asked = answering(page, httpx.Response(200, json=apps))
    assert "Café Qamar" in await Messenger().check(HOOK, context)
    for replies, words in (
        ([page, httpx.Response(200, json={"data": []})], "Save this page again"),
        ([refusal(400, 190)], "access token"),
    ):
        context, _asked = answering(*replies)
        with pytest.raises(DeliveryFailed, match=words):
            await Messenger().check(HOOK, context)


def test_an_operator_names_another_server_and_version(monkeypatch) -> None:
    monkeypatch.setenv("META_GRAPH_URL", "http://127.0.0.1:9100/")
    monkeypatch.setenv("META_GRAPH_VERSION", "v99.0")
    assert plugin.manifest().permissions.hosts[0] == "127.0.0.1:9100"
    assert (graph.own_url(), graph.version()) == ("http://127.0.0.1:9100", "v99.0")
