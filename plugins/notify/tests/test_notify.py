"""What is said, where, about what; and what an owner reads when the chat does not take it."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

import httpx
import pytest
from frontdesk_notify import plugin
from frontdesk_notify.config import NotifyConfig
from pydantic import ValidationError

from frontdesk.sdk.errors import ToolError
from frontdesk.sdk.observers import ConversationChanged, MessageReceived, RunEvent
from frontdesk.sdk.testing.context import context_for

CONVERSATION, MESSAGE = UUID(int=1), UUID(int=2)
ADDRESS = "https://hooks.chat.example/T0/secret"


class Chat:
    """An incoming webhook that keeps what it gets."""

    def __init__(self, status: int = 200) -> None:
        self.status = status
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return httpx.Response(self.status)

    @property
    def said(self) -> list[str]:
        return [json.loads(request.content)["text"] for request in self.requests]


def context(chat: Chat, **settings) -> Any:
    return context_for(plugin.manifest(), NotifyConfig(**{"address": ADDRESS, **settings}), web=chat)


def handed_over(**given) -> ConversationChanged:
    return ConversationChanged(CONVERSATION, "status", "support_active", "asked for a person", **given)


async def test_a_customer_who_waits_for_a_person_is_said_once_with_a_link() -> None:
    chat = Chat()
    await plugin.conversation_changed(handed_over(), context(chat))
    assert len(chat.said) == 1
    assert "asked for a person" in chat.said[0]
    assert f"https://frontdesk.example/studio/conversations/{CONVERSATION}/" in chat.said[0]
    assert str(chat.requests[0].url) == ADDRESS


async def test_only_what_the_owner_chose_is_said() -> None:
    chat = Chat()
    handed = context(chat, about=["failed"])
    await plugin.conversation_changed(handed_over(), handed)
    await plugin.conversation_changed(ConversationChanged(CONVERSATION, "opened", "active"), handed)
    await plugin.message_received(MessageReceived(CONVERSATION, MESSAGE, "widget", "Hello"), handed)
    await plugin.run_event(RunEvent(MESSAGE, 1, "run.completed", {}), handed)
    assert not chat.requests
    await plugin.run_event(RunEvent(MESSAGE, 2, "run.failed", {"message": "Please try again."}), handed)
    assert chat.said == ["The AI could not answer a customer: Please try again."]


async def test_tests_and_trials_are_not_said() -> None:
    chat = Chat()
    handed = context(chat, about=["person", "failed", "opened", "message"])
    await plugin.conversation_changed(handed_over(test=True), handed)
    await plugin.message_received(MessageReceived(CONVERSATION, MESSAGE, "api", "Hello", test=True), handed)
    await plugin.run_event(RunEvent(MESSAGE, 2, "run.failed", {}, test=True), handed)
    assert not chat.requests


async def test_a_long_message_is_one_short_line() -> None:
    chat = Chat()
    await plugin.message_received(
        MessageReceived(CONVERSATION, MESSAGE, "widget", "word \n" * 500), context(chat, about=["message"])
    )
    assert len(chat.said[0]) < 400
    assert "\n" not in chat.said[0]


@pytest.mark.parametrize(("app", "key"), [("slack", "text"), ("discord", "content")])
async def test_each_chat_gets_its_own_shape(app, key) -> None:
    chat = Chat()
    await plugin.conversation_changed(handed_over(), context(chat, app=app))
    assert list(json.loads(chat.requests[0].content)) == [key]


async def test_ntfy_gets_plain_text() -> None:
    chat = Chat()
    await plugin.conversation_changed(handed_over(), context(chat, app="ntfy"))
    assert chat.requests[0].content.startswith(b"A customer is waiting")


async def test_a_refusal_is_a_sentence_without_the_address() -> None:
    with pytest.raises(ToolError, match="refused the message .404.") as refused:
        await plugin.conversation_changed(handed_over(), context(Chat(404)))
    assert "secret" not in str(refused.value)


async def test_the_setup_writes_a_line_to_try_it() -> None:
    chat = Chat()
    handed = context(chat)
    assert "Look into your chat" in await handed.settings.check(handed)
    assert len(chat.said) == 1


def test_only_a_web_address_is_taken() -> None:
    with pytest.raises(ValidationError, match="begin with https"):
        NotifyConfig(address="hooks.chat.example")
