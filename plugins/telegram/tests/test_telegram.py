"""The contract for channels, updates of every common kind, and what Telegram's refusals mean."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from frontdesk_telegram import plugin
from frontdesk_telegram.api import BLOCKED
from frontdesk_telegram.channel import SECRET_HEADER, Telegram, TelegramConfig, webhook_secret
from frontdesk_telegram.formatting import as_html
from frontdesk_telegram.marks import read_html
from pydantic import SecretStr, ValidationError

from frontdesk.sdk.bodies import arguments
from frontdesk.sdk.channel import Came
from frontdesk.sdk.errors import DeliveryFailed, DeliveryUnknown, PayloadInvalid
from frontdesk.sdk.testing.channel_contract import ChannelContract
from frontdesk.sdk.testing.context import context_for
from frontdesk.sdk.values import Attachment, Button, Edited, Inbound, Outbound, Reaction, WebRequest, WebResponse

TOKEN = "7000001:AAEtest-token_of-nobody-0123456789ab"
SETTINGS = TelegramConfig(token=SecretStr(TOKEN))
UPDATES = json.loads(Path(__file__).with_name("updates.json").read_text(encoding="utf-8"))
HOOK = "https://desk.example/hooks/hook_x"


def request(body: bytes) -> WebRequest:
    headers = {"content-type": "application/json", SECRET_HEADER: webhook_secret(TOKEN)}
    return WebRequest("POST", "/hooks/x", headers, {}, body)


def update(name: str) -> bytes:
    return json.dumps(UPDATES[name]).encode()


def parsed(name: str) -> list[Came]:
    return list(Telegram().parse(request(update(name)), SETTINGS))


class TestContract(ChannelContract):
    module = "frontdesk_telegram.plugin"
    channel = Telegram
    settings = SETTINGS
    payload = update("text")
    ignored = tuple(update(name) for name in ("blocked", "group", "channel_post", "pinned", "bot", "group_reaction", "moved"))
    signs_body = False

    def signed(self, body: bytes) -> WebRequest:
        return request(body)

    def accepts(self, request: httpx.Request) -> httpx.Response:
        assert request.url == f"https://api.telegram.org/bot{TOKEN}/sendMessage"
        said = json.loads(request.content)
        return httpx.Response(200, json={"ok": True, "result": {"message_id": 77, "chat": {"id": int(said["chat_id"])}}})


@pytest.mark.parametrize(
    ("name", "text", "files"),
    [
        ("text", "Do you have oat milk?", ()),
        ("start", "/start table7", ()),
        ("photo", "Is this cake vegan?", (Attachment("image/jpeg", reference="AgACAgIAAxkBAAIB-large", size=81234),)),
        ("album", "", (Attachment("image/jpeg", reference="AgACAgIAAxkBAAIC-one"),)),
        ("document", "", (Attachment("application/pdf", "invoice 42.pdf", reference="BQACAgQAAxkBAAID", size=52344),)),
        ("voice", "", (Attachment("audio/ogg", reference="AwACAgQAAxkBAAIE", size=9034),)),
        ("video_note", "", (Attachment("video/mp4", reference="DQACAgQAAxkBAAIF", size=99034),)),
        ("sticker", "👍", (Attachment("image/webp", reference="CAACAgIAAxkBAAIG", size=20034),)),
        ("location", "📍 33.893791, 35.501777", ()),
        ("venue", "📍 Café Qamar, Hamra Street (33.888600, 35.495500)", ()),
        ("contact", "👤 Karim Aoun, +96170000000", ()),
        ("reply", "And almond?", ()),
        ("no_name", "مرحبا", ()),
        ("newer", "Hi", ()),
        ("dice", "🎲 4", ()),
        ("poll", "📊 Which cake?\n– Plum\n– Apple", ()),
        ("animated_sticker", "😀", ()),
        ("animation", "", (Attachment("video/mp4", "wave.mp4", reference="CgACAgQAAxkBAAII", size=4000),)),
        ("live_location", "📍 33.900000, 35.500000", ()),
    ],
)
def test_messages_of_every_kind(name, text, files) -> None:
    [message] = parsed(name)
    assert isinstance(message, Inbound)
    number = UPDATES[name]["message"]["message_id"]
    assert (message.text, message.attachments) == (text, files)
    assert (message.sender_id, message.external_id) == ("5551001", f"5551001:{number}")
    assert message.sent_at == UPDATES[name]["message"]["date"]
    assert message.reply_to == ("5551001:31" if name == "reply" else "")


def test_an_edit_names_the_message_it_changes() -> None:
    changed = Edited(parsed("text")[0].external_id, "5551001", "Do you have oat milk today?", sent_at=1795000400.0)
    assert parsed("edited") == [changed]
    caption = Edited(parsed("photo")[0].external_id, "5551001", "Is this one vegan?", sent_at=1795001100.0)
    assert parsed("edited_caption") == [caption]


@pytest.mark.parametrize(
    ("name", "label", "button", "message"), [("button", "two people", "two people", 30), ("choice", "Large", "l", 32)]
)
def test_a_button_says_what_stands_on_it_and_behind_it(name, label, button, message) -> None:
    query = UPDATES[name]["callback_query"]["id"]
    about = {"sender_name": "Rana Haddad", "reply_to": f"5551001:{message}", "button": button, "language": "en"}
    assert parsed(name) == [Inbound(f"button:{query}", "5551001", label, **about)]


def test_the_button_stops_turning_by_what_telegram_is_answered() -> None:
    answer = Telegram().taken(request(update("choice")), SETTINGS)
    assert json.loads(answer.body) == {"method": "answerCallbackQuery", "callback_query_id": "23844520"}
    assert answer.media_type == "application/json"
    assert Telegram().taken(request(update("text")), SETTINGS) == WebResponse()


@pytest.mark.parametrize(
    ("name", "emoji", "at"),
    [("reaction", "❤", 1795000800), ("reaction_gone", "", 1795000801), ("custom_reaction", "✨", 1795000802)],
)
def test_reactions(name, emoji, at) -> None:
    assert parsed(name) == [Reaction("5551001:31", "5551001", emoji, sent_at=float(at))]


@pytest.mark.parametrize("name", UPDATES)
def test_updates_of_one_chat_share_a_lane(name) -> None:
    envelope = Telegram().envelope(request(update(name)), SETTINGS)
    assert envelope.id == str(UPDATES[name]["update_id"])
    assert envelope.lane in ("5551001", "-1001234567890", "7000009", "")


def test_what_is_no_update_says_where() -> None:
    with pytest.raises(PayloadInvalid, match="message.chat"):
        Telegram().parse(request(b'{"update_id": 1, "message": {"message_id": 1}}'), SETTINGS)


@pytest.mark.parametrize("token", ["", "7000001", "7000001:short", "AAE:" + "x" * 40, "7000001:" + "x" * 35 + "/../"])
def test_a_token_that_is_none_is_said_to_be(token) -> None:
    with pytest.raises(ValidationError, match="BotFather"):
        TelegramConfig(token=SecretStr(token))


def answering(*replies: httpx.Response) -> tuple[Any, list[httpx.Request]]:
    waiting, asked = list(replies), []

    def web(request: httpx.Request) -> httpx.Response:
        asked.append((request.url.path.rpartition("/")[2], json.loads(request.content)))
        return waiting.pop(0)

    return context_for(plugin.manifest(), SETTINGS, web=web), asked


def refusal(code: int, description: str, **parameters: int) -> httpx.Response:
    body = {"ok": False, "error_code": code, "description": description}
    return httpx.Response(code, json={**body, **({"parameters": parameters} if parameters else {})})


async def send(*replies: httpx.Response) -> Any:
    context, _asked = answering(*replies)
    return await Telegram().send(Outbound("5551001", "Yes.", "key-1"), context)


@pytest.mark.parametrize(
    ("reply", "permanent", "wait", "words"),
    [
        (refusal(403, "Forbidden: bot was blocked by the user"), True, None, BLOCKED),
        (refusal(400, "Bad Request: chat not found"), True, None, "does not know this chat"),
        (refusal(400, "Bad Request: message text is empty"), True, None, "message text is empty"),
        (refusal(429, "Too Many Requests: retry after 17", retry_after=17), False, 17, "slow down"),
        (refusal(401, "Unauthorized"), False, None, "BotFather"),
        (refusal(500, "Internal Server Error"), False, None, "not available"),
        (httpx.Response(502, text="<html>Bad Gateway</html>"), False, None, "not available"),
    ],
)
async def test_refusals_in_words(reply, permanent, wait, words) -> None:
    with pytest.raises(DeliveryFailed, match=words) as failed:
        await send(reply)
    assert (failed.value.permanent, failed.value.retry_after) == (permanent, wait)
    assert TOKEN not in str(failed.value)


@pytest.mark.parametrize("reply", [httpx.Response(200, text="hm"), httpx.Response(200, json=[]), httpx.Response(504)])
async def test_an_answer_that_says_nothing_is_unknown(reply) -> None:
    with pytest.raises(DeliveryUnknown):
        await send(reply)


OK = httpx.Response(200, json={"ok": True, "result": True})
BOT = httpx.Response(200, json={"ok": True, "result": {"id": 7000001, "is_bot": True, "username": "qamar_bot"}})


def info(**more: object) -> httpx.Response:
    return httpx.Response(200, json={"ok": True, "result": {"url": HOOK, "pending_update_count": 0, **more}})


async def test_connecting_tells_telegram_where_to_write() -> None:
    context, asked = answering(BOT, OK)
    await Telegram().connect(HOOK, context)
    assert [method for method, _body in asked] == ["getMe", "setWebhook"]
    assert asked[1][1] == {
        "url": HOOK,
        "secret_token": webhook_secret(TOKEN),
        "allowed_updates": ["message", "edited_message", "callback_query", "message_reaction"],
    }


async def test_an_address_without_https_is_not_even_tried() -> None:
    context, asked = answering()
    with pytest.raises(DeliveryFailed, match="https://"):
        await Telegram().connect("http://127.0.0.1:8000/hooks/x", context)
    assert asked == []


async def test_the_connection_is_checked() -> None:
    context, _asked = answering(BOT, info())
    assert "@qamar_bot" in await Telegram().check(HOOK, context)
    for wrong, words in ((info(url=""), "another address"), (info(last_error_message="Wrong response: 502"), "502")):
        context, _asked = answering(BOT, wrong)
        with pytest.raises(DeliveryFailed, match=words):
            await Telegram().check(HOOK, context)
    context, _asked = answering(refusal(401, "Unauthorized"))
    with pytest.raises(DeliveryFailed, match="BotFather"):
        await Telegram().check(HOOK, context)


async def test_typing_is_shown() -> None:
    context, asked = answering(OK)
    await Telegram().typing("5551001", "", "", context)
    assert asked == [("sendChatAction", {"chat_id": "5551001", "action": "typing"})]


def taken(number: int = 88) -> httpx.Response:
    return httpx.Response(200, json={"ok": True, "result": {"message_id": number, "chat": {"id": 5551001}}})


async def sent(message: Outbound, *replies: httpx.Response) -> tuple[str, list[httpx.Request]]:
    waiting, asked = list(replies), []

    def web(request: httpx.Request) -> httpx.Response:
        asked.append((request.url.path.rpartition("/")[2], arguments(request)))
        return waiting.pop(0)

    receipt = await Telegram().send(message, context_for(plugin.manifest(), SETTINGS, web=web))
    return receipt.external_id, asked


@pytest.mark.parametrize(
    ("markdown", "html"),
    [
        ("Yes, we **do** & *will* <3", "Yes, we <b>do</b> &amp; <i>will</i> &lt;3"),
        ("# Menu\n\n1. `one`\n2. ~~two~~", "<b>Menu</b>\n\n1. <code>one</code>\n2. <s>two</s>"),
        ("- a\n- b\n  - c", "• a\n• b\n  • c"),
        ("[here](https://qamar.example/?a=1&b=2)", '<a href="https://qamar.example/?a=1&amp;b=2">here</a>'),
        ("[here](javascript:alert(1)) <b>no</b>", "[here](javascript:alert(1)) &lt;b&gt;no&lt;/b&gt;"),
        ("> said\n\n```\nif a < b:\n```", "<blockquote>said</blockquote>\n\n<pre>if a &lt; b:</pre>"),
        ("| a | b |\n|---|---|\n| 1 | 2 |", "a | b\n1 | 2"),
    ],
)
async def test_marks_are_telegrams_own_and_whole(markdown, html) -> None:
    assert as_html(markdown) == html
    read_html(html)
    _id, [(method, said)] = await sent(Outbound("5551001", "plain", "key-1", markdown=markdown), taken())
    assert (method, said["text"], said["parse_mode"]) == ("sendMessage", html, "HTML")


async def test_what_telegram_cannot_read_goes_plain() -> None:
    bad = refusal(400, "Bad Request: can't parse entities: Unsupported start tag")
    receipt, asked = await sent(Outbound("5551001", "Yes, we do.", "key-1", markdown="Yes, we **do**."), bad, taken())
    assert receipt == "5551001:88"
    assert (asked[1][1]["text"], "parse_mode" in asked[1][1]) == ("Yes, we do.", False)


async def test_choices_and_what_is_answered() -> None:
    message = Outbound(
        "5551001", "Size?", "key-1", buttons=(Button("s" * 70, "Small"), Button("l", "Large")), reply_to="5551001:11"
    )
    _id, [(_method, said)] = await sent(message, taken())
    assert said["reply_parameters"] == {"message_id": 11, "allow_sending_without_reply": True}
    assert said["reply_markup"]["inline_keyboard"] == [
        [{"text": "Small", "callback_data": "s" * 64}],
        [{"text": "Large", "callback_data": "l"}],
    ]


@pytest.mark.parametrize(
    ("media_type", "method", "field"),
    [
        ("image/png", "sendPhoto", "photo"),
        ("image/gif", "sendAnimation", "animation"),
        ("video/mp4", "sendVideo", "video"),
        ("audio/ogg", "sendVoice", "voice"),
        ("audio/mpeg", "sendAudio", "audio"),
        ("application/pdf", "sendDocument", "document"),
        ("image/tiff", "sendDocument", "document"),
    ],
)
async def test_files_go_as_what_they_are(media_type, method, field) -> None:
    file = Attachment(media_type, "thing.bin", data=b"content")
    receipt, [(asked, said)] = await sent(Outbound("5551001", "", "key-1", attachments=(file,)), taken())
    assert (receipt, asked, said["chat_id"]) == ("5551001:88", method, "5551001")
    assert (said[field].data, said[field].name, said[field].media_type) == (b"content", "thing.bin", media_type)


async def test_a_picture_that_is_none_for_telegram_goes_as_a_file() -> None:
    message = Outbound("5551001", "", "key-1", attachments=(Attachment("image/png", "long.png", data=b"png"),))
    _id, asked = await sent(message, refusal(400, "Bad Request: PHOTO_INVALID_DIMENSIONS"), taken())
    assert [method for method, _said in asked] == ["sendPhoto", "sendDocument"]


def files(*replies: httpx.Response) -> tuple[Any, list[httpx.Request]]:
    waiting, asked = list(replies), []

    def web(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        return waiting.pop(0)

    return context_for(plugin.manifest(), SETTINGS, web=web), asked


PHOTO = Attachment("image/jpeg", reference="AgACAgIAAxkBAAIB-large")
FOUND = httpx.Response(200, json={"ok": True, "result": {"file_id": "x", "file_path": "photos/file_7.jpg"}})


async def test_a_file_is_fetched() -> None:
    context, asked = files(FOUND, httpx.Response(200, content=b"jpeg", headers={"content-type": "application/octet-stream"}))
    got = await Telegram().fetch(PHOTO, context)
    assert (got.data, got.media_type, got.name, got.url) == (b"jpeg", "image/jpeg", "file_7.jpg", "")
    assert asked == [f"/bot{TOKEN}/getFile", f"/file/bot{TOKEN}/photos/file_7.jpg"]


@pytest.mark.parametrize(
    ("replies", "permanent", "words"),
    [
        ([refusal(400, "Bad Request: file is too big")], True, "20 MB"),
        ([refusal(400, "Bad Request: invalid file_id")], True, "invalid file_id"),
        ([FOUND, httpx.Response(404)], True, "404"),
        ([FOUND, httpx.Response(502)], False, "502"),
        ([httpx.Response(200, json={"ok": True, "result": {}})], True, "where this file is"),
    ],
)
async def test_a_file_that_cannot_be_fetched(replies, permanent, words) -> None:
    context, _asked = files(*replies)
    with pytest.raises(DeliveryFailed, match=words) as failed:
        await Telegram().fetch(PHOTO, context)
    assert failed.value.permanent is permanent
    assert TOKEN not in str(failed.value)
