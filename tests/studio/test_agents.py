"""Making, editing, keeping, comparing and putting away agents, as the page's own forms send it."""

from __future__ import annotations

from typing import Any

import pytest

from frontdesk.agents import actions as agents
from frontdesk.agents import queries
from frontdesk.agents.content import AgentContent, Section
from frontdesk.agents.models import Agent
from frontdesk.core.scoping import scope
from frontdesk.knowledge import actions as knowledge

from .conftest import HTMX
from .forms import filled

pytestmark = pytest.mark.django_db


def at(agent: Agent, more: str = "") -> str:
    return f"/studio/agents/{agent.uuid}/{more}"


def edited(agent: Agent) -> AgentContent:
    """What was edited last."""
    with scope(workspace=agent.workspace):
        return agents.latest_content(queries.agent_by_uuid(agent.uuid))


def keep(studio, agent: Agent, do: str, **own) -> Any:
    """Fill in the editor and press a button."""
    words = filled(studio.get(at(agent)), "agent-form", do=do, **own)
    return studio.post(at(agent), words, headers=HTMX)


def test_the_empty_list_teaches(studio) -> None:
    page = studio.get("/studio/agents/").content.decode()
    assert "It says so when it does not know, and gets a person" in page
    assert 'href="/studio/agents/new/"' in page


def test_a_new_agent_starts_with_sensible_instructions(studio, workspace) -> None:
    form = {"name": "Mila", "starter": "bookings", "about": "Get people to the tasting."}
    response = studio.post("/studio/agents/new/", form)
    with scope(workspace=workspace):
        agent = Agent.objects.select_related("workspace", "latest_revision").get()
    assert response.url == at(agent)
    content = edited(agent)
    assert (content.name, content.goal, content.organisation_name) == ("Mila", "Get people to the tasting.", "Café")
    assert "Never confirm an appointment yourself" in content.sections[0].text
    assert content.sections[1].key == "handover"
    assert not agent.live


def test_a_new_agent_needs_a_name(studio) -> None:
    response = studio.post("/studio/agents/new/", {"name": "  ", "starter": "answers"})
    assert response.status_code == 422
    assert 'aria-invalid="true"' in response.content.decode()


def test_the_only_knowledge_is_given_to_a_new_agent(studio, owner) -> None:
    with scope(workspace=owner.workspace):
        base = knowledge.create_base(owner, "Menu")
    studio.post("/studio/agents/new/", {"name": "Mila", "starter": "answers"})
    with scope(workspace=owner.workspace):
        assert agents.latest_content(Agent.objects.get()).knowledge == [base.uuid]


def test_saving_the_page_as_it_stands_changes_nothing(studio, owner) -> None:
    content = AgentContent(
        name="Mila",
        sections=[
            Section(key="products", title="What we sell", text="Cake, 4.50\nTea, 3"),
            Section(key="parking", title="Parking", text="Behind the house"),
            Section(key="knowledge", text="Trust the menu most."),
            Section(key="qa", text="Q: Dogs?\nA: Yes", enabled=False),
        ],
        examples=[{"question": "Open?", "answer": "Yes", "source": "import"}, "Say hello"],
        suggestions=["Open?", "Where?"],
        choice={"temperature": 0.3, "max_tokens": 200},
        tools=["orders"],
        max_steps=4,
    )
    with scope(workspace=owner.workspace):
        agent = agents.create_agent(owner, content)
    assert keep(studio, agent, "save").status_code == 200
    after = edited(agent)
    texts = {section.key: (section.text, section.enabled) for section in after.sections if section.text}
    assert texts == {section.key: (section.text, section.enabled) for section in content.sections}
    assert [section.key for section in after.sections][:4] == ["products", "parking", "knowledge", "qa"]
    assert after.model_copy(update={"sections": []}) == content.model_copy(update={"sections": []})


def test_saving_for_later_leaves_customers_with_what_was_live(studio, agent) -> None:
    keep(studio, agent, "live", name="Mila")
    response = keep(studio, agent, "save", greeting="Bonjour!")
    assert "Saved for later" in response["HX-Trigger"]
    assert "Later changes are saved, but not live." in response.content.decode()
    with scope(workspace=agent.workspace):
        agent.refresh_from_db()
        assert agent.live
        assert agent.read_content().greeting == "Hello! How can I help you?"
    assert edited(agent).greeting == "Bonjour!"


def test_putting_live_lets_customers_have_it(studio, agent) -> None:
    response = keep(studio, agent, "live", greeting="Bonjour!")
    assert "Customers get this from now on" in response["HX-Trigger"]
    with scope(workspace=agent.workspace):
        agent.refresh_from_db()
        assert agent.live
        assert agent.read_content().greeting == "Bonjour!"


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("name", "", "This field is required."),
        ("greeting", "x" * 501, "at most 500 characters"),
        ("temperature", "warm", "Enter a number."),
        ("temperature", "7", "less than or equal to 2"),
        ("max_steps", "0", "greater than or equal to 1"),
        ("knowledge", "11111111-1111-4111-8111-111111111111", "is not one of the available choices"),
        ("suggestions", "\n".join("abcdefg"), "at most 6 items"),
        ("language", "tlh", "is not one of the available choices"),
    ],
)
def test_a_wrong_value_is_told_beside_its_field_and_nothing_is_kept(studio, agent, field, value, sentence) -> None:
    response = keep(studio, agent, "live", **{field: value, "goal": "typed meanwhile"})
    page = response.content.decode()
    assert response.status_code == 422
    assert sentence in page.split('role="alert"', 1)[1]
    assert "typed meanwhile" in page
    assert 'data-guard="dirty"' in page
    with scope(workspace=agent.workspace):
        assert agent.revisions.count() == 1


def test_foreign_knowledge_cannot_be_taken(studio, agent, stranger) -> None:
    with scope(workspace=stranger.workspace):
        foreign = knowledge.create_base(stranger, "Garage prices")
    assert keep(studio, agent, "save", knowledge=str(foreign.uuid)).status_code == 422
    assert "Garage prices" not in studio.get(at(agent)).content.decode()


def test_two_people_editing_at_once_are_told(studio, member, agent) -> None:
    mine = filled(studio.get(at(agent)), "agent-form", do="save", goal="Mine")
    keep(member("editor"), agent, "save", goal="Theirs")
    refused = studio.post(at(agent), mine, headers=HTMX)
    assert refused.status_code == 422
    assert "Somebody saved this agent meanwhile" in refused.content.decode()
    assert edited(agent).goal == "Theirs"
    again = filled(refused, "agent-form", do="save")
    assert studio.post(at(agent), again, headers=HTMX).status_code == 200
    assert edited(agent).goal == "Mine"


def test_parts_keep_their_order_titles_and_switches(studio, agent) -> None:
    form = filled(studio.get(at(agent)), "agent-form")
    order = list(reversed(form["section"]))
    part = studio.get("/studio/agents/part/", headers=HTMX).content.decode()
    own = part.split('name="section" value="')[1].split('"')[0]
    words = {
        "section": [*order, own, "Not A Key"],
        f"title-{own}": "Parking",
        f"text-{own}": "Behind the house.",
        f"on-{own}": "on",
        "title-instructions": "Rules",
        "on-handover": None,
    }
    assert keep(studio, agent, "save", **words).status_code == 200
    sections = edited(agent).sections
    assert [section.key for section in sections] == [*order, own]
    named = {section.key: section for section in sections}
    assert named["instructions"].title == "Rules"
    assert not named["handover"].enabled
    assert (named[own].title, named[own].text) == ("Parking", "Behind the house.")


def test_the_full_instructions_follow_the_screen(studio, agent) -> None:
    words = filled(studio.get(at(agent)), "agent-form", instructions="Speak like a pirate.")
    shown = studio.post(at(agent, "instructions/"), words, headers=HTMX).content.decode()
    assert "Speak like a pirate." in shown
    assert "Never invent prices" in shown
    assert "pirate" not in edited(agent).model_dump_json()


def test_what_owners_write_is_shown_and_not_run(studio, agent) -> None:
    evil = "<script>alert(1)</script>"
    keep(studio, agent, "live", name=evil, greeting=evil, instructions=f"</textarea>{evil}")
    for path in [at(agent), "/studio/agents/", "/studio/", at(agent, "versions/")]:
        assert evil not in studio.get(path).content.decode()


def test_versions_are_compared_in_words_and_brought_back(studio, owner, agent) -> None:
    with scope(workspace=owner.workspace):
        base = knowledge.create_base(owner, "Menu")
    first = agent.latest_revision_id
    keep(studio, agent, "live", goal="Guests feel at home and come back.", knowledge=str(base.uuid))
    page = studio.get(at(agent, f"versions/{first}/")).content.decode()
    assert "<ins>home and come back.</ins>" in page
    assert "<ins>Menu</ins>" in page
    assert studio.post(at(agent, f"versions/{first}/")).url == at(agent)
    with scope(workspace=agent.workspace):
        agent.refresh_from_db()
        assert agent.read_content().goal == "Guests feel at home."
        assert agent.revisions.count() == 3
    assert studio.get(at(agent, "versions/999999/")).status_code == 404


def change(studio, agent: Agent, do: str) -> Any:
    return studio.post(at(agent, "change/"), {"do": do}, follow=True)


def test_deleting_says_what_happens_and_can_be_undone(studio, agent) -> None:
    assert "You can bring it back for 30 days." in studio.get(at(agent)).content.decode()
    page = change(studio, agent, "delete").content.decode()
    assert "is deleted. You can bring it back for 30 days." in page
    assert studio.get(at(agent)).status_code == 404
    assert "is back." in change(studio, agent, "restore").content.decode()
    assert studio.get(at(agent)).status_code == 200


def test_a_change_that_does_not_exist_is_refused(studio, agent) -> None:
    assert change(studio, agent, "explode").status_code == 400


def test_putting_away_and_taking_out_again(studio, agent) -> None:
    assert "1 agent put away" in change(studio, agent, "put_away").content.decode()
    assert "put away" not in change(studio, agent, "take_out").content.decode()


def test_a_copy_is_not_live(studio, agent) -> None:
    keep(studio, agent, "live")
    page = change(studio, agent, "duplicate").content.decode()
    assert "Mila (Copy)" in page
    assert "Nobody sees it yet." in page


def test_taking_offline(studio, agent) -> None:
    keep(studio, agent, "live")
    assert "Nobody sees it yet." in change(studio, agent, "take_offline").content.decode()


def test_the_list_shows_what_an_agent_knows_and_does(studio, owner, agent) -> None:
    with scope(workspace=owner.workspace):
        base = knowledge.create_base(owner, "Menu and hours")
    keep(studio, agent, "save", knowledge=str(base.uuid), name="Mila the second")
    page = studio.get("/studio/agents/").content.decode()
    assert "Menu and hours" in page
    assert "Mila the second" in page
    assert "0 conversations" in page
