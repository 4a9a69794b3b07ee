"""Telegram from end to end: updates posted to the bot's public address, answers at a server that speaks the Bot API."""

from __future__ import annotations

import io
import json
import threading
from collections import deque
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest
from django.test import Client
from frontdesk_telegram.channel import SECRET_HEADER, webhook_secret
from PIL import Image

from frontdesk.channels import actions, queries
from frontdesk.channels.errors import ConnectionFailed
from frontdesk.channels.kinds import webhook_url
from frontdesk.channels.models import Channel, Delivery
from frontdesk.conversations import actions as conversations
from frontdesk.conversations.attachments import Upload
from frontdesk.conversations.models import Contact, Conversation, Message
from frontdesk.core.errors import Invalid
from frontdesk.plugins import actions as plugins
from frontdesk.plugins import host as hosts
from frontdesk.plugins.capabilities import manifest_of
from frontdesk.runs.models import Run
from frontdesk.sdk import bodies
from frontdesk.sdk.testing.scripted import Say
from frontdesk.sdk.values import ImagePart
from tests.conversations import files
from tests.ground.source import PLUGINS

pytestmark = pytest.mark.django_db(transaction=True)
TOKEN = "7000001:AAEtest-token_of-nobody-0123456789ab"
UPDATES = json.loads((PLUGINS / "telegram/tests/updates.json").read_text(encoding="utf-8"))


class BotApi:
    """`asked` are (method, arguments) in order; `says` the next answers to sendMessage, then it takes everything."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.says: deque[tuple[int, dict[str, Any]]] = deque()
        self.files: dict[str, bytes] = {}
        self.hook = ""
        api = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:  # noqa: N802  (the library's name)
                content = api.files.get(self.path.removeprefix(f"/file/bot{TOKEN}/"))
                self.send_response(200 if content else 404)
                self.send_header("content-length", str(len(content or b"")))
                self.end_headers()
                self.wfile.write(content or b"")

            def do_POST(self) -> None:  # noqa: N802  (the library's name)
                body = self.rfile.read(int(self.headers["content-length"]))
                arguments = bodies.arguments(httpx.Request("POST", "http://x", headers=dict(self.headers), content=body))
                _, bot, method = self.path.split("/")
                status, answer = api.answer(bot.removeprefix("bot"), method, arguments)
                body = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.host = f"127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def answer(self, token: str, method: str, arguments: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        if token != TOKEN:
            return 401, {"ok": False, "error_code": 401, "description": "Unauthorized"}
        self.asked.append((method, arguments))
        match method:
            case "getMe":
                return 200, {"ok": True, "result": {"id": 7000001, "username": "qamar_bot"}}
            case "setWebhook":
                self.hook = arguments["url"]
                return 200, {"ok": True, "result": True}
            case "getWebhookInfo":
                return 200, {"ok": True, "result": {"url": self.hook, "pending_update_count": 0}}
            case "getFile":
                path = f"files/{arguments['file_id']}"
                if path not in self.files:
                    return 400, {"ok": False, "error_code": 400, "description": "Bad Request: invalid file_id"}
                return 200, {"ok": True, "result": {"file_id": arguments["file_id"], "file_path": path}}
            case "sendMessage" if self.says:
                return self.says.popleft()
            case _ if method.startswith("send") and method != "sendChatAction":
                return 200, {"ok": True, "result": {"message_id": 100 + len(self.asked)}}
            case _:
                return 200, {"ok": True, "result": True}

    @property
    def sent(self) -> list[str]:
        return [arguments["text"] for method, arguments in self.asked if method == "sendMessage"]


@pytest.fixture
def telegram(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Iterator[BotApi]:
    """The operator runs a Bot API server beside Frontdesk."""
    api = BotApi()
    monkeypatch.setenv("TELEGRAM_API_URL", f"http://{api.host}")
    settings.PROVIDER_ALLOWED_HOSTS = [api.host]
    settings.BASE_URL = "https://desk.example"
    hosts.host.cache_clear()
    yield api
    hosts.host.cache_clear()
    api.server.shutdown()
    api.server.server_close()


@pytest.fixture
def bot(telegram: BotApi, owner: Any, agent: Any) -> Channel:
    plugins.turn_on(owner, "telegram", agreed=manifest_of("telegram").permissions)
    return actions.connect(owner, "telegram", agent.pk, {"token": TOKEN}, name="Our bot")


def push(bot: Channel, *names: str, secret: str = "") -> list[int]:
    headers = {SECRET_HEADER: secret or webhook_secret(TOKEN)}
    address = f"/hooks/{bot.webhook_token}"
    return [Client().post(address, UPDATES[name], content_type="application/json", headers=headers).status_code for name in names]


def test_connecting_takes_the_token_and_nothing_else(telegram, bot, owner) -> None:
    (_, _), (method, arguments) = telegram.asked
    assert (method, arguments["url"]) == ("setWebhook", webhook_url(bot))
    assert arguments["secret_token"] == webhook_secret(TOKEN)
    assert "@qamar_bot" in actions.check(owner, bot)
    telegram.hook = "https://elsewhere.example"
    with pytest.raises(ConnectionFailed, match="another address"):
        actions.check(owner, bot)


def test_a_wrong_token_is_said_before_anything_is_kept(telegram, bot, owner, agent) -> None:
    with pytest.raises(ConnectionFailed, match="BotFather"):
        actions.connect(owner, "telegram", agent.pk, {"token": TOKEN[:-1] + "x"}, name="Other")
    with pytest.raises(Invalid):
        actions.connect(owner, "telegram", agent.pk, {"token": "nonsense"}, name="Other")
    assert Channel.objects.count() == 1


def test_a_customer_is_answered(telegram, bot, work, scripted) -> None:
    scripted.play(Say("Yes, we **do**. See [the menu](https://qamar.example/menu) [1]."))
    assert push(bot, "text", "text", "text") == [200] * 3
    work()
    assert telegram.sent == ['Yes, we <b>do</b>. See <a href="https://qamar.example/menu">the menu</a>.']
    assert ("sendChatAction", {"chat_id": "5551001", "action": "typing"}) in telegram.asked
    assert (Delivery.objects.get().state, str(Contact.objects.get())) == ("sent", "Rana Haddad")


def test_all_kinds_of_updates_are_taken_and_none_is_a_dead_letter(telegram, bot, work, workspace) -> None:
    workspace.default_reply_handler = "support"
    workspace.save()
    assert set(push(bot, *UPDATES)) == {200}
    work()
    assert not queries.dead_letters().exists()
    texts = list(Message.objects.filter(author="customer").order_by("id").values_list("text", flat=True))
    assert texts == [
        "Do you have oat milk today?",
        "/start table7",
        "Is this one vegan?",
        "(sent a picture)",
        "(sent a file: invoice 42.pdf)",
        "(sent a voice message)",
        "(sent a video)",
        "👍",
        "📍 33.893791, 35.501777",
        "📍 Café Qamar, Hamra Street (33.888600, 35.495500)",
        "👤 Karim Aoun, +96170000000",
        "two people",
        "And almond?",
        "مرحبا",
        "Hi",
        "Large",
        "🎲 4",
        "📊 Which cake?\n– Plum\n– Apple",
        "😀",
        "(sent a video)",
        "📍 33.900000, 35.500000",
    ]
    assert Conversation.objects.count() == 1


def test_a_forged_update_is_refused(telegram, bot) -> None:
    assert push(bot, "text", secret=webhook_secret("7000001:another-bot-altogether-0123456789")) == [401]
    assert Channel.objects.get().refused == 1


def test_long_answers_slow_telegram_and_blocked_bots(telegram, bot, work, scripted, owner) -> None:
    scripted.play(Say("A sentence of some words. " * 300))
    telegram.says.append(
        (429, {"ok": False, "error_code": 429, "description": "Too Many Requests", "parameters": {"retry_after": 9}})
    )
    push(bot, "text")
    work()
    assert telegram.sent and Delivery.objects.filter(state="queued").count() == 2
    work(later=True)
    assert [len(text) <= 4096 for text in telegram.sent] == [True] * 3
    telegram.says.append((403, {"ok": False, "error_code": 403, "description": "Forbidden: bot was blocked by the user"}))
    said = conversations.reply_as_person(owner, Conversation.objects.select_related("workspace").get(), "Are you still there?")
    work()
    assert "blocked the bot" in said.deliveries.get().problem


@pytest.fixture
def rana(telegram, bot, work, workspace, settings, tmp_path) -> Conversation:
    """She has written, and a person answers her."""
    settings.MEDIA_ROOT = tmp_path
    workspace.default_reply_handler = "support"
    workspace.save()
    push(bot, "text")
    work()
    return Conversation.objects.select_related("workspace").get()


def test_a_picture_comes_in_and_the_model_sees_it(telegram, bot, work, scripted, settings, tmp_path) -> None:
    settings.MEDIA_ROOT = tmp_path
    telegram.files["files/AgACAgIAAxkBAAIB-large"] = files.picture("JPEG")
    scripted.play(Say("It is."))
    push(bot, "photo")
    work()
    row = Message.objects.get(author="customer").attachments.get()
    assert (row.state, row.media_type, row.width) == ("ready", "image/jpeg", 8)
    assert "[picture " in Run.objects.get().task["question"]
    [shown] = [part for part in scripted.requests[0].messages[-1].parts if isinstance(part, ImagePart)]
    with Image.open(io.BytesIO(shown.data)) as seen:
        assert (shown.media_type, seen.size[0]) == ("image/jpeg", 8)
    assert telegram.sent == ["It is."]


def test_files_and_choices_go_out(telegram, rana, owner, work, bot) -> None:
    conversations.reply_as_person(
        owner,
        rana,
        "Which size?",
        files=[Upload("cake.png", files.picture()), Upload("menu.pdf", files.PDF)],
        buttons=[{"id": "s", "label": "Small"}, {"id": "l", "label": "Large"}],
    )
    work()
    sent = [(method, said) for method, said in telegram.asked if method.startswith("send")]
    assert [method for method, _said in sent] == ["sendMessage", "sendPhoto", "sendDocument"]
    assert [row[0]["text"] for row in sent[0][1]["reply_markup"]["inline_keyboard"]] == ["Small", "Large"]
    assert sent[1][1]["photo"].data == files.picture()
    Delivery.objects.filter(part=0).update(external_id="5551001:32")
    assert push(bot, "choice") == [200]
    work()
    pressed = Message.objects.filter(author="customer").latest("id")
    assert (pressed.text, pressed.metadata["button"], pressed.reply_to.text) == ("Large", "l", "Which size?")


def test_a_pressed_button_is_acknowledged_by_the_answer_itself(telegram, bot) -> None:
    headers = {SECRET_HEADER: webhook_secret(TOKEN)}
    answer = Client().post(f"/hooks/{bot.webhook_token}", UPDATES["choice"], content_type="application/json", headers=headers)
    assert answer["content-type"].startswith("application/json")
    assert answer.json() == {"method": "answerCallbackQuery", "callback_query_id": "23844520"}


def test_reactions_stand_on_the_message_and_go_again(telegram, rana, owner, work, bot) -> None:
    said = conversations.reply_as_person(owner, rana, "Yes, we do.")
    work()
    Delivery.objects.update(external_id="5551001:31")
    push(bot, "reaction")
    work()
    said.refresh_from_db()
    assert said.reaction == "❤"
    push(bot, "reaction_gone")
    work()
    said.refresh_from_db()
    assert said.reaction == ""


def test_an_edit_before_its_message_waits_for_it(telegram, bot, work, workspace) -> None:
    workspace.default_reply_handler = "support"
    workspace.save()
    push(bot, "edited")
    work()
    assert not Message.objects.exists()
    push(bot, "text", "text")
    work()
    kept = Message.objects.get()
    assert (kept.text, kept.metadata["before_edit"]) == ("Do you have oat milk today?", "Do you have oat milk?")
