"""What customers do to messages that were sent before, in whatever order the vendor tells it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from frontdesk_webhook.channel import Webhook

from frontdesk.channels import changes, jobs, statuses
from frontdesk.channels.models import Delivery, Early
from frontdesk.conversations import actions as conversations
from frontdesk.conversations.models import Contact, Conversation, Message
from frontdesk.core.jobs import Again
from frontdesk.runs.models import Run
from frontdesk.sdk.channel import Capabilities
from frontdesk.sdk.testing.scripted import Say
from frontdesk.sdk.values import Reaction, Watermark
from frontdesk.workspaces.models import Workspace
from tests.channels.place import message, post

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def tell(address, work, workspace) -> Callable[..., Any]:
    """Say something as Ana's app does; a person answers here."""
    Workspace.objects.filter(pk=workspace.pk).update(default_reply_handler="support")

    def say(kind: str, **more) -> None:
        assert post(address, {"type": kind, "sender": {"id": "42", "name": "Ana"}, **more}).status_code == 200
        work()

    return say


def kept(number: int = 1) -> Message:
    return Message.objects.get(external_id__endswith=f"/m-{number}")


def test_a_message_that_is_taken_back_stays_for_the_owner(tell) -> None:
    tell("message", id="m-1", text="My card is 1234")
    tell("delete", id="m-1")
    tell("delete", id="m-1")
    assert kept().deleted_at is not None
    assert kept().text == "My card is 1234"
    assert "1234" not in Conversation.objects.get().last_message_preview


def test_a_reaction_stands_on_ours_and_on_theirs(tell, owner, work, place) -> None:
    tell("message", id="m-1", text="Hello")
    said = conversations.reply_as_person(owner, Conversation.objects.select_related("workspace").get(), "Hello to you.")
    work()
    tell("reaction", message_id="m-1", emoji="🙂", sent_at=10)
    tell("reaction", message_id=place.got[0]["id"], emoji="❤")
    said.refresh_from_db()
    assert (kept().reaction, said.reaction) == ("🙂", "❤")
    tell("reaction", message_id="m-1", emoji="", sent_at=12)
    tell("reaction", message_id="m-1", emoji="👍", sent_at=11)
    assert kept().reaction == "", "the older one came late"


def test_an_older_edit_that_comes_late_is_passed_over(tell) -> None:
    tell("message", id="m-1", text="one")
    tell("edit", id="m-1", text="three", sent_at=30)
    tell("edit", id="m-1", text="two", sent_at=20)
    assert (kept().text, kept().metadata["before_edit"]) == ("three", "one")


def test_what_comes_before_its_message_waits_for_it(tell, work) -> None:
    tell("message", id="m-0", text="Hello")
    tell("edit", id="m-1", text="second", sent_at=2)
    tell("edit", id="m-1", text="first", sent_at=1)
    tell("reaction", message_id="m-1", emoji="🙂")
    assert Early.objects.count() == 2
    tell("message", id="m-1", text="zero")
    assert (kept().text, kept().metadata["before_edit"], kept().reaction) == ("second", "zero", "🙂")
    assert not Early.objects.exists()


def test_what_is_taken_back_before_it_comes_is_not_answered(address, work, scripted) -> None:
    scripted.play(Say("Hello."))
    post(address, message("Hello", 0))
    work()
    post(address, {"type": "delete", "id": "m-1", "sender": {"id": "42"}})
    work()
    post(address, message("Forget this", 1))
    work()
    assert kept().deleted_at is not None
    assert Run.objects.count() == 1


def test_somebody_elses_message_is_not_touched(tell, address, work) -> None:
    tell("message", id="m-1", text="Hello")
    post(address, {"type": "delete", "id": "m-1", "sender": {"id": "7"}})
    post(address, {"type": "edit", "id": "m-1", "text": "Bye", "sender": {"id": "7"}})
    work()
    assert (kept().text, kept().deleted_at) == ("Hello", None)


def test_a_reaction_to_what_is_being_sent_waits(tell, owner, channel) -> None:
    tell("message", id="m-1", text="Hello")
    conversations.reply_as_person(owner, Conversation.objects.select_related("workspace").get(), "Hello to you.")
    Delivery.objects.update(state="sending")
    with pytest.raises(Again):
        changes.note(channel, Reaction("unknown", "42", "❤"))


def test_early_news_is_forgotten_in_the_end(tell) -> None:
    tell("delete", id="never")
    Early.objects.update(created_at=timezone.now() - timedelta(days=15))
    jobs.forget_old()
    assert not Early.objects.exists()


def test_an_answer_of_the_customers_says_to_what(tell, owner, work, place) -> None:
    tell("message", id="m-1", text="Two cakes")
    tell("message", id="m-2", text="Plum", reply_to="m-1")
    tell("message", id="m-3", text="What?", reply_to="nobody knows")
    assert (kept(2).reply_to, kept(3).reply_to) == (kept(1), None)


def test_a_mark_moves_all_that_was_sent_until_then(tell, owner, channel, work) -> None:
    tell("message", id="m-1", text="Hello")
    conversation = Conversation.objects.select_related("workspace").get()
    for text in ("one", "two", "three"):
        conversations.reply_as_person(owner, conversation, text)
    work()
    first, second, third = Delivery.objects.order_by("pk")
    Delivery.objects.filter(pk=third.pk).update(sent_at=timezone.now() + timedelta(minutes=1))
    with transaction.atomic():
        statuses.note_all(channel, Watermark("42", "read", second.sent_at.timestamp()))
        statuses.note_all(channel, Watermark("42", "delivered", timezone.now().timestamp()))
    assert list(Delivery.objects.order_by("pk").values_list("state", flat=True)) == ["read", "read", "sent"]


def test_a_name_is_asked_for_where_it_does_not_come_along(address, work, workspace, monkeypatch) -> None:
    async def name_of(self, sender_id, context) -> str:
        return f"Ana of {sender_id}"

    Workspace.objects.filter(pk=workspace.pk).update(default_reply_handler="support")
    monkeypatch.setattr(Webhook, "capabilities", Capabilities(names=True))
    monkeypatch.setattr(Webhook, "name_of", name_of)
    post(address, {"type": "message", "id": "m-1", "sender": {"id": "42"}, "text": "Hello"})
    work()
    assert Contact.objects.get().name == "Ana of 42"
