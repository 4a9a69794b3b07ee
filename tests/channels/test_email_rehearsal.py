"""E-mail in rehearsal, end to end: a made-up mailbox, the plugin's real IMAP and SMTP, and an agent or a person who answers."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from frontdesk.agents.models import Agent
from frontdesk.channels import actions
from frontdesk.channels.models import Arrival, Channel, Delivery
from frontdesk.channels.rehearsal import actions as rehearsal
from frontdesk.channels.rehearsal import memory, posting
from frontdesk.channels.rehearsal.memory import Remembered
from frontdesk.conversations import actions as conversations
from frontdesk.conversations.models import Conversation, Message
from frontdesk.core.jobs import Again
from frontdesk.core.models import Job
from frontdesk.plugins import actions as plugins
from frontdesk.plugins.capabilities import manifest_of
from frontdesk.sdk.rehearsal import Line
from frontdesk.sdk.testing.scripted import Say
from frontdesk.sdk.values import Attachment

pytestmark = pytest.mark.django_db(transaction=True)
MENU = Attachment("application/pdf", "menu.pdf", data=b"%PDF-1.7 " + b"x" * 400_000)


@pytest.fixture
def desk(owner: Any, agent: Agent) -> Channel:
    plugins.turn_on(owner, "email", agreed=manifest_of("email").permissions)
    return rehearsal.begin(owner, "email", agent.pk, name="")


@pytest.fixture
def by_hand(workspace: Any) -> None:
    """A person answers."""
    workspace.default_reply_handler = "support"
    workspace.save()


@pytest.fixture
def ana(owner: Any, desk: Channel) -> str:
    return rehearsal.meet(owner, desk, "Ana Lima").id


def lines(channel: Channel, customer: str, author: str = "") -> list[Line]:
    return [line for line in Remembered(channel).lines(customer) if author in ("", line.author)]


def test_a_question_is_answered_by_mail(owner, desk, ana, scripted, work) -> None:
    scripted.play(Say("Yes, **oat** and almond."), Say("For four, yes."))
    rehearsal.write(owner, desk, ana, "Do you have oat milk?", subject="Milk")
    work()
    question, answer = lines(desk, ana)
    assert (question.state, question.subject) == ("delivered", "Milk")
    assert (answer.subject, answer.text, answer.state) == ("Re: Milk", "Yes, oat and almond.", "delivered")
    assert "<strong>oat</strong>" in answer.html
    assert answer.reply_to == question.id
    rehearsal.write(owner, desk, ana, "For four?", reply_to=answer.id)
    work()
    conversation = Conversation.objects.get()
    assert conversation.test
    said = list(conversation.messages.order_by("id").values_list("text", flat=True))
    assert said == ["Milk\n\nDo you have oat milk?", "Yes, **oat** and almond.", "For four?", "For four, yes."]
    assert [delivery.state for delivery in Delivery.objects.all()] == ["sent", "sent"]
    assert set(Arrival.objects.values_list("state", flat=True)) == {"done"}


def test_files_go_both_ways_however_large(owner, desk, ana, by_hand, work) -> None:
    assert len(MENU.data) > memory.LONGEST_IN_JOB
    rehearsal.write(owner, desk, ana, "", files=[MENU], subject="Our menu")
    work()
    [kept] = Conversation.objects.get().messages.get().attachments.all()
    assert (kept.name, kept.size) == ("menu.pdf", len(MENU.data))


def test_what_comes_twice_in_any_order_is_taken_once(owner, desk, ana, by_hand, work) -> None:
    rehearsal.switch(owner, desk, twice=True, shuffled=True)
    for number in range(4):
        rehearsal.write(owner, desk, ana, f"{number}", subject=f"About {number}")
    work(later=True)
    assert sorted(Message.objects.values_list("text", flat=True)) == [f"About {number}\n\n{number}" for number in range(4)]
    assert Conversation.objects.count() == 4
    assert {line.state for line in lines(desk, ana)} == {"delivered"}


@pytest.mark.parametrize(
    ("mood", "state", "in_the_mailbox"), [("busy", "queued", 0), ("broken", "queued", 0), ("silent", "unknown", 1)]
)
def test_an_outgoing_server_in_a_mood(owner, desk, ana, by_hand, work, mood, state, in_the_mailbox) -> None:
    rehearsal.write(owner, desk, ana, "Hello")
    work()
    rehearsal.switch(owner, desk, mood=mood, times=1)
    conversations.reply_as_person(owner, Conversation.objects.get(), "Yes?")
    work()
    assert Delivery.objects.get().state == state
    assert len(lines(desk, ana, "business")) == in_the_mailbox
    work(later=True)
    assert [line.text for line in lines(desk, ana, "business")] == ["Yes?"]


def test_what_comes_back_is_shown_as_failed(owner, desk, ana, by_hand, work) -> None:
    rehearsal.write(owner, desk, ana, "Hello")
    work()
    rehearsal.switch(owner, desk, own=("returned",))
    conversations.reply_as_person(owner, Conversation.objects.get(), "Yes?")
    work()
    sent = Delivery.objects.get()
    assert (sent.state, "sent this back" in sent.problem) == ("failed", True)
    assert not lines(desk, ana, "business")


def test_an_automatic_answer_ends_there(owner, desk, ana, scripted, work) -> None:
    scripted.play(Say("Until six."))
    rehearsal.switch(owner, desk, own=("away",))
    assert Remembered(desk).faults.own == ("away",)
    rehearsal.write(owner, desk, ana, "When do you close?", subject="Hours")
    work()
    assert [line.subject for line in lines(desk, ana)] == ["Hours", "Re: Hours", "Automatic reply: Re: Hours"]
    assert Message.objects.count() == 2
    assert Arrival.objects.filter(state="done").count() == 2, "it was read, and left alone"


def test_who_does_not_take_mails_from_us_gets_none(owner, desk, ana, by_hand, work) -> None:
    rehearsal.write(owner, desk, ana, "Hello")
    work()
    rehearsal.block(owner, desk, ana, blocked=True)
    conversations.reply_as_person(owner, Conversation.objects.get(), "Are you there?")
    work()
    assert Delivery.objects.get().state == "failed"
    assert "does not take mails from you" in Delivery.objects.get().problem


def test_what_arrives_while_the_channel_is_off_lies_there(owner, desk, ana, by_hand, work) -> None:
    actions.set_enabled(owner, desk, enabled=False)
    rehearsal.write(owner, desk, ana, "Hello")
    work(later=True)
    assert [line.state for line in lines(desk, ana)] == ["sent"]
    actions.set_enabled(owner, desk, enabled=True)
    posting.ask(Channel.objects.get(pk=desk.pk))
    work()
    assert [line.state for line in lines(desk, ana)] == ["delivered"]
    assert Conversation.objects.get().last_message_preview == "Hello"


def test_what_arrives_while_somebody_looks_is_not_left_lying(owner, desk, ana, by_hand, work, in_workspace) -> None:
    """Whoever looked may have been there before it came."""
    Channel.objects.filter(pk=desk.pk).update(poll_lease=timezone.now() + timedelta(minutes=1))
    with pytest.raises(Again):
        posting.ask(Channel.objects.get(pk=desk.pk))
    Channel.objects.filter(pk=desk.pk).update(poll_lease=None, poll_at=timezone.now() + timedelta(minutes=1))
    rehearsal.write(owner, desk, ana, "Hello")
    work()
    assert Message.objects.count() == 1
    assert not Job.objects.filter(kind="channels.rehearse_poll").exclude(state="done").exists()
