"""The contract for channels, updates of every common kind, and what Telegram's refusals mean."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest
from frontdesk_telegram import plugin
from frontdesk_telegram.api import BLOCKED
from frontdesk_telegram.channel import SECRET_HEADER, Telegram, TelegramConfig, webhook_secret
from pydantic import SecretStr, ValidationError

from frontdesk.sdk.channel import Came
from frontdesk.sdk.errors import DeliveryFailed, DeliveryUnknown, PayloadInvalid
from frontdesk.sdk.testing.channel_contract import ChannelContract
from frontdesk.sdk.testing.context import context_for
from frontdesk.sdk.values import Attachment, Edited, Inbound, Outbound, WebRequest

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
    ignored = tuple(update(name) for name in ("blocked", "group", "channel_post", "pinned", "bot"))
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
        ("photo", "Is this cake vegan?", (Attachment("image/jpeg", reference="AgACAgIAAxkBAAIB-large"),)),
        ("album", "", (Attachment("image/jpeg", reference="AgACAgIAAxkBAAIC-one"),)),
        ("document", "", (Attachment("application/pdf", "invoice 42.pdf", reference="BQACAgQAAxkBAAID"),)),
        ("voice", "", (Attachment("audio/ogg", reference="AwACAgQAAxkBAAIE"),)),
        ("video_note", "", (Attachment("video/mp4", reference="DQACAgQAAxkBAAIF"),)),
        ("sticker", "👍", (Attachment("image/webp", reference="CAACAgIAAxkBAAIG"),)),
        ("location", "📍 33.893791, 35.501777", ()),
        ("venue", "📍 Café Qamar, Hamra Street (33.888600, 35.495500)", ()),
        ("contact", "👤 Karim Aoun, +96170000000", ()),
        ("reply", "And almond?", ()),
        ("no_name", "مرحبا", ()),
        ("newer", "Hi", ()),
    ],
)
def test_messages_of_every_kind(name, text, files):
    [message] = parsed(name)
    assert isinstance(message, Inbound)
    number = UPDATES[name]["message"]["message_id"]
    assert (message.text, message.attachments) == (text, files)
    assert (message.sender_id, message.external_id) == ("5551001", f"5551001:{number}")


def test_an_edit_names_the_message_it_changes():
    assert parsed("edited") == [Edited(parsed("text")[0].external_id, "5551001", "Do you have oat milk today?")]


def test_a_button_says_what_stands_behind_it():
    assert parsed("button") == [Inbound("button:23844519", "5551001", "two people", sender_name="Rana Haddad")]


@pytest.mark.parametrize("name", UPDATES)
def test_updates_of_one_chat_share_a_lane(name):
    envelope = Telegram().envelope(request(update(name)), SETTINGS)
    assert envelope.id == str(UPDATES[name]["update_id"])
    assert envelope.lane in ("5551001", "-1001234567890", "7000009", "")


def test_what_is_no_update_says_where():
    with pytest.raises(PayloadInvalid, match="message.chat"):
        Telegram().parse(request(b'{"update_id": 1, "message": {"message_id": 1}}'), SETTINGS)


@pytest.mark.parametrize("token", ["", "7000001", "7000001:short", "AAE:" + "x" * 40, "7000001:" + "x" * 35 + "/../"])
def test_a_token_that_is_none_is_said_to_be(token):
    with pytest.raises(ValidationError, match="BotFather"):
        TelegramConfig(token=SecretStr(token))


def answering(*replies: httpx.Response):
    waiting, asked = list(replies), []

    def web(request: httpx.Request) -> httpx.Response:
        asked.append((request.url.path.rpartition("/")[2], json.loads(request.content)))
        return waiting.pop(0)

    return context_for(plugin.manifest(), SETTINGS, web=web), asked


def refusal(code: int, description: str, **parameters: int) -> httpx.Response:
    body = {"ok": False, "error_code": code, "description": description}
    return httpx.Response(code, json={**body, **({"parameters": parameters} if parameters else {})})


async def send(*replies: httpx.Response):
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
async def test_refusals_in_words(reply, permanent, wait, words):
    with pytest.raises(DeliveryFailed, match=words) as failed:
        await send(reply)
    assert (failed.value.permanent, failed.value.retry_after) == (permanent, wait)
    assert TOKEN not in str(failed.value)


@pytest.mark.parametrize("reply", [httpx.Response(200, text="hm"), httpx.Response(200, json=[]), httpx.Response(504)])
async def test_an_answer_that_says_nothing_is_unknown(reply):
    with pytest.raises(DeliveryUnknown):
        await send(reply)


OK = httpx.Response(200, json={"ok": True, "result": True})
BOT = httpx.Response(200, json={"ok": True, "result": {"id": 7000001, "is_bot": True, "username": "qamar_bot"}})


def info(**more: object) -> httpx.Response:
    return httpx.Response(200, json={"ok": True, "result": {"url": HOOK, "pending_update_count": 0, **more}})


async def test_connecting_tells_telegram_where_to_write():
    context, asked = answering(BOT, OK)
    await Telegram().connect(HOOK, context)
    assert [method for method, _body in asked] == ["getMe", "setWebhook"]
    assert asked[1][1] == {
        "url": HOOK,
        "secret_token": webhook_secret(TOKEN),
        "allowed_updates": ["message", "edited_message", "callback_query"],
    }


async def test_an_address_without_https_is_not_even_tried():
    context, asked = answering()
    with pytest.raises(DeliveryFailed, match="https://"):
        await Telegram().connect("http://127.0.0.1:8000/hooks/x", context)
    assert asked == []


async def test_the_connection_is_checked():
    context, _asked = answering(BOT, info())
    assert "@qamar_bot" in await Telegram().check(HOOK, context)
    for wrong, words in ((info(url=""), "another address"), (info(last_error_message="Wrong response: 502"), "502")):
        context, _asked = answering(BOT, wrong)
        with pytest.raises(DeliveryFailed, match=words):
            await Telegram().check(HOOK, context)
    context, _asked = answering(refusal(401, "Unauthorized"))
    with pytest.raises(DeliveryFailed, match="BotFather"):
        await Telegram().check(HOOK, context)


async def test_typing_is_shown():
    context, asked = answering(OK)
    await Telegram().typing("5551001", "", "", context)
    assert asked == [("sendChatAction", {"chat_id": "5551001", "action": "typing"})]
