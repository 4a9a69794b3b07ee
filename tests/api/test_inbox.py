"""Conversations, customers, tags, canned replies and views over REST."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from frontdesk.agents import actions as agents
from frontdesk.agents.starters import start_content
from frontdesk.conversations.actions import Inbound, receive
from tests.conftest import Api, bearer, make_user


@pytest.fixture
def write(owner, in_workspace) -> Callable[..., Any]:
    agent = agents.create_agent(owner, start_content("Maya"), live=True)

    def say(text, sender="ana") -> Any:
        return receive(owner.workspace, agent.pk, Inbound(text, "api", sender, sender_name=sender.title())).conversation

    return say


@pytest.fixture
def talk(write) -> str:
    return f"/api/conversations/{write('Do you have a table?').uuid}"


def names(response) -> list[str]:
    return [row["contact"]["name"] for row in response.json()["results"]]


def test_one_change_of_everything(api, alice, talk) -> None:
    tag = api.post("/api/tags", {"name": "Wedding", "colour": "pink"}).json()
    body = {
        "status": "support_active",
        "reason": "Too important.",
        "assignee": str(alice.uuid),
        "priority": "urgent",
        "tags": [tag["uuid"]],
        "snoozed_until": "2026-12-01T09:00:00Z",
    }
    changed = api.patch(talk, body)
    assert changed.status_code == 200, changed.content
    shown = changed.json()
    assert (shown["status"], shown["priority"], shown["assignee"]["name"]) == ("support_active", "urgent", "Alice")
    assert ([each["name"] for each in shown["tags"]], shown["snoozed_until"][:10]) == (["Wedding"], "2026-12-01")
    back = api.patch(talk, {"assignee": None, "snoozed_until": None, "tags": []}).json()
    assert (back["assignee"], back["snoozed_until"], back["tags"], back["priority"]) == (None, None, [], "urgent")
    said = [row["text"] for row in api.get(f"{talk}/activities").json()["results"]]
    assert said[0] == "Alice added the tag Wedding."
    assert "Alice took this over. Too important." in said


@pytest.mark.parametrize(
    "wrong",
    [
        {"assignee": str(uuid4())},
        {"tags": [str(uuid4())]},
        {"snoozed_until": "2020-01-01T00:00:00Z"},
        {"snoozed_until": "0001-01-01T00:00:00+14:00"},
        {"snoozed_until": "9999-12-31T23:59:59-14:00"},
        {"status": "asleep"},
        {"priority": "very"},
    ],
)
def test_a_change_that_makes_no_sense_changes_nothing(api, talk, wrong) -> None:
    assert api.patch(talk, {"priority": "high", **wrong}).status_code == 422
    assert api.get(talk).json()["priority"] == "normal"


def test_a_person_writes_once_however_often_it_is_sent(api, talk) -> None:
    for _time in range(2):
        sent = api.post(f"{talk}/messages", {"text": "Yes, for four."}, idempotency_key="k1")
        assert (sent.status_code, sent.json()["author"]) == (201, "person")
    assert [row["text"] for row in api.get(f"{talk}/messages").json()["results"]] == ["Do you have a table?", "Yes, for four."]
    assert api.post(f"{talk}/messages", {"text": "  "}).status_code == 422


def test_notes_are_beside_the_messages(api, talk) -> None:
    assert api.post(f"{talk}/notes", {"text": "The mayor."}).status_code == 201
    assert [(row["text"], row["author"]) for row in api.get(f"{talk}/notes").json()["results"]] == [("The mayor.", "Alice")]
    assert len(api.get(f"{talk}/messages").json()["results"]) == 1


def test_conversations_are_filtered_searched_and_seen_through_a_view(api, write) -> None:
    for sender in ("ana", "ben", "cleo"):
        write(f"Hello from {sender}", sender)
    first = api.get("/api/conversations").json()["results"][0]["uuid"]
    api.patch(f"/api/conversations/{first}", {"priority": "high"})
    assert names(api.get("/api/conversations?priority=high&priority=urgent")) == ["Cleo"]
    assert names(api.get("/api/conversations?assignee=nobody&page_size=2&page=2")) == ["Ana"]
    assert names(api.get("/api/conversations?search=from+ben")) == ["Ben"]
    view = api.post("/api/views", {"name": "High", "filters": {"priority": ["high"]}}).json()
    assert names(api.get(f"/api/conversations?view_id={view['uuid']}")) == ["Cleo"]
    assert api.get("/api/views/counts").json() == [{"uuid": view["uuid"], "count": 1}]
    assert api.get(f"/api/conversations?view_id={uuid4()}").status_code == 404
    assert api.get("/api/conversations?assignee=somebody").status_code == 422
    assert api.post("/api/views", {"name": "X", "filters": {"planet": "Mars"}}).status_code == 422


def test_a_customer_from_first_to_last(api, write) -> None:
    write("Hello", "ana")
    write("It is me", "home")
    home, ana = api.get("/api/contacts").json()["results"]
    assert ana["identities"] == [{"channel": "api", "id": "ana"}]
    path = f"/api/contacts/{ana['uuid']}"
    same = {"email": "ana@example.org"}
    assert api.patch(path, {**same, "fields": {"Company": "Rose"}}).json()["fields"] == {"Company": "Rose"}
    api.patch(f"/api/contacts/{home['uuid']}", same)
    assert [row["uuid"] for row in api.get(f"{path}/duplicates").json()["results"]] == [home["uuid"]]
    merged = api.post(f"{path}/merge/{home['uuid']}").json()
    assert (merged["contact_id"], merged["merged_id"]) == (ana["uuid"], home["uuid"])
    assert len(api.get(f"{path}/export").json()["conversations"]) == 2
    assert api.post(f"/api/contact-merges/{merged['uuid']}/undo").status_code == 200
    assert api.get("/api/contact-merges").json()["count"] == 0
    assert api.post(f"{path}/block").json()["blocked"] is True
    assert names(api.get("/api/conversations")) == ["Home"]
    refused = api.post(
        f"/api/conversations/{api.get('/api/conversations?blocked=true').json()['results'][0]['uuid']}/messages", {"text": "Hi"}
    )
    assert (refused.status_code, refused.json()["code"]) == (409, "CONTACT_BLOCKED")
    assert api.post(f"{path}/unblock").json()["blocked"] is False
    assert api.delete(path).status_code == 204
    assert api.get(path).status_code == 404
    assert [row["name"] for row in api.get("/api/deleted-contacts").json()["results"]] == ["Ana"]
    assert api.post(f"/api/deleted-contacts/{ana['uuid']}/restore").json()["name"] == "Ana"
    api.delete(path)
    assert api.delete(f"/api/deleted-contacts/{ana['uuid']}").status_code == 204
    assert api.get("/api/deleted-contacts").json()["count"] == 0


@pytest.mark.parametrize(
    "body",
    [{}, {"email": "nobody"}, {"phone": "call me"}, {"name": "A", "language": "?"}, {"name": "A", "fields": {"": "x"}},
     {"name": "A", "fields": ["x"]}],
)  # fmt: skip
def test_a_customer_that_makes_no_sense_is_refused(api, body) -> None:
    assert api.post("/api/contacts", body).status_code == 422
    assert api.get("/api/contacts").json()["count"] == 0


def test_tags_and_canned_replies(api, editor_api) -> None:
    tag = f"/api/tags/{api.post('/api/tags', {'name': 'Wedding'}).json()['uuid']}"
    assert api.post("/api/tags", {"name": "wedding"}).status_code == 409
    assert api.patch(tag, {"colour": "red"}).json()["colour"] == "red"
    assert api.delete(tag).status_code == 204
    assert api.get("/api/tags").json()["count"] == 0
    own = api.post("/api/canned-replies", {"shortcut": "mine", "text": "Hi {name}", "shared": False}).json()
    api.post("/api/canned-replies", {"shortcut": "menu", "text": "Here is our menu."})
    assert [row["shortcut"] for row in api.get("/api/canned-replies?search=m").json()["results"]] == ["menu", "mine"]
    assert [row["shortcut"] for row in editor_api.get("/api/canned-replies").json()["results"]] == ["menu"]
    assert editor_api.delete(f"/api/canned-replies/{own['uuid']}").status_code == 404
    assert api.post("/api/canned-replies", {"shortcut": "two words", "text": "x"}).status_code == 422


def test_a_viewer_reads_and_changes_nothing(api, workspace, talk) -> None:
    from frontdesk.core.scoping import scope
    from frontdesk.workspaces.models import Membership, Role

    user = make_user("viewer@example.org", "Vi")
    with scope(workspace=workspace):
        Membership.objects.create(workspace=workspace, user=user, role=Role.VIEWER)
    viewer = Api(bearer(user, workspace))
    contact = api.get("/api/contacts").json()["results"][0]["uuid"]
    for path in ("/api/conversations", "/api/contacts", "/api/tags", "/api/views", "/api/canned-replies", f"{talk}/notes"):
        assert viewer.get(path).status_code == 200, path
    for method, path, body in (
        ("PATCH", talk, {"priority": "high"}),
        ("POST", f"{talk}/messages", {"text": "Hi"}),
        ("POST", f"{talk}/notes", {"text": "Hi"}),
        ("POST", "/api/tags", {"name": "x"}),
        ("POST", "/api/views", {"name": "x"}),
        ("POST", "/api/canned-replies", {"shortcut": "x", "text": "x"}),
        ("PATCH", f"/api/contacts/{contact}", {"name": "x"}),
        ("POST", f"/api/contacts/{contact}/block", None),
        ("DELETE", f"/api/contacts/{contact}", None),
        ("GET", f"/api/contacts/{contact}/export", None),
        ("GET", "/api/deleted-contacts", None),
    ):
        assert viewer.request(method, path, body).status_code == 403, path
