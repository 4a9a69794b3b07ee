"""Conversations: finding one, reading it, answering, and saying who answers."""

from __future__ import annotations

import re
from typing import Any
from uuid import uuid4

import pytest

from frontdesk.conversations import actions
from frontdesk.conversations.models import Conversation
from frontdesk.core.scoping import scope

from .conftest import HTMX

pytestmark = pytest.mark.django_db

VIC = actions.Inbound("Brakes?", "widget", "Vic", sender_name="Vic")

SOURCE = {
    "n": 1,
    "title": "Opening hours",
    "place": "page 2",
    "url": "https://cafe.example/hours",
    "quote": "Sunday 9–14",
    "source_id": 1,
}


@pytest.fixture
def talk(agent) -> Any:
    """Somebody asks and is answered: `talk("Noor", "Open on Sunday?", "Yes **9–14** [1]")`; `after` a talk that goes on."""

    def made(name: str, question: str, answer: str = "", *, after: Conversation | None = None) -> Conversation:
        inbound = actions.Inbound(question, "widget", name, sender_name=name, conversation=after and after.uuid)
        with scope(workspace=agent.workspace):
            turn = actions.receive(agent.workspace, agent.pk, inbound)
            if answer:
                actions.save_answer(
                    turn.conversation, question=turn.message, run_uuid=uuid4(), text=answer, sources=[SOURCE], metadata={}
                )
            return turn.conversation

    return made


def at(conversation: Conversation, more: str = "") -> str:
    return f"/studio/conversations/{conversation.uuid}/{more}"


def test_the_empty_list_teaches(studio):
    assert "You can step in at any time and answer yourself." in studio.get("/studio/conversations/").content.decode()


def test_a_thread_shows_who_said_what_and_from_where(studio, talk):
    conversation = talk("Noor", "Open on Sunday? <b>", "Yes **9–14** [1] <script>alert(1)</script> [x](javascript:alert(1))")
    page = studio.get(at(conversation)).content.decode()
    assert "Open on Sunday? &lt;b&gt;" in page
    assert "<strong>9–14</strong>" in page
    assert "<script>alert" not in page
    assert 'href="javascript' not in page
    assert "https://cafe.example/hours" in page
    assert "Why this answer?" in page


def test_the_list_is_filtered_by_who_answers_and_by_words(studio, owner, talk):
    waiting, other = talk("Noor", "I need a refund"), talk("Luca", "Do you have parking?")
    with scope(workspace=owner.workspace):
        actions.set_status(owner, waiting, "support_active")

    def found(**query: str) -> set[str]:
        page = studio.get("/studio/conversations/", query, headers=HTMX).content.decode()
        assert "<html" not in page
        return {str(each.uuid) for each in (waiting, other) if str(each.uuid) in page}

    assert found() == {str(waiting.uuid), str(other.uuid)}
    assert found(who="support_active") == {str(waiting.uuid)}
    assert found(words="parking") == {str(other.uuid)}
    assert found(who="nonsense") == found()
    assert found(words="zebra") == set()


def test_the_list_has_pages(studio, talk):
    for n in range(31):
        talk(f"Visitor {n}", "Hello?")
    first = studio.get("/studio/conversations/").content.decode()
    assert "?page=2" in first
    assert "Visitor 0<" in studio.get("/studio/conversations/?page=2").content.decode()
    assert "Visitor 30<" in studio.get("/studio/conversations/?page=nonsense").content.decode()


def test_what_others_talk_about_is_not_found(studio, talk, stranger):
    with scope(workspace=stranger.workspace):
        turn = actions.start_conversation(stranger.workspace, None, VIC)
    assert "Vic" not in studio.get("/studio/conversations/").content.decode()
    for more, words in [("reply/", {"text": "Hi"}), ("who/", {"status": "closed"})]:
        assert studio.post(at(turn, more), words, headers=HTMX).status_code == 404
    assert studio.get(at(turn, "news/"), headers=HTMX).status_code == 404


def test_answering_as_a_person(studio, talk):
    conversation = talk("Noor", "Can I bring my dog?")
    response = studio.post(at(conversation, "reply/"), {"text": "Of course,\nAlice"}, headers=HTMX)
    assert "Of course,<br>Alice" in response.content.decode()
    assert "Of course,<br>Alice" in studio.get(at(conversation)).content.decode()
    empty = studio.post(at(conversation, "reply/"), {"text": " "}, headers=HTMX)
    assert empty.status_code == 422
    assert "The message is empty" in empty["HX-Trigger"]


def news_of(page: str) -> tuple[dict[str, str], dict[str, str]]:
    """What an open page asks with, and in which headers."""
    part = re.search(r"<div[^>]* data-live .*?</div>", page, re.DOTALL)
    assert part
    said = re.search(r'"X-Seen": "(\w+)"', part.group())
    return dict(re.findall(r'name="(\w+)" value="([^"]*)"', part.group())), {**HTMX, **({"X-Seen": said[1]} if said else {})}


def test_an_open_thread_gets_what_comes_and_nothing_twice(studio, talk, owner):
    conversation = talk("Noor", "Hello?")
    asked, headers = news_of(studio.get(at(conversation)).content.decode())
    assert studio.get(at(conversation, "news/"), asked, headers=headers).status_code == 204
    talk("Noor", "Are you there?", "Yes, **all day**.", after=conversation)
    came = studio.get(at(conversation, "news/"), asked, headers=headers).content.decode()
    assert "Are you there?" in came
    assert "<strong>all day</strong>" in came
    assert "Hello?" not in came
    asked, _headers = news_of(came)
    assert studio.get(at(conversation, "news/"), asked, headers=headers).status_code == 204
    with scope(workspace=owner.workspace):
        actions.set_status(owner, conversation, "support_active")
    assert "Give back to the AI" in studio.get(at(conversation, "news/"), asked, headers=headers).content.decode()


def test_a_reply_brings_along_what_came_before_it(studio, talk):
    conversation = talk("Noor", "Hello?")
    asked, _headers = news_of(studio.get(at(conversation)).content.decode())
    talk("Noor", "One more thing", after=conversation)
    came = studio.post(at(conversation, "reply/"), {**asked, "text": "Tell me"}, headers=HTMX).content.decode()
    assert came.index("One more thing") < came.index("Tell me")
    assert "Hello?" not in came


@pytest.mark.parametrize("after", ["", "x", "-1", "9" * 30, "٣"])
def test_an_odd_place_is_the_beginning(studio, talk, after):
    conversation = talk("Noor", "Hello?")
    assert "Hello?" in studio.get(at(conversation, "news/"), {"after": after}, headers=HTMX).content.decode()


def test_an_open_list_is_drawn_anew_only_when_something_came(studio, talk):
    talk("Noor", "Hello?")
    _asked, headers = news_of(studio.get("/studio/conversations/").content.decode())
    assert studio.get("/studio/conversations/", headers=headers).status_code == 204
    talk("Luca", "Parking?")
    assert "Luca" in studio.get("/studio/conversations/", headers=headers).content.decode()


def test_taking_over_and_giving_back(studio, talk):
    conversation = talk("Noor", "Hello?")
    taken = studio.post(at(conversation, "who/"), {"status": "support_active"}, headers=HTMX).content.decode()
    assert "Give back to the AI" in taken
    assert '<span class="s-badge"' in studio.get("/studio/").content.decode()
    back = studio.post(at(conversation, "who/"), {"status": "active"}, headers=HTMX).content.decode()
    assert "Take over" in back
    assert studio.post(at(conversation, "who/"), {"status": "asleep"}, headers=HTMX).status_code == 422


def test_a_viewer_reads_and_does_not_answer(member, talk):
    conversation, viewer = talk("Noor", "Hello?"), member("viewer")
    assert "Answer the customer" not in viewer.get(at(conversation)).content.decode()
    assert viewer.post(at(conversation, "reply/"), {"text": "Hi"}, headers=HTMX).status_code == 403
    assert viewer.post(at(conversation, "who/"), {"status": "closed"}, headers=HTMX).status_code == 403
