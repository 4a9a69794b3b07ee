"""Channels that are asked: what came and where to go on are kept together, by one process at a time."""

from __future__ import annotations

import asyncio
import json
import threading
from datetime import timedelta
from typing import Any, Never

import pytest
from django.db import connection
from django.utils import timezone
from frontdesk_webhook.channel import Webhook

from frontdesk.channels import intake, polling
from frontdesk.channels.errors import ChannelNotFound
from frontdesk.channels.models import Arrival, Channel
from frontdesk.conversations.models import Message
from frontdesk.core.models import Job
from frontdesk.core.scoping import scope
from frontdesk.sdk.channel import Envelope
from frontdesk.sdk.errors import DeliveryFailed
from frontdesk.sdk.values import Polled, WebRequest
from tests.channels.place import message, post

pytestmark = pytest.mark.django_db(transaction=True)


def request(number: int, body: bytes = b"") -> WebRequest:
    return WebRequest("POST", "", {"x": "y"}, {}, body or json.dumps(message(f"Letter {number}", number)).encode())


class Mailbox:
    """What the plugin finds when it asks."""

    def __init__(self) -> None:
        self.letters = [request(1), request(2)]
        self.asked: list[str] = []
        self.problem: Exception | None = None
        self.hold = threading.Event()
        self.hold.set()
        self.began = threading.Event()

    async def poll(self, state, context) -> Polled:
        self.asked.append(state)
        self.began.set()
        await asyncio.to_thread(self.hold.wait, 20)
        if self.problem:
            raise self.problem
        seen = int(state or 0)
        return Polled(self.letters[seen:], str(len(self.letters)))


@pytest.fixture
def mailbox(channel, monkeypatch, workspace) -> Any:
    """Our app is asked from now on, every minute."""
    box = Mailbox()
    monkeypatch.setattr(Webhook, "polls", 60.0)
    monkeypatch.setattr(Webhook, "poll", lambda self, state, context: box.poll(state, context))
    monkeypatch.setattr(Webhook, "envelope", lambda self, asked, settings: Envelope(json.loads(asked.body)["id"], "42"))
    workspace.default_reply_handler = "support"
    workspace.save()
    return box


def again() -> None:
    Channel.objects.update(poll_at=None)


def test_letters_become_messages_once(mailbox, work, channel) -> None:
    assert polling.ring_for_due() == 1
    work()
    assert list(Message.objects.values_list("text", flat=True)) == ["Letter 1", "Letter 2"]
    assert polling.ring_for_due() == 0
    mailbox.letters.append(request(3))
    again()
    polling.ring_for_due()
    work()
    assert mailbox.asked == ["", "2"]
    assert Message.objects.count() == 3
    channel.refresh_from_db()
    assert channel.heard_at and channel.poll_at > timezone.now() + timedelta(seconds=50)
    assert Arrival.objects.first().headers == {}


def test_the_same_letter_again_is_one(mailbox, work) -> None:
    polling.ring_for_due()
    work()
    Channel.objects.update(poll_state="", poll_at=None)
    polling.ring_for_due()
    work()
    assert (mailbox.asked, Message.objects.count()) == (["", ""], 2)


def test_what_breaks_while_keeping_moves_nothing_on(mailbox, channel, work, monkeypatch) -> None:
    def broken(*args) -> Never:
        keep(*args)
        raise OSError("the disk is full")

    keep = intake.keep
    monkeypatch.setattr(polling, "keep", broken)
    polling.poll(channel.pk)
    channel.refresh_from_db()
    assert (channel.poll_state, channel.poll_failures, Arrival.objects.count()) == ("", 1, 0)
    assert "disk is full" in channel.poll_problem
    monkeypatch.setattr(polling, "keep", keep)
    again()
    polling.poll(channel.pk)
    channel.refresh_from_db()
    assert (channel.poll_state, channel.poll_failures, channel.poll_problem, Arrival.objects.count()) == ("2", 0, "", 2)


def test_a_failing_place_is_asked_less_and_less_and_the_owner_reads_why(mailbox, channel, alice, client) -> None:
    mailbox.problem = DeliveryFailed("The password is wrong.", permanent=True)
    waits = []
    for _ in range(4):
        again()
        polling.poll(channel.pk)
        channel.refresh_from_db()
        waits.append((channel.poll_at - timezone.now()).total_seconds())
    assert waits == sorted(waits) and waits[0] > 5
    client.force_login(alice)
    assert "The password is wrong." in client.get(f"/studio/channels/{channel.uuid}/heard/").content.decode()
    mailbox.problem = DeliveryFailed("Come later.", permanent=False, retry_after=7000)
    again()
    polling.poll(channel.pk)
    channel.refresh_from_db()
    assert channel.poll_at > timezone.now() + timedelta(seconds=6900)


def test_two_never_ask_at_once(mailbox, channel, workspace) -> None:
    mailbox.hold.clear()

    def ask() -> None:
        with scope(workspace=workspace):
            polling.poll(channel.pk)
        connection.close()

    first = threading.Thread(target=ask)
    first.start()
    assert mailbox.began.wait(20)
    ask()
    assert polling.ring_for_due() == 0
    mailbox.hold.set()
    first.join(20)
    assert (mailbox.asked, Arrival.objects.count()) == ([""], 2)


def test_who_was_thought_gone_changes_nothing(mailbox, channel, workspace) -> None:
    mailbox.hold.clear()

    def ask() -> None:
        with scope(workspace=workspace):
            polling.poll(channel.pk)
        connection.close()

    late = threading.Thread(target=ask)
    late.start()
    assert mailbox.began.wait(20)
    Channel.objects.update(poll_lease=timezone.now() - timedelta(seconds=1))
    mailbox.began.clear()
    second = threading.Thread(target=ask)
    second.start()
    assert mailbox.began.wait(20)
    mailbox.letters.append(request(3))
    mailbox.hold.set()
    late.join(20)
    second.join(20)
    channel.refresh_from_db()
    assert (channel.poll_state, Arrival.objects.count(), len(mailbox.asked)) == ("3", 3, 2)


def test_nobody_can_post_to_a_channel_that_is_asked(mailbox, address) -> None:
    assert post(address, message("I am Ana")).status_code == ChannelNotFound.status
    assert not Arrival.objects.exists()


def test_a_channel_that_is_off_is_not_asked(mailbox, channel) -> None:
    Channel.objects.update(enabled=False)
    assert polling.ring_for_due() == 0
    polling.poll(channel.pk)
    assert mailbox.asked == []
    assert not Job.objects.filter(kind="channels.poll").exists()


def test_a_letter_too_large_is_said(mailbox, channel, monkeypatch) -> None:
    monkeypatch.setattr(polling, "MOST_BYTES", 100)
    body = json.dumps(message("Much " * 100, 9)).encode()
    mailbox.letters = [request(9, body)]
    polling.poll(channel.pk)
    dead = Arrival.objects.get()
    assert (dead.state, bytes(dead.body)) == ("dead", b"")
    assert "too large" in dead.problem
