"""The pages of customers, tags and canned replies."""

from __future__ import annotations

from typing import Any

import pytest

from frontdesk.agents import actions as agents
from frontdesk.agents.starters import start_content
from frontdesk.conversations import contacts
from frontdesk.conversations.actions import Inbound, receive
from frontdesk.conversations.models import CannedReply, Contact, Tag

pytestmark = pytest.mark.django_db


@pytest.fixture
def ana(owner, in_workspace) -> Any:
    agent = agents.create_agent(owner, start_content("Maya"), live=True)
    said = receive(owner.workspace, agent.pk, Inbound("A <b>table</b>?", "api", "ana", sender_name="Ana <Lima>"))
    return said.conversation.contact


def form(**values) -> dict[str, Any]:
    return {"name": "", "email": "", "phone": "", "language": "", "notes": "", **values}


def test_the_list_finds_and_teaches(studio, ana) -> None:
    page = studio.get("/studio/contacts/").content.decode()
    assert "Ana &lt;Lima&gt;" in page
    assert "Nobody matches" in studio.get("/studio/contacts/?words=zzz").content.decode()
    assert "Ana" not in studio.get("/studio/contacts/?state=blocked", headers={"HX-Request": "true"}).content.decode()
    ana.conversations.all().delete()
    ana.delete()
    assert "Nobody has written yet" in studio.get("/studio/contacts/").content.decode()


def test_a_customer_is_changed_with_own_fields(studio, ana) -> None:
    path = f"/studio/contacts/{ana.uuid}/"
    own = {"field_name": ["Company", ""], "field_value": ["Rose & Sons", ""]}
    assert studio.post(path, form(name="Ana", email="ana@example.org", **own)).status_code == 302
    ana.refresh_from_db()
    assert (ana.name, ana.fields) == ("Ana", {"Company": "Rose & Sons"})
    assert "Rose &amp; Sons" in studio.get(path).content.decode()
    for code, said in (("pt-BR", "Portuguese (Brazil)"), ("xx", "xx")):
        studio.post(path, form(name="Ana", language=code))
        pane = studio.get(f"/studio/conversations/{ana.conversations.get().uuid}/customer/").content.decode()
        assert f"<dd>{said}</dd>" in pane
    wrong = studio.post(path, form(name="Ana", email="nobody", field_name="", field_value="lost"))
    assert wrong.status_code == 422
    assert "no e-mail address" in wrong.content.decode()


def test_a_new_customer(studio, workspace, in_workspace) -> None:
    assert studio.post("/studio/contacts/new/", form()).status_code == 422
    assert studio.post("/studio/contacts/new/", form(name="Ben")).status_code == 302
    assert Contact.objects.get().name == "Ben"


def test_the_same_person_is_suggested_merged_and_undone(studio, owner, ana) -> None:
    contacts.update_contact(owner, ana, email="ana@example.org")
    other = contacts.create_contact(owner, name="A. Lima", email="ANA@example.org")
    path = f"/studio/contacts/{ana.uuid}/"
    assert "Is it the same person?" in studio.get(path).content.decode()
    studio.post(f"{path}merge/", {"other": other.uuid})
    page = studio.get(path).content.decode()
    assert "was merged into this customer" in page
    merge = ana.merges.get()
    studio.post(f"/studio/contacts/merges/{merge.uuid}/undo/")
    assert contacts.alive().count() == 2
    studio.post(f"{path}merge/", {"not": other.uuid})
    assert "Is it the same person?" not in studio.get(path).content.decode()
    assert "A. Lima" in studio.get(f"{path}merge/?words=lima").content.decode()
    for wrong in ({}, {"other": "x"}, {"other": "00000000-0000-4000-8000-000000000000"}):
        assert studio.post(f"{path}merge/", wrong).status_code == 404


def test_blocking_deleting_and_bringing_back(studio, ana) -> None:
    path = f"/studio/contacts/{ana.uuid}/"
    studio.post(f"{path}block/", {"do": "block"})
    assert "neither shown in the inbox nor answered" in studio.get(path).content.decode()
    studio.post(f"{path}block/", {"do": "unblock"})
    assert studio.post(f"{path}delete/").status_code == 302
    assert studio.get(path).status_code == 404
    assert "Ana &lt;Lima&gt;" in studio.get("/studio/contacts/deleted/").content.decode()
    studio.post(f"/studio/contacts/deleted/{ana.uuid}/restore/")
    assert studio.get(path).status_code == 200
    studio.post(f"{path}delete/")
    studio.post(f"/studio/contacts/deleted/{ana.uuid}/remove/")
    assert "Nobody was deleted lately" in studio.get("/studio/contacts/deleted/").content.decode()


def test_a_download_is_a_file_of_their_data(studio, ana) -> None:
    given = studio.get(f"/studio/contacts/{ana.uuid}/export/")
    assert given["Content-Disposition"].startswith("attachment")
    assert given.json()["conversations"][0]["messages"][0]["text"] == "A <b>table</b>?"


def test_tags_are_made_changed_deleted_and_brought_back(studio, workspace, in_workspace) -> None:
    page = "/studio/settings/tags/"
    assert studio.post(page, {"name": "Wedding", "colour": "pink"}).status_code == 302
    again = studio.post(page, {"name": "wedding", "colour": "red"})
    assert (again.status_code, "already" in again.content.decode()) == (422, True)
    tag = Tag.objects.get()
    studio.post(f"{page}{tag.uuid}/", {"name": "Weddings", "colour": "red"})
    assert studio.post(f"{page}{tag.uuid}/", {"name": "", "colour": "mauve"}).status_code == 422
    studio.post(f"{page}{tag.uuid}/", {"do": "delete"})
    assert "Bring back" in studio.get(page).content.decode()
    studio.post(f"{page}deleted/tag/{tag.uuid}/")
    tag.refresh_from_db()
    assert (tag.name, tag.colour, tag.deleted_at) == ("Weddings", "red", None)


def test_canned_replies_are_made_changed_deleted_and_brought_back(studio, workspace, in_workspace) -> None:
    page = "/studio/settings/replies/"
    body = {"shortcut": "/hours", "text": "Nine to six, {name}.", "shared": "True"}
    assert studio.post(page, body).status_code == 302
    assert studio.post(page, body).status_code == 422
    assert studio.post(page, {**body, "shortcut": "two words"}).status_code == 422
    reply = CannedReply.objects.get()
    studio.post(f"{page}{reply.uuid}/", {**body, "text": "Ten to six."})
    studio.post(f"{page}{reply.uuid}/", {"do": "delete"})
    studio.post(f"{page}deleted/reply/{reply.uuid}/")
    reply.refresh_from_db()
    assert (reply.shortcut, reply.text, reply.deleted_at) == ("hours", "Ten to six.", None)


def test_a_viewer_sees_who_it_is_and_changes_nothing(member, ana) -> None:
    viewer = member("viewer")
    path = f"/studio/contacts/{ana.uuid}/"
    page = viewer.get(path).content.decode()
    assert "Ana &lt;Lima&gt;" in page
    assert "<textarea" not in page
    for address in (path, f"{path}block/", f"{path}delete/", f"{path}merge/"):
        assert viewer.post(address, form(name="X")).status_code == 403
    for address in (f"{path}export/", "/studio/contacts/deleted/", "/studio/contacts/new/", "/studio/settings/tags/"):
        assert viewer.get(address).status_code == 403
