"""Telegram's double: the contract, and what is Telegram's own."""

from __future__ import annotations

import httpx
import pytest
from frontdesk_telegram import plugin
from frontdesk_telegram.channel import Telegram
from frontdesk_telegram.double import TelegramDouble
from frontdesk_telegram.marks import UnreadableMarks, read_html

from frontdesk.sdk.rehearsal import Faults
from frontdesk.sdk.testing.double_contract import DoubleContract
from frontdesk.sdk.testing.doubles import Scene

HOOK = "https://desk.example/hooks/hook_x"


class TestDouble(DoubleContract):
    module = "frontdesk_telegram.plugin"
    channel = Telegram


@pytest.fixture
async def scene() -> Scene:
    made = Scene(Telegram, plugin.manifest())
    await made.channel.connect(HOOK, made.context)
    return made


def ask(scene: Scene, method: str, token: str = "", **said: object) -> tuple[int, object]:
    """A call of the Bot API beside the plugin."""
    assert isinstance(scene.double, TelegramDouble)
    address = f"https://api.telegram.org/bot{token or scene.double.token}/{method}"
    answer = scene.double.web(httpx.Request("POST", address, json=said))
    body = answer.json()
    return answer.status_code, body["result"] if body["ok"] else body["description"]


@pytest.mark.parametrize(
    ("method", "said", "wanted"),
    [
        ("sendMessage", {"chat_id": 1, "text": "Hello"}, (400, "Bad Request: chat not found")),
        ("sendMessage", {"text": " "}, (400, "Bad Request: message text is empty")),
        ("sendMessage", {"text": "🥐" * 2049}, (400, "Bad Request: message is too long")),
        ("sendMessage", {"text": "<b>Hi", "parse_mode": "HTML"}, (400, "can't parse entities")),
        ("sendMessage", {"text": "Hi", "reply_parameters": {"message_id": 9}}, (400, "message to be replied not found")),
        ("sendMessage", {"text": "Hi", "reply_markup": {"inline_keyboard": [[{"text": "A", "callback_data": "x" * 65}]]}},
         (400, "BUTTON_DATA_INVALID")),
        ("sendPhoto", {}, (400, "there is no file")),
        ("sendPhoto", {"photo": "nonsense"}, (400, "wrong file identifier")),
        ("editMessageText", {"message_id": 9, "text": "Hi"}, (400, "not found")),
        ("getFile", {"file_id": "x"}, (400, "invalid file_id")),
        ("setWebhook", {"url": "http://desk.example/"}, (400, "HTTPS")),
        ("flyToTheMoon", {}, (404, "Not Found")),
    ],
)  # fmt: skip
async def test_refusals_are_worded_as_telegram_does(scene, method, said, wanted) -> None:
    ana = scene.double.meet("Ana")
    status, problem = ask(scene, method, **{"chat_id": ana.id, **said})
    assert status == wanted[0]
    assert wanted[1] in problem


async def test_another_bots_token_opens_nothing(scene) -> None:
    assert ask(scene, "getMe", token="7:AAE") == (401, "Unauthorized")


async def test_more_than_a_bot_may_send_in_a_second_is_too_much(scene) -> None:
    ana = scene.double.meet("Ana")
    scene.memory.now = lambda: scene.memory.clock
    answers = [ask(scene, "sendMessage", chat_id=ana.id, text=f"{n}")[0] for n in range(31)]
    assert answers == [200] * 30 + [429]


async def test_typing_is_seen_until_the_answer_comes(scene) -> None:
    ana = scene.double.meet("Ana")
    await scene.channel.typing(ana.id, "", "", scene.context)
    assert scene.double.known(ana.id).typing_until > scene.memory.now()
    await scene.send(ana.id, "Here I am")
    assert scene.double.known(ana.id).typing_until == 0


async def test_what_the_bot_did_not_ask_for_is_not_posted(scene) -> None:
    ana = scene.double.meet("Ana")
    scene.double.block(ana.id, blocked=True)
    webhook = scene.memory.get("webhook")
    assert "my_chat_member" not in webhook["allowed_updates"]
    assert scene.memory.posted == []


async def test_a_phone_that_is_off_gets_it_later(scene) -> None:
    ana = scene.double.meet("Ana")
    scene.double.switch(Faults(phone_off=True))
    await scene.send(ana.id, "Hello")
    assert [line.state for line in scene.memory.lines(ana.id)] == ["sent"]
    scene.double.switch(Faults())
    assert [line.state for line in scene.memory.lines(ana.id)] == ["delivered"]


def test_marks_are_read_as_strictly_as_telegram_does() -> None:
    assert read_html("<b>Oat</b> &amp; <a href='https://x.example'>rye</a> &lt;3") == "Oat & rye <3"
    for wrong in ("<b>", "</b>", "<b><i></b></i>", "<script>x</script>", "<p>x</p>"):
        with pytest.raises(UnreadableMarks):
            read_html(wrong)
