"""E-mail in rehearsal as an owner meets it: a mail program instead of a phone, and those switches that mean something there."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from frontdesk.agents import actions as agents
from frontdesk.agents.models import Agent
from frontdesk.channels.models import Channel
from frontdesk.channels.rehearsal.memory import Remembered
from frontdesk.conversations import actions as conversations
from frontdesk.conversations.models import Conversation
from frontdesk.plugins import actions as plugins
from frontdesk.plugins.capabilities import manifest_of
from frontdesk.workspaces.models import Workspace

from .test_knowledge import text_of
from .test_messengers import work
from .test_rehearsal import act, screen

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def stage(studio: Client, owner: Any, agent: Agent, in_workspace: Any) -> Channel:
    """Begun by the button; a person answers."""
    plugins.turn_on(owner, "email", agreed=manifest_of("email").permissions)
    Workspace.objects.filter(pk=owner.workspace.pk).update(default_reply_handler="support")
    agents.put_live(owner, agent, agents.latest_content(agent))
    studio.post(reverse("studio:channel_rehearse", args=["email"]), {"agent": str(agent.uuid)})
    return Channel.objects.get(rehearsal=True)


@pytest.fixture
def customer(stage: Channel) -> str:
    [met] = Remembered(stage).customers()
    return met.id


def test_a_mail_is_answered_in_its_thread(studio, owner, stage, customer) -> None:
    page = text_of(studio.get(reverse("studio:rehearsal", args=[stage.uuid])))
    assert f"Write the first e-mail to {stage.settings['address']}" in page
    menu = SimpleUploadedFile("menu.pdf", b"%PDF-1.7", content_type="application/pdf")
    sent = act(studio, stage, "write", customer=customer, subject="Oat <b>milk</b>", text="Do you have any?", file=menu)
    assert "Oat &lt;b&gt;milk&lt;/b&gt;" in sent.content.decode()
    assert "menu.pdf" in text_of(sent)
    work()
    conversation = Conversation.objects.get()
    conversations.reply_as_person(owner, conversation, "Yes, we do.")
    work()
    now = screen(studio, stage, customer)
    assert "Re: Oat &lt;b&gt;milk&lt;/b&gt;" in now.content.decode()
    assert "✓✓" in text_of(now)
    answer = Remembered(stage).lines(customer)[-1]
    act(studio, stage, "write", customer=customer, text="Thanks!", line=answer.id)
    work()
    assert list(conversation.messages.order_by("id").values_list("text", flat=True)) == [
        "Oat <b>milk</b>\n\nDo you have any?",
        "Yes, we do.",
        "Thanks!",
    ]
    assert "&gt; Yes, we do." in text_of(screen(studio, stage, customer)), "what the mail program quotes, and nobody answers"


def test_the_switches_are_those_of_a_mailbox(studio, stage, customer) -> None:
    page = studio.get(reverse("studio:rehearsal", args=[stage.uuid])).content.decode()
    assert 'name="phone_off"' not in page
    assert 'name="window_closed"' not in page
    assert "is away, and their mail program answers everything by itself" in page
    act(studio, stage, "switch", customer=customer, own=["away", "nonsense"], vendor="busy", twice="on")
    faults = Remembered(stage).faults
    assert (faults.own, faults.mood, faults.twice) == (("away",), "busy", True)
    page = studio.get(reverse("studio:rehearsal", args=[stage.uuid])).content.decode()
    assert 'value="away" checked' in page
    act(studio, stage, "switch", customer=customer, vendor="")
    assert Remembered(stage).faults.own == ()


def test_what_a_page_in_a_mail_brings_does_no_harm(studio, owner, stage, customer) -> None:
    act(studio, stage, "write", customer=customer, text="Hello")
    work()
    conversations.reply_as_person(owner, Conversation.objects.get(), "<script>alert(1)</script> **bold**\n\n- one\n- two")
    work()
    shown = screen(studio, stage, customer).content.decode()
    assert "<script>alert" not in shown
    assert "one" in shown


def test_a_subject_is_not_sent_where_there_are_none(studio, stage, owner, agent, customer) -> None:
    assert act(studio, stage, "write", customer=customer, subject="Only a subject").status_code == 200
    plugins.turn_on(owner, "telegram", agreed=manifest_of("telegram").permissions)
    studio.post(reverse("studio:channel_rehearse", args=["telegram"]), {"agent": str(agent.uuid)})
    phone = Channel.objects.get(kind="telegram")
    [met] = Remembered(phone).customers()
    assert act(studio, phone, "write", customer=met.id, text="Hello", subject="Milk").status_code == 409
