"""Conversations: finding one, reading it, answering, and saying who answers."""

from __future__ import annotations

import re
from typing import Any
from uuid import uuid4

import pytest

from frontdesk.conversations import actions, notes
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


def test_the_empty_list_teaches(studio) -> None:
    assert "You can step in at any time and answer yourself." in studio.get("/studio/conversations/").content.decode()


def test_a_thread_shows_who_said_what_and_from_where(studio, talk) -> None:
    conversation = talk("Noor", "Open on Sunday? <b>", "Yes **9–14** [1] <script>alert(1)</script> [x](javascript:alert(1))")
    page = studio.get(at(conversation)).content.decode()
    assert "Open on Sunday? &lt;b&gt;" in page
    assert "<strong>9–14</strong>" in page
    assert "<script>alert" not in page
    assert 'href="javascript' not in page
    assert "https://cafe.example/hours" in page
    assert "Why this answer?" in page


def test_the_list_is_filtered_by_who_answers_and_by_words(studio, owner, talk) -> None:
    waiting, other = talk("Noor", "I need a refund"), talk("Luca", "Do you have parking?")
    with scope(workspace=owner.workspace):
        actions.set_status(owner, waiting, "support_active")

    def found(**query: str) -> set[str]:
        page = studio.get("/studio/conversations/", query, headers=HTMX).content.decode()
        assert "<html" not in page
        return {str(each.uuid) for each in (waiting, other) if str(each.uuid) in page}

    assert found() == {str(waiting.uuid), str(other.uuid)}
    assert found(status="support_active") == {str(waiting.uuid)}
    assert found(words="parking") == {str(other.uuid)}
    assert found(status="nonsense") == found()
    assert found(words="zebra") == set()
    assert found(unread="true") == found()


def test_the_list_goes_on_where_it_ended(studio, talk) -> None:
    for n in range(31):
        talk(f"Visitor {n}", "Hello?")
    first = studio.get("/studio/conversations/", headers=HTMX)
    assert "Visitor 0<" not in first.content.decode()
    rest = studio.get("/studio/conversations/", {"after": first["X-After"]}, headers=HTMX)
    assert re.findall(r"Visitor \d+<", rest.content.decode()) == ["Visitor 0<"]
    assert rest["X-After"] == ""
    assert studio.get("/studio/conversations/", {"after": "nonsense"}, headers=HTMX).status_code == 400


def test_single_rows_are_asked_for_and_only_those_that_fit(studio, talk) -> None:
    noor, luca = talk("Noor", "Hello?"), talk("Luca", "Parking?")
    asked = {"of": [str(noor.uuid), str(luca.uuid), "nonsense"]}
    both = studio.get("/studio/conversations/", asked, headers=HTMX).content.decode()
    assert both.count("<li") == 2
    assert studio.get("/studio/conversations/", {**asked, "status": "closed"}, headers=HTMX).content.decode().count("<li") == 0


def test_views_are_tabs_with_counts(studio, talk) -> None:
    talk("Noor", "Hello?")
    kept = studio.post("/studio/conversations/views/?status=active&channel=widget", {"name": "Website"}, headers=HTMX)
    page = kept.content.decode()
    assert re.search(
        r'href="/studio/conversations/\?status=active&amp;channel=widget"[^>]*>Website <span class="i-count">1', page
    )
    view = re.search(r'data-view="([\w-]+)"', page)[1]
    menu = studio.get("/studio/conversations/filters/?status=active&channel=widget", headers=HTMX).content.decode()
    assert "Delete the view Website" in menu
    gone = studio.post(f"/studio/conversations/views/{view}/", headers=HTMX).content.decode()
    assert "Website" not in gone


def test_an_address_opens_a_thread_and_keeps_the_list(studio, talk) -> None:
    noor, luca = talk("Noor", "Hello?"), talk("Luca", "Parking?")
    page = studio.get(at(luca) + "?status=active").content.decode()
    assert "Answer the customer yourself" in page
    assert "/studio/conversations/?status=active" in page, "the way back"
    rows = studio.get("/studio/conversations/?status=active", headers=HTMX).content.decode()
    assert f'href="{at(noor)}?status=active"' in rows
    piece = studio.get(at(noor), headers=HTMX).content.decode()
    assert "<html" not in piece
    assert "Hello?" in piece


def test_what_others_talk_about_is_not_found(studio, talk, stranger) -> None:
    with scope(workspace=stranger.workspace):
        turn = actions.receive(stranger.workspace, None, VIC).conversation
    assert "Vic" not in studio.get("/studio/conversations/").content.decode()
    assert "Vic" not in studio.get(f"/studio/conversations/?of={turn.uuid}", headers=HTMX).content.decode()
    for more in ("reply/", "who/answers/", "seen/"):
        assert studio.post(at(turn, more), {"text": "Hi", "status": "closed"}, headers=HTMX).status_code == 404
    for more in ("", "entries/", "who/"):
        assert studio.get(at(turn, more), headers=HTMX).status_code == 404


def test_what_was_read_is_not_unread(studio, talk) -> None:
    conversation = talk("Noor", "Hello?")
    assert "data-unread" in studio.get("/studio/conversations/", headers=HTMX).content.decode()
    last = re.search(r'data-id="(\d+)"', studio.get(at(conversation)).content.decode())[1]
    assert studio.post(at(conversation, f"seen/?message={last}"), headers=HTMX).status_code == 204
    assert "data-unread" not in studio.get("/studio/conversations/", headers=HTMX).content.decode()
    talk("Noor", "Are you there?", after=conversation)
    assert "data-unread" in studio.get("/studio/conversations/", headers=HTMX).content.decode()


def test_answering_as_a_person(studio, talk) -> None:
    conversation = talk("Noor", "Can I bring my dog?")
    response = studio.post(at(conversation, "reply/"), {"text": "Of course,\nAlice"}, headers=HTMX)
    assert "Of course,<br>Alice" in response.content.decode()
    assert "Of course,<br>Alice" in studio.get(at(conversation)).content.decode()
    empty = studio.post(at(conversation, "reply/"), {"text": " "}, headers=HTMX)
    assert empty.status_code == 422
    assert "The message is empty" in empty["HX-Trigger"]


def entries(studio: Any, conversation: Conversation, *, seen: str = "", **asked: Any) -> Any:
    return studio.get(at(conversation, "entries/"), asked, headers={**HTMX, **({"X-Seen": seen} if seen else {})})


def test_an_open_thread_is_drawn_anew_only_where_something_came(studio, talk) -> None:
    conversation = talk("Noor", "Hello?")
    first = entries(studio, conversation)
    assert "Hello?" in first.content.decode()
    assert entries(studio, conversation, seen=first["X-Seen"]).status_code == 204
    talk("Noor", "Are you there?", "Yes, **all day**.", after=conversation)
    came = entries(studio, conversation, seen=first["X-Seen"]).content.decode()
    assert "Are you there?" in came
    assert "<strong>all day</strong>" in came


def test_a_message_that_changes_has_another_version(studio, talk, in_workspace) -> None:
    conversation = talk("Noor", "Hello?")
    version = re.compile(r'data-v="(\w+)"')
    before = version.findall(entries(studio, conversation).content.decode())
    message = conversation.messages.get()
    message.metadata = {"before_edit": "Helo?"}
    message.save()
    after = entries(studio, conversation, message=message.pk).content.decode()
    assert version.findall(after) != before
    assert "edited" in after


def test_a_long_thread_comes_in_parts_without_gap_or_double(studio, talk) -> None:
    conversation = talk("Noor", "Message 0")
    for n in range(1, 95):
        talk("Noor", f"Message {n}", after=conversation)
    said, response = [], entries(studio, conversation)
    while True:
        said = [int(n) for n in re.findall(r"Message (\d+)<", response.content.decode())] + said
        if response["X-First"] == "0":
            break
        response = entries(studio, conversation, before=response["X-First"])
    assert said == list(range(95))


def test_notes_and_what_was_done_stand_between_the_messages(studio, talk, owner) -> None:
    conversation = talk("Noor", "Hello?")
    with scope(workspace=owner.workspace):
        notes.add_note(owner, conversation, "She is a regular.")
        actions.set_status(owner, conversation, "support_active")
    page = entries(studio, conversation).content.decode()
    assert page.index("Hello?") < page.index("She is a regular.") < page.index("took this over")


def test_a_reply_brings_along_what_came_before_it(studio, talk) -> None:
    conversation = talk("Noor", "Hello?")
    talk("Noor", "One more thing", after=conversation)
    came = studio.post(at(conversation, "reply/"), {"text": "Tell me"}, headers=HTMX).content.decode()
    assert came.index("One more thing") < came.index("Tell me")


@pytest.mark.parametrize("since", ["", "x", "-1", "9" * 30, "٣"])
def test_an_odd_place_is_the_end(studio, talk, since) -> None:
    assert "Hello?" in entries(studio, talk("Noor", "Hello?"), since=since, before=since).content.decode()


def test_an_open_list_is_drawn_anew_only_when_something_came(studio, talk) -> None:
    talk("Noor", "Hello?")
    first = studio.get("/studio/conversations/", headers=HTMX)
    known = {**HTMX, "X-Seen": first["X-Seen"]}
    assert studio.get("/studio/conversations/", headers=known).status_code == 204
    talk("Luca", "Parking?")
    assert "Luca" in studio.get("/studio/conversations/", headers=known).content.decode()


def test_taking_over_and_giving_back(studio, talk) -> None:
    conversation = talk("Noor", "Hello?")
    taken = studio.post(at(conversation, "who/answers/"), {"status": "support_active"}, headers=HTMX).content.decode()
    assert "Give back to the AI" in taken
    assert '<span class="s-badge"' in studio.get("/studio/").content.decode()
    back = studio.post(at(conversation, "who/answers/"), {"status": "active"}, headers=HTMX).content.decode()
    assert "Take over" in back
    assert studio.post(at(conversation, "who/answers/"), {"status": "asleep"}, headers=HTMX).status_code == 422


def test_a_viewer_reads_and_does_not_answer(member, talk) -> None:
    conversation, viewer = talk("Noor", "Hello?"), member("viewer")
    assert "Answer the customer" not in viewer.get(at(conversation)).content.decode()
    assert viewer.post(at(conversation, "reply/"), {"text": "Hi"}, headers=HTMX).status_code == 403
    assert viewer.post(at(conversation, "who/answers/"), {"status": "closed"}, headers=HTMX).status_code == 403
