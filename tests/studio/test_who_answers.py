"""Who answers, in the settings: hours that an owner types, holidays, what is said, and what is wrong with it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from frontdesk.agents import actions as agents
from frontdesk.agents.content import AgentContent
from frontdesk.workspaces import actions, hours

from .forms import filled

PAGE = {"default_reply_handler": "AI", "auto_response": "on", "enabled": "on", "outside": "person"}
PAGE |= {"reminder_minutes": "15", "silence_minutes": "60", "text_en": "Closed, back {back}."}


def at() -> str:
    return reverse("studio:settings_who")


def days(first: int, last: int | None = None) -> tuple[str, str]:
    today = timezone.localdate()
    return f"{today + timedelta(days=first)}", f"{today + timedelta(days=last)}" if last is not None else ""


def test_everything_is_kept(studio: Client, workspace: Any) -> None:
    first, last = days(10, 12)
    typed = {"from-0": ["18:00", "12:00", ""], "to-0": ["23:00", "14:30", ""], "from-4": ["20:00"], "to-4": ["02:00"]}
    special = {"special": ["special-a", "special-b"], "date-special-a": first, "until-special-a": last, "name-special-a": "Feast"}
    french = {"new_language": "fr", "new_text": "Fermé."}
    assert studio.post(at(), {**PAGE, **typed, **special, **french}).status_code == 302
    workspace.refresh_from_db()
    kept = hours.read(workspace)
    assert [hours.shown(span) for span in kept.week[0]] == ["12:00–14:30", "18:00–23:00"]
    assert [hours.shown(span) for span in kept.week[4]] == ["20:00–02:00"]
    assert [len(spans) for spans in kept.week] == [2, 0, 0, 0, 1, 0, 0]
    assert [(each.name, f"{each.date}", f"{each.until}", each.spans) for each in kept.special] == [("Feast", first, last, [])]
    assert (kept.outside, kept.texts) == ("person", {"en": "Closed, back {back}.", "fr": "Fermé."})
    assert (workspace.reminder_minutes, workspace.silence_minutes) == (15, 60)
    page = studio.get(at()).content.decode()
    assert 'value="18:00"' in page and "Feast" in page and "Fermé." in page and 'lang="fr"' in page


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"from-2": ["09:00", "11:00"], "to-2": ["12:00", "13:00"]}, "These hours overlap: 09:00–12:00 and 11:00–13:00."),
        ({"from-2": ["09:00"], "to-2": [""]}, "Say from when and until when."),
        ({"from-2": ["nine"], "to-2": ["five"]}, "Write times like 09:00."),
        ({"special": ["s"], "name-s": "Feast"}, "Choose a date."),
        ({"special": ["s"], "date-s": "2030-05-02", "until-s": "2030-05-01"}, "The last day comes before the first."),
        ({"special": ["s", "t"], "date-s": "2030-05-02", "date-t": "2030-05-02"}, "May 2, 2030 stands there twice."),
        ({"outside": "whenever"}, "Select a valid choice"),
        ({"text_en": "x" * 1_001}, "at most 1000 characters"),
    ],
)
def test_what_makes_no_sense_is_said_and_what_was_typed_stays(studio: Client, workspace: Any, typed: Any, sentence: str) -> None:
    page = studio.post(at(), {**PAGE, "from-6": ["10:00"], "to-6": ["11:00"], **typed})
    assert page.status_code == 422
    assert sentence in page.content.decode() and 'value="10:00"' in page.content.decode()
    workspace.refresh_from_db()
    assert not hours.read(workspace).enabled


def test_what_is_over_disappears_and_is_kept(studio: Client, owner: Any, workspace: Any, in_workspace: Any) -> None:
    over, ahead = {"date": days(-9)[0], "until": days(-8)[0], "name": "Over"}, {"date": days(9)[0], "name": "Ahead"}
    actions.change_workspace(owner, opening_hours={"enabled": True, "special": [over, ahead]})
    page = studio.get(at()).content.decode()
    assert "Ahead" in page and "Over" not in page
    studio.post(at(), PAGE)
    workspace.refresh_from_db()
    assert [each.name for each in hours.read(workspace).special] == ["Over"], "the other one was taken away on the page"


def test_the_page_says_what_is_so_now(studio: Client, owner: Any, in_workspace: Any) -> None:
    closed = {"enabled": True, "week": [[]] * 7, "outside": "person"}
    actions.change_workspace(owner, opening_hours=closed)
    page = studio.get(at()).content.decode()
    assert "You are closed, and no opening is in sight." in page and "It is outside your opening hours." in page
    actions.change_workspace(owner, opening_hours={**closed, "enabled": False}, silence_minutes=7)
    page = studio.get(at()).content.decode()
    assert "You are open now." in page and "After 7 minutes" in page


def test_only_owners_see_it(member: Any) -> None:
    assert member("editor").get(at()).status_code == 403


def test_an_agents_rules_are_kept_in_a_version(studio: Client, owner: Any, in_workspace: Any) -> None:
    agent = agents.create_agent(owner, AgentContent(name="Mila"))
    address = reverse("studio:agent", args=[agent.uuid])
    rules = {"hand_topics": "refund*\nallergy, nuts", "hand_unanswered": "3", "hand_repeated": "2", "hand_upset": "on"}
    waits = {"hand_say": "Maria is coming.", "together": "False", "wait_seconds": "12"}
    sent = filled(studio.get(address), "agent-form", do="save", **rules, **waits)
    assert studio.post(address, {**sent, "wait_seconds": "31"}).status_code == 422
    assert studio.post(address, sent).status_code == 200
    agent.refresh_from_db()
    content = agents.latest_content(agent)
    assert (content.handover.topics, content.handover.unanswered, content.handover.repeated) == (
        ["refund*", "allergy", "nuts"],
        3,
        2,
    )
    assert (content.handover.upset, content.handover.asked, content.handover.say) == (True, True, "Maria is coming.")
    assert (content.together, content.wait_seconds) == (False, 12)
    page = studio.get(address).content.decode()
    assert "Maria is coming." in page


def test_the_api_has_them(api: Any, editor_api: Any) -> None:
    value = {"enabled": True, "week": [[{"opens": "09:00", "closes": "17:00"}], *[[]] * 6], "outside": "ai"}
    changed = api.patch("/api/workspace", {"opening_hours": value, "silence_minutes": 30, "reminder_minutes": 5})
    assert changed.status_code == 200
    told = api.get("/api/workspace").json()
    assert told["opening_hours"]["week"][0] == [{"opens": "09:00:00", "closes": "17:00:00"}]
    assert (told["silence_minutes"], told["reminder_minutes"]) == (30, 5)
    twice = [{"opens": "09:00", "closes": "17:00"}] * 2
    for bad in ({"week": [twice, *[[]] * 6]}, {"week": []}, {"special": [{"date": "soon"}]}, {"colour": "red"}):
        assert api.patch("/api/workspace", {"opening_hours": bad}).status_code == 422
    assert api.patch("/api/workspace", {"silence_minutes": -1}).status_code == 422
    assert editor_api.patch("/api/workspace", {"silence_minutes": 1}).status_code == 403
