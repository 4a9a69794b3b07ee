"""Answers go out in order, once, at the pace of the vendor; what failed is shown, and sent again by a person only."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any, Never

import pytest
from django.utils import timezone
from frontdesk_webhook.channel import Webhook

from frontdesk.channels import actions, jobs, outbox, queries, texts
from frontdesk.channels.errors import NobodyWroteYet
from frontdesk.channels.models import Delivery, Thread
from frontdesk.conversations import actions as conversations
from frontdesk.conversations.models import Conversation
from frontdesk.core import jobs as core_jobs
from frontdesk.core.errors import NotAllowed
from frontdesk.core.jobs import Again
from frontdesk.core.models import Job
from frontdesk.plugins import actions as plugins
from frontdesk.plugins.capabilities import manifest_of
from frontdesk.sdk.channel import Capabilities
from frontdesk.workspaces.models import Role, Workspace
from tests.channels.place import Answer, message, post

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def conversation(address, workspace, work) -> Conversation:
    """Ana has written, and a person answers her."""
    Workspace.objects.filter(pk=workspace.pk).update(default_reply_handler="support")
    post(address, message("Hello"))
    work()
    return Conversation.objects.select_related("workspace").get()


@pytest.fixture
def say(owner, conversation) -> Callable[..., Any]:
    return lambda text: conversations.reply_as_person(owner, conversation, text)


def states() -> list[str]:
    return list(Delivery.objects.order_by("message_id", "part").values_list("state", flat=True))


def test_a_persons_answer_goes_the_same_way(say, work, place) -> None:
    say("I will look for it.")
    assert states() == ["queued"]
    work()
    assert place.texts == ["I will look for it."]
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.external_id, delivery.attempts) == ("sent", str(delivery.uuid), 1)
    assert delivery.sent_at is not None


def test_answers_of_conversations_elsewhere_are_not_delivered(owner, agent, workspace) -> None:
    inbound = conversations.Inbound(text="Hello", channel_kind="api", sender="x")
    turn = conversations.receive(workspace, agent.pk, inbound)
    conversations.reply_as_person(owner, turn.conversation, "Hello")
    assert not Delivery.objects.exists()


def test_a_long_answer_goes_in_parts(say, work, place, monkeypatch) -> None:
    monkeypatch.setattr(Webhook, "capabilities", Capabilities(longest_text=40))
    say("The first paragraph is here.\n\nThe second one is longer. It has two sentences.")
    work()
    assert place.texts == ["The first paragraph is here.", "The second one is longer.", "It has two sentences."]


def test_order_is_kept_whichever_bell_rings_first(say, work, place) -> None:
    for text in ("one", "two", "three"):
        say(text)
    last = Job.objects.filter(kind="channels.deliver").latest("pk")
    core_jobs.run(last.pk)
    assert place.texts == ["one", "two", "three"]
    work()
    assert place.texts == ["one", "two", "three"]


@pytest.mark.parametrize(("status", "headers", "wait"), [(429, {"retry-after": "120"}, 120), (500, {}, 1.4), (503, {}, 1.4)])
def test_a_busy_vendor_is_asked_again_later(say, work, place, status, headers, wait) -> None:
    place.says.append(Answer(status, headers))
    say("one")
    say("two")
    work()
    first, second = Delivery.objects.order_by("pk")
    assert (first.state, first.attempts, second.state, second.attempts) == ("queued", 1, "queued", 0), "nothing overtakes"
    assert first.not_before > first.updated_at + timedelta(seconds=wait * 0.9)
    assert str(status) in first.problem
    work(later=True)
    assert place.texts == ["one", "one", "two"]
    assert states() == ["sent", "sent"]
    assert {said["id"] for said in place.got[:2]} == {str(first.uuid)}, "the same key, so that the other side can tell"


def test_waits_become_longer_and_end(say, work, place) -> None:
    place.says.extend(Answer(503) for _ in range(outbox.MAX_ATTEMPTS))
    say("one")
    waits = []
    for _ in range(outbox.MAX_ATTEMPTS):
        work(later=True)
        delivery = Delivery.objects.get()
        waits.append((delivery.not_before - delivery.updated_at).total_seconds() if delivery.state == "queued" else 0)
    assert waits[0] < waits[3] < waits[7] <= outbox.LONGEST_WAIT * 1.3
    assert (delivery.state, delivery.attempts) == ("failed", outbox.MAX_ATTEMPTS)


def test_what_is_a_day_old_is_given_up(say, work, place) -> None:
    say("one")
    Delivery.objects.update(give_up_at=timezone.now())
    work()
    assert (states(), place.got) == (["failed"], [])


def test_a_refusal_is_final_and_ends_the_message(owner, say, work, place, monkeypatch) -> None:
    monkeypatch.setattr(Webhook, "capabilities", Capabilities(longest_text=11))
    place.says.append(Answer(403, body={"error": "blocked"}))
    blocked = say("One two.\n\nThree four.")
    say("Next.")
    work()
    assert states() == ["failed", "failed", "sent"]
    assert place.texts == ["One two.", "Next."]
    first, second = queries.troubled_deliveries().order_by("part")
    assert "403" in first.problem and "before it" in second.problem
    assert actions.send_again(owner, blocked) == 2
    assert actions.send_again(owner, blocked) == 0
    work()
    assert place.texts[2:] == ["One two.", "Three four."]


def test_a_line_that_breaks_leaves_it_unknown_and_nobody_sends_it_again(owner, say, work, place) -> None:
    place.says.append(Answer(cut=True))
    said = say("one")
    say("two")
    work()
    work(later=True)
    assert states() == ["unknown", "sent"]
    assert place.texts == ["one", "two"]
    assert actions.send_again(owner, said) == 1
    work()
    assert states() == ["sent", "sent"]
    assert place.got[2]["id"] == place.got[0]["id"], "the other side can tell that it had it"


def test_a_vendor_that_is_not_there_is_tried_again(say, work, place) -> None:
    place.server.server_close()
    say("one")
    work()
    assert states() == ["queued"]


def test_a_worker_killed_while_it_sends_leaves_it_unknown(say, work, place) -> None:
    said = say("one")
    (claimed,) = outbox._next(said.pk)
    assert outbox._claim(claimed)
    with pytest.raises(Again) as wait:
        outbox.deliver(said.pk)
    assert wait.value.after <= 1, "another worker is usually quick"
    Delivery.objects.update(lease_until=timezone.now())
    work(later=True)
    assert (states(), place.got) == (["unknown"], [])
    outbox._send(claimed)
    assert states() == ["sent"], "it was not dead after all, and knows"


def test_of_two_workers_that_read_the_same_part_one_sends_it(say, work, place) -> None:
    said = say("one")
    (first,), (second,) = outbox._next(said.pk), outbox._next(said.pk)
    assert (outbox._claim(first), outbox._claim(second)) == (True, False)
    outbox._send(first)
    work()
    assert (states(), len(place.got)) == (["sent"], 1)


def test_a_plugin_that_hangs_or_breaks_leaves_it_unknown(say, work, place, monkeypatch) -> None:
    async def broken(self, message, context) -> Never:
        raise KeyError("a mistake of the author")

    monkeypatch.setattr(Webhook, "send", broken)
    say("one")
    work()
    assert states() == ["unknown"]


def test_while_the_plugin_is_off_answers_wait(owner, say, work, place) -> None:
    plugins.turn_off(owner, "webhook")
    say("one")
    work()
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.attempts, place.got) == ("queued", 0, [])
    plugins.turn_on(owner, "webhook", agreed=manifest_of("webhook").permissions)
    work(later=True)
    assert place.texts == ["one"]


def test_no_faster_than_the_vendor_takes_them(say, work, place, monkeypatch) -> None:
    monkeypatch.setattr(Webhook, "capabilities", Capabilities(per_second=0.01))
    say("one")
    say("two")
    work()
    assert (place.texts, states()) == (["one"], ["sent", "queued"])


def test_a_deleted_channel_says_so_on_what_waits(owner, channel, say, work) -> None:
    say("one")
    actions.delete_channel(owner, channel)
    work()
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.problem) == ("failed", "The channel was deleted.")
    assert not Thread.objects.exists()


def test_statuses_come_late_twice_and_in_any_order(address, say, work) -> None:
    say("one")
    work()
    delivery = Delivery.objects.get()
    for state in ("read", "delivered", "sent", "read", "failed"):
        post(address, {"type": "status", "message_id": delivery.external_id, "state": state, "problem": "late"})
        work()
        assert states() == ["read"]
    post(address, {"type": "status", "message_id": "nobody's", "state": "read"})
    work()
    assert not queries.dead_letters().exists()


def test_a_status_that_is_faster_than_our_note_of_the_receipt_waits_for_it(address, say, work) -> None:
    said = say("one")
    (claimed,) = outbox._next(said.pk)
    assert outbox._claim(claimed)
    post(address, {"type": "status", "message_id": "their-1", "state": "delivered"})
    work()
    assert states() == ["sending"]
    Delivery.objects.update(state="sent", external_id="their-1")
    work(later=True)
    assert states() == ["delivered"]


def test_a_vendor_that_refuses_afterwards_is_shown(address, say, work) -> None:
    say("one")
    work()
    post(address, {"type": "status", "message_id": str(Delivery.objects.get().uuid), "state": "failed", "problem": "No credit."})
    work()
    assert queries.troubled_deliveries().get().problem == "No credit."


def test_a_delivery_whose_job_was_lost_is_found(say, work, place) -> None:
    say("one")
    Job.objects.all().delete()
    assert jobs.sweep() == 0, "not at once"
    Delivery.objects.update(updated_at=timezone.now() - timedelta(minutes=2))
    assert jobs.sweep() == 1
    work()
    assert place.texts == ["one"]


def test_a_test_message_goes_to_whoever_wrote_last(owner, channel, address, workspace, work, place) -> None:
    with pytest.raises(NobodyWroteYet):
        actions.send_test(owner, channel)
    Workspace.objects.filter(pk=workspace.pk).update(default_reply_handler="support")
    post(address, message("Hello"))
    post(address, message("Hello", 2, sender="43"))
    work()
    actions.send_test(owner, channel)
    work()
    assert [said["recipient"]["id"] for said in place.got] == ["43"]


def test_a_viewer_sends_nothing_again(owner, editor, say, work, place) -> None:
    said = say("one")
    viewer = replace(editor, role=Role.VIEWER)
    with pytest.raises(NotAllowed):
        actions.send_again(viewer, said)


@pytest.mark.parametrize(
    ("markdown", "text"),
    [
        ("We **open** at _eight_ [1].", "We open at eight."),
        ("# Hours\n\nOpen\nnow", "Hours\n\nOpen\nnow"),
        ("See [the menu](https://a.example/menu).", "See the menu (https://a.example/menu)."),
        ("<https://a.example> [sam@a.example](mailto:sam@a.example)", "https://a.example sam@a.example"),
        ("1. one\n2. two\n\nDone", "1. one\n2. two\n\nDone"),
        ("- a\n  - b\n- c", "• a\n  • b\n• c"),
        ("| A | B |\n|---|---|\n| 1 | 2 |", "A | B\n1 | 2"),
        ("5 < 6 & snake_case_name * 2", "5 < 6 & snake_case_name * 2"),
        ("```\nx = 1\n```", "x = 1"),
        ("نفتح **الساعة** ٨", "نفتح الساعة ٨"),
    ],
)
def test_markdown_as_it_would_be_typed_by_hand(markdown, text) -> None:
    assert texts.plain(markdown, numbered_sources=True) == text


def test_parts_lose_nothing_but_space_between_them() -> None:
    text = "\n\n".join(f"Paragraph {n}. " + "It has words of some length. " * 9 for n in range(60))
    parts = texts.portions(text, 500)
    assert all(len(part) <= 500 for part in parts)
    assert "".join("".join(parts).split()) == "".join(text.split())
    assert all(part.endswith(".") for part in parts)
    assert max(len(part.encode("utf-16-le")) // 2 for part in texts.portions("😀" * 5000, 4096)) <= 4096
    assert texts.portions("  ", 10) == []
