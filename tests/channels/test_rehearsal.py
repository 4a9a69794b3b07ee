"""A channel in rehearsal, end to end: a customer on one side, an agent or a person on the other, real code between."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from django.test import Client
from frontdesk_telegram.channel import SECRET_HEADER, Telegram
from frontdesk_telegram.double import TelegramDouble

from frontdesk.agents.models import Agent
from frontdesk.channels import actions
from frontdesk.channels.errors import ConnectionFailed, NoRehearsal, RehearsalRefused
from frontdesk.channels.models import Arrival, Channel, Delivery, Thread
from frontdesk.channels.rehearsal import actions as rehearsal
from frontdesk.channels.rehearsal.memory import Remembered
from frontdesk.channels.rehearsal.models import RehearsedLine
from frontdesk.conversations import actions as conversations
from frontdesk.conversations.models import Conversation, Message
from frontdesk.core.errors import Invalid, NotAllowed
from frontdesk.core.models import Job
from frontdesk.plugins import actions as plugins
from frontdesk.plugins.capabilities import manifest_of
from frontdesk.plugins.errors import PluginFailed
from frontdesk.sdk.testing.scripted import Say

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def stage(owner: Any, agent: Agent) -> Channel:
    """A Telegram bot that needs no account."""
    plugins.turn_on(owner, "telegram", agreed=manifest_of("telegram").permissions)
    return rehearsal.begin(owner, "telegram", agent.pk, name="")


@pytest.fixture
def ana(owner: Any, stage: Channel) -> str:
    return rehearsal.meet(owner, stage, "Ana Lima").id


def phone(channel: Channel, customer: str) -> list[tuple[str, str, str]]:
    return [(line.author, line.text, line.state) for line in Remembered(channel).lines(customer)]


def test_a_question_is_answered_on_the_phone(owner, stage, ana, scripted, work) -> None:
    scripted.play(Say("Yes, **oat** and almond."))
    rehearsal.write(owner, stage, ana, "Do you have oat milk?")
    work()
    said = phone(stage, ana)
    assert said[0] == ("customer", "Do you have oat milk?", "delivered")
    assert [(author, state) for author, _text, state in said[1:]] == [("business", "delivered")]
    assert "oat" in said[1][1]
    conversation = Conversation.objects.get()
    assert conversation.test, "kept out of the figures"
    assert conversation.contact.name == "Ana Lima"
    assert Delivery.objects.get().state == "sent"


def test_a_person_answers_as_well(owner, stage, ana, work, workspace) -> None:
    workspace.default_reply_handler = "support"
    workspace.save()
    rehearsal.write(owner, stage, ana, "Hello")
    work()
    conversations.reply_as_person(owner, Conversation.objects.get(), "Hello, I am Alice.")
    work()
    assert phone(stage, ana)[-1] == ("business", "Hello, I am Alice.", "delivered")


def test_what_is_posted_twice_in_any_order_is_taken_once(owner, stage, ana, scripted, work, workspace) -> None:
    workspace.default_reply_handler = "support"
    workspace.save()
    rehearsal.switch(owner, stage, twice=True, shuffled=True)
    for number in range(5):
        rehearsal.write(owner, stage, ana, f"{number}")
    assert Job.objects.filter(kind="channels.rehearse").count() == 10
    work(later=True)
    assert sorted(Message.objects.values_list("text", flat=True)) == ["0", "1", "2", "3", "4"]
    assert Conversation.objects.count() == 1


@pytest.mark.parametrize(
    ("mood", "state", "on_the_phone"), [("busy", "queued", 0), ("broken", "queued", 0), ("silent", "unknown", 1)]
)
def test_a_vendor_in_a_mood(owner, stage, ana, work, workspace, mood, state, on_the_phone) -> None:
    workspace.default_reply_handler = "support"
    workspace.save()
    rehearsal.write(owner, stage, ana, "Hello")
    work()
    rehearsal.switch(owner, stage, mood=mood, times=1)
    conversations.reply_as_person(owner, Conversation.objects.get(), "Yes?")
    work()
    assert Delivery.objects.get().state == state
    assert len([line for line in phone(stage, ana) if line[0] == "business"]) == on_the_phone
    work(later=True)
    assert [line[1] for line in phone(stage, ana) if line[0] == "business"] == ["Yes?"]


def test_who_blocked_the_business_gets_nothing(owner, stage, ana, work, workspace) -> None:
    workspace.default_reply_handler = "support"
    workspace.save()
    rehearsal.write(owner, stage, ana, "Hello")
    work()
    rehearsal.block(owner, stage, ana, blocked=True)
    conversations.reply_as_person(owner, Conversation.objects.get(), "Are you there?")
    work()
    assert Delivery.objects.get().state == "failed"
    assert "blocked" in Delivery.objects.get().problem
    with pytest.raises(RehearsalRefused, match="blocked"):
        rehearsal.write(owner, stage, ana, "No")
    rehearsal.block(owner, stage, ana, blocked=False)
    rehearsal.write(owner, stage, ana, "Yes")


def test_while_the_channel_is_off_the_vendor_tries_again(owner, stage, ana, work, workspace) -> None:
    workspace.default_reply_handler = "support"
    workspace.save()
    actions.set_enabled(owner, stage, enabled=False)
    rehearsal.write(owner, stage, ana, "Hello")
    work()
    assert phone(stage, ana) == [("customer", "Hello", "sent")]
    actions.set_enabled(owner, stage, enabled=True)
    work(later=True)
    assert phone(stage, ana) == [("customer", "Hello", "delivered")]
    assert Conversation.objects.get().last_message_preview == "Hello"


def update(text: str, number: int = 1, chat: int = 5551001) -> dict[str, Any]:
    who = {"id": chat, "first_name": "Rana"}
    message = {
        "message_id": number,
        "from": {**who, "is_bot": False},
        "chat": {**who, "type": "private"},
        "date": 1,
        "text": text,
    }
    return {"update_id": 900 + number, "message": message}


def test_a_script_that_plays_telegram_is_answered_at_the_double(stage, scripted, work) -> None:
    scripted.play(Say("Until six."))
    secret = Remembered(stage).get("webhook")["secret_token"]
    address = f"/hooks/{stage.webhook_token}"
    post = {"data": json.dumps(update("When do you close?")), "content_type": "application/json"}
    assert Client().post(address, **post, headers={SECRET_HEADER: "wrong"}).status_code == 401
    for _time in range(3):
        assert Client().post(address, **post, headers={SECRET_HEADER: secret}).status_code == 200
    work()
    assert [line[:2] for line in phone(stage, "5551001")] == [("customer", "When do you close?"), ("business", "Until six.")]
    assert Arrival.objects.count() == 1


def test_a_rehearsal_becomes_real(owner, stage, ana, work, workspace, monkeypatch) -> None:
    """Its made-up customers are forgotten, so that nobody writes to them at the real vendor."""
    workspace.default_reply_handler = "support"
    workspace.save()
    rehearsal.write(owner, stage, ana, "Hello")
    work()
    with pytest.raises(Invalid):
        actions.connect(owner, "telegram", stage.agent_id, {"token": ""}, name="", channel=stage)
    stage.refresh_from_db()
    with pytest.raises(ConnectionFailed):
        actions.connect(owner, "telegram", stage.agent_id, {"token": "7000001:" + "x" * 35}, name="", channel=stage)
    stage.refresh_from_db()
    assert stage.rehearsal, "what the vendor did not take is not saved"
    monkeypatch.setattr(actions, "tell_vendor", lambda channel: None)  # there is no Telegram here
    actions.connect(owner, "telegram", stage.agent_id, {"token": "7000001:" + "x" * 35}, name="Bot", channel=stage)
    stage.refresh_from_db()
    assert not stage.rehearsal
    assert stage.secrets == {"token": "7000001:" + "x" * 35}
    assert not RehearsedLine.objects.exists()
    assert not Thread.objects.exists()
    assert Conversation.objects.get().test
    with pytest.raises(NoRehearsal):
        rehearsal.write(owner, stage, ana, "Hello?")


def test_no_two_rehearsals_share_an_account(owner, stage, agent) -> None:
    other = rehearsal.begin(owner, "telegram", agent.pk, name="Another")
    assert other.secrets != stage.secrets
    assert other.webhook_token != stage.webhook_token


def test_a_kind_without_a_double_cannot_be_rehearsed(owner, agent, stage, monkeypatch) -> None:
    monkeypatch.setattr(Telegram, "double", None)
    with pytest.raises(NoRehearsal):
        rehearsal.begin(owner, "telegram", agent.pk, name="")


def test_only_who_manages_channels_plays(owner, editor, stage, ana, agent) -> None:
    viewer = replace(editor, role="viewer")
    with pytest.raises(NotAllowed):
        rehearsal.begin(viewer, "telegram", agent.pk, name="")
    for act in (
        lambda: rehearsal.meet(viewer, stage),
        lambda: rehearsal.write(viewer, stage, ana, "Hello"),
        lambda: rehearsal.switch(viewer, stage, twice=True),
    ):
        with pytest.raises(NotAllowed):
            act()


def test_a_double_that_breaks_is_the_plugins_fault(owner, stage, ana, monkeypatch) -> None:
    def broken(self: TelegramDouble, line: Any, customer: Any) -> None:
        raise KeyError("text")

    monkeypatch.setattr(TelegramDouble, "message", broken)
    with pytest.raises(PluginFailed, match="telegram.+KeyError"):
        rehearsal.write(owner, stage, ana, "Hello")
    assert Remembered(stage).lines(ana) == []
