"""Writing and keeping order in the inbox: files, notes, canned replies, suggestions, tags, whose it is, who they are."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import AsyncClient, Client
from django.utils import timezone

from frontdesk.agents import actions as agents
from frontdesk.agents.models import Agent
from frontdesk.agents.starters import start_content
from frontdesk.billing import queries as billing
from frontdesk.channels.models import Channel
from frontdesk.conversations import actions, canned, contacts
from frontdesk.conversations.models import Conversation, Message, Note
from frontdesk.core.scoping import scope
from frontdesk.core.threads import in_thread
from frontdesk.runs import service
from frontdesk.runs.models import Run
from frontdesk.sdk.testing.scripted import Say
from frontdesk.workspaces.models import User
from tests.ground.rows import make_row

from .conftest import BACKEND, HTMX

pytestmark = pytest.mark.django_db


@pytest.fixture
def talk(owner: Any, in_workspace: Any) -> Conversation:
    """Noor asks the café's live agent."""
    made = agents.create_agent(owner, start_content("Mila", organisation="Café", about="Guests feel at home."), live=True)
    inbound = actions.Inbound("Can I bring my dog?", "widget", "noor", sender_name="Noor Haddad")
    return actions.receive(owner.workspace, made.pk, inbound).conversation


def at(talk: Conversation, more: str = "") -> str:
    return f"/studio/conversations/{talk.uuid}/{more}"


def change(studio: Client, talk: Conversation, do: str, value: str = "") -> Any:
    return studio.post(at(talk, "order/change/"), {"do": do, "value": value}, headers=HTMX)


def test_a_reply_takes_files_along(studio, talk) -> None:
    files = [SimpleUploadedFile("menu.txt", b"Cakes"), SimpleUploadedFile("more.txt", b"Tea")]
    came = studio.post(at(talk, "reply/"), {"text": "Here it is", "files": files}, headers=HTMX).content.decode()
    assert "menu.txt" in came
    assert "more.txt" in came
    assert [file.name for file in Message.objects.get(author="person").attachments.order_by("id")] == ["menu.txt", "more.txt"]
    alone = {"text": "", "files": [SimpleUploadedFile("menu.txt", b"Cakes")]}
    assert studio.post(at(talk, "reply/"), alone, headers=HTMX).status_code == 200


def test_a_file_of_a_refused_kind_is_not_sent_and_said_so(studio, talk) -> None:
    page = SimpleUploadedFile("page.html", b"<!DOCTYPE html><script>alert(1)</script>")
    refused = studio.post(at(talk, "reply/"), {"text": "Look", "files": [page]}, headers=HTMX)
    assert refused.status_code >= 400
    assert "page.html" in json.loads(refused["HX-Trigger"])["studio:toast"]["text"]
    assert not Message.objects.filter(author="person").exists()


def test_a_note_is_for_the_team_alone(studio, talk, member) -> None:
    came = studio.post(at(talk, "note/"), {"text": "A regular <b>"}, headers=HTMX).content.decode()
    assert "A regular &lt;b&gt;" in came
    assert Note.objects.get().author_name == "Alice"
    assert Message.objects.count() == 1
    assert member("viewer").post(at(talk, "note/"), {"text": "Hm"}, headers=HTMX).status_code == 403
    assert studio.post(at(talk, "note/"), {"text": " "}, headers=HTMX).status_code == 422


def test_canned_replies_are_found_filled_and_counted(studio, talk, owner) -> None:
    reply = canned.create_reply(owner, "dogs", "Dear {first_name}, dogs are welcome. <3")
    found = studio.get(at(talk, "canned/?words=do"), headers=HTMX).content.decode()
    assert 'data-text="Dear Noor, dogs are welcome. &lt;3"' in found
    assert "No canned reply fits" in studio.get(at(talk, "canned/?words=zebra"), headers=HTMX).content.decode()
    studio.post(at(talk, "reply/"), {"text": "Dear Noor", "canned": [str(reply.uuid), "nonsense"]}, headers=HTMX)
    reply.refresh_from_db()
    assert reply.used_count == 1


def test_order_is_kept_by_one_menu(studio, talk, alice, owner) -> None:
    for do, value in [("assign", str(alice.uuid)), ("priority", "urgent"), ("new_tag", "VIP"), ("snooze", "tomorrow")]:
        assert change(studio, talk, do, value).status_code == 200, do
    talk.refresh_from_db()
    assert (talk.assignee, talk.priority, [tag.name for tag in talk.tags.all()]) == (alice, 4, ["VIP"])
    assert talk.snoozed_until is not None
    bar = studio.get(at(talk, "who/"), headers=HTMX).content.decode()
    for shown in ("Alice", "Urgent", "VIP", "put off until"):
        assert shown in bar
    change(studio, talk, "wake")
    change(studio, talk, "untag", str(talk.tags.get().uuid))
    change(studio, talk, "assign", "")
    talk.refresh_from_db()
    assert (talk.assignee, talk.snoozed_until, talk.tags.count()) == (None, None, 0)
    row = studio.get("/studio/conversations/", headers=HTMX).content.decode()
    assert "Urgent" in row


@pytest.mark.parametrize(
    ("do", "value", "status"),
    [
        ("assign", "nobody", 400),
        ("snooze", "2001-01-01T10:00", 422),
        ("snooze", "soon", 422),
        ("priority", "x", 422),
        ("x", "", 400),
    ],
)
def test_what_makes_no_sense_is_refused(studio, talk, do, value, status) -> None:
    assert change(studio, talk, do, value).status_code == status


def test_the_customer_beside_the_thread(studio, talk, owner) -> None:
    contacts.update_contact(owner, talk.contact, email="noor@example.org", notes="Likes oat milk")
    other = contacts.create_contact(owner, name="N. Haddad", email="noor@example.org")
    pane = studio.get(at(talk, "customer/"), headers=HTMX).content.decode()
    for shown in ("Noor Haddad", "noor@example.org", "Likes oat milk", "Chat on the website", other.name):
        assert shown in pane
    blocked = studio.post(at(talk, "customer/block/"), {"blocked": "true"}, headers=HTMX).content.decode()
    assert "Unblock" in blocked
    assert str(talk.uuid) not in studio.get("/studio/conversations/", headers=HTMX).content.decode()
    assert "Block this customer" in studio.post(at(talk, "customer/block/"), {"blocked": "false"}, headers=HTMX).content.decode()


def test_after_a_vendors_time_only_templates_and_notes_are_left(studio, talk, workspace) -> None:
    channel = make_row(Channel, workspace, kind="whatsapp", agent=talk.agent)
    talk.channel, talk.channel_kind = channel, "whatsapp"
    talk.save()
    assert "You may write until" in studio.get(at(talk), headers=HTMX).content.decode()
    talk.last_inbound_at = timezone.now() - timedelta(days=2)
    talk.save()
    closed = studio.get(at(talk), headers=HTMX).content.decode()
    assert "Choose one of your approved templates" in closed
    assert f"{at(talk)}templates/" in closed
    assert "data-closed" in closed
    unknown = studio.post(at(talk, "template/"), {"name": "x", "language": "en"}, headers=HTMX)
    assert unknown.status_code >= 400
    assert not Message.objects.filter(author="person").exists()


@pytest.mark.django_db(transaction=True)
async def test_a_suggestion_is_charged_and_not_kept(scripted, alice: User, talk: Conversation) -> None:
    scripted.play(Say("Of course, dogs are welcome."))
    browser = AsyncClient()
    await browser.aforce_login(alice, BACKEND)
    had = await in_thread(_balance, talk)
    told = await browser.post(at(talk, "suggest/"), headers=HTMX)
    run = told.json()["run"]
    await service.wait(run)
    written = (await browser.get(f"/studio/conversations/suggestions/{run}/", headers=HTMX)).json()
    assert written == {"text": "Of course, dogs are welcome.", "problem": ""}
    assert await in_thread(_balance, talk) < had
    assert await Message._base_manager.filter(conversation=talk).acount() == 1
    assert (await Run._base_manager.aget(uuid=run)).task["question"] == "Can I bring my dog?"
    assert (await browser.post(f"/studio/conversations/suggestions/{run}/stop/", headers=HTMX)).status_code == 204


def _balance(talk: Conversation) -> int:
    with scope(workspace=talk.workspace):
        return billing.balance()


@pytest.mark.django_db(transaction=True)
def test_there_is_nothing_to_suggest_before_a_customer_writes(studio, owner, in_workspace) -> None:
    made = agents.create_agent(owner, start_content("Mila", organisation="Café", about=""), live=True)
    with transaction.atomic():
        empty = actions.start_conversation(owner.workspace, made.pk, actions.Inbound("", "widget", "noor"))
    refused = studio.post(at(empty, "suggest/"), headers=HTMX)
    assert refused.status_code == 409
    assert "has not written yet" in refused["HX-Trigger"]


@pytest.mark.django_db(transaction=True)
def test_an_agent_that_is_not_live_suggests_nothing(studio, talk) -> None:
    Agent.objects.update(live=False)
    assert studio.post(at(talk, "suggest/"), headers=HTMX).status_code >= 400


def test_a_choice_is_kept_as_a_view_by_a_form_of_its_own(studio, talk) -> None:
    """A browser leaves a form out that is put into another one."""
    page = studio.get("/studio/conversations/").content.decode()
    search = page[page.index("<form", page.index('id="tabs"')) : page.index("</form>", page.index('id="filter"'))]
    assert 'id="words"' in search
    assert 'id="filters"' not in search
    assert 'id="save-view"' in studio.get("/studio/conversations/filters/").content.decode()
    kept = studio.post("/studio/conversations/views/?status=open", {"name": "Open ones"}, headers=HTMX)
    assert "Open ones" in kept.content.decode()


def test_the_badge_counts_who_waits_for_a_person(studio, talk, owner) -> None:
    assert "s-badge" not in studio.get("/studio/conversations/waiting/").content.decode()
    actions.set_status(owner, talk, "support_active")
    assert ">1<" in studio.get("/studio/conversations/waiting/").content.decode()
