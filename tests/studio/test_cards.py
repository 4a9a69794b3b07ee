"""The cards of Home: loaded one by one, drawn by us, arranged by the owner. A broken one hurts nobody."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import translation

from frontdesk.core.scoping import scope
from frontdesk.insights import actions, queries
from frontdesk.knowledge import actions as knowledge
from frontdesk.plugins import actions as plugins
from frontdesk.sdk.manifest import Permissions
from frontdesk.sdk.widgets import AnalyticsWidget, Bar, Note, Number, Ranking, Trend
from frontdesk.surfaces.studio.home.drawing import amount, draw
from tests.ground.plugins import module
from tests.studio.conftest import HTMX

pytestmark = pytest.mark.django_db
FIGURES = Permissions(data=("figures",))
DAY = date(2026, 11, 21)


class Shown(AnalyticsWidget):
    slug = "shown_card"
    label = "Shown"

    async def look(self, figures: Any, context: Any) -> Any:
        return Note("<script>alert(1)</script> All is well.", "/studio/knowledge/", "Knowledge")


class Broken(AnalyticsWidget):
    slug = "broken_card"
    label = "Broken"

    async def look(self, figures: Any, context: Any) -> Any:
        raise ZeroDivisionError("by nought")


@pytest.fixture
def theirs(install: Any, owner: Any) -> Any:
    """Two cards of somebody else's plugin at the end of Home."""
    install(module("theirs", permissions=FIGURES, hooks={"register_analytics_widgets": lambda: [Shown, Broken]}))
    with scope(workspace=owner.workspace):
        plugins.turn_on(owner, "theirs", agreed=FIGURES)
        return [actions.add(owner, "shown_card"), actions.add(owner, "broken_card")]


def ids(owner: Any) -> list[str]:
    with scope(workspace=owner.workspace):
        return [card.id for card in queries.cards(owner.workspace)]


def text_of(response: Any) -> str:
    return response.content.decode()


def post(browser: Any, name: str, *args: str, **data: str) -> Any:
    return browser.post(reverse(f"studio:{name}", args=args), data, headers=HTMX)


def test_home_waits_for_no_card(studio, theirs) -> None:
    page = text_of(studio.get("/studio/"))
    assert len(re.findall(r'hx-get="/studio/home/cards/[\w-]+/" hx-trigger="load"', page)) == 10
    assert "All is well" not in page


@pytest.mark.django_db(transaction=True)
def test_a_card_is_drawn_without_what_it_must_not_bring(studio, theirs) -> None:
    shown = text_of(studio.get(reverse("studio:card", args=[theirs[0]])))
    assert "&lt;script&gt;alert(1)&lt;/script&gt; All is well." in shown
    assert '<a class="s-link" href="/studio/knowledge/">Knowledge</a>' in shown
    assert "All is well" in text_of(studio.get("/studio/")), "what was drawn a moment ago is there at once"


@pytest.mark.django_db(transaction=True)
def test_a_broken_card_is_a_sentence_in_its_place(studio, theirs) -> None:
    answer = studio.get(reverse("studio:card", args=[theirs[1]]))
    assert answer.status_code == 200
    assert "This card could not be drawn: The plugin theirs failed (card broken_card): ZeroDivisionError" in text_of(answer)
    assert studio.get("/studio/").status_code == 200


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("slug", queries.AT_FIRST)
def test_each_bundled_card_is_drawn_of_an_empty_business(studio, workspace, slug) -> None:
    shown = text_of(studio.get(reverse("studio:card", args=[slug])))
    assert 'class="h-body"' in shown
    assert "could not be drawn" not in shown


@pytest.mark.django_db(transaction=True)
def test_cards_speak_the_readers_language(studio, workspace) -> None:
    studio.cookies["django_language"] = "ar"
    assert "سرعة الإجابات" in text_of(studio.get("/studio/"))
    assert "لا إجابات بعد" in text_of(studio.get(reverse("studio:card", args=["answer_speed"])))


@pytest.mark.django_db(transaction=True)
def test_settings_that_do_not_fit_any_more_lead_to_the_form(studio, owner) -> None:
    with scope(workspace=owner.workspace):
        actions.add(owner, "feedback")
        board = queries.Board.objects.get()
        board.cards[-1]["settings"] = {"days": 8}
        board.save()
    card_id = ids(owner)[-1]
    shown = text_of(studio.get(reverse("studio:card", args=[card_id])))
    assert reverse("studio:card_set_up", args=[card_id]) in shown


def test_arranging_moves_and_keeps_the_focus(studio, owner, workspace) -> None:
    first, second = ids(owner)[:2]
    board = text_of(post(studio, "card_later", first))
    assert ids(owner)[:2] == [second, first]
    focused = re.search(r"<button[^>]*data-take-focus[^>]*>.*?<span class=\"s-sr\">([^<]+)</span>", board, re.DOTALL)
    assert focused[1] == "Move Conversations later"
    board = text_of(post(studio, "card_earlier", first))
    focused = re.search(r"<button[^>]*data-take-focus[^>]*>.*?<span class=\"s-sr\">([^<]+)</span>", board, re.DOTALL)
    assert focused[1] == "Move Conversations later", "at the beginning only the other button can be used"


def test_a_card_is_added_taken_away_and_brought_back(studio, owner, workspace) -> None:
    added = post(studio, "card_add", card="busiest_hours")
    assert "stands at the end" in added["HX-Trigger"]
    card_id = ids(owner)[-1]
    removed = post(studio, "card_remove", card_id)
    assert card_id not in ids(owner)
    assert reverse("studio:card_restore", args=[card_id]) in removed["HX-Trigger"]
    assert post(studio, "card_restore", card_id)["HX-Redirect"] == "/studio/home/arrange/"
    assert ids(owner)[-1] == card_id


def test_setting_up(studio, owner, workspace) -> None:
    address = reverse("studio:card_set_up", args=["top_sources"])
    form = text_of(studio.get(address))
    assert "How many days to look back" in form
    assert studio.post(address, {"own-days": "90", "own-limit": "3"}).status_code == 302
    with scope(workspace=owner.workspace):
        assert queries.card(owner.workspace, "top_sources").settings == {"days": 90, "limit": 3}
    wrong = studio.post(address, {"own-days": "8", "own-limit": "99"})
    assert wrong.status_code == 422
    assert text_of(wrong).count("s-problem") == 2


@pytest.mark.parametrize("role", ["editor", "teammate", "viewer"])
def test_only_owners_arrange(member, owner, role) -> None:
    browser = member(role)
    assert "/studio/home/arrange/" not in text_of(browser.get("/studio/"))
    assert browser.get("/studio/home/arrange/").status_code == 403
    assert post(browser, "card_remove", "feedback").status_code == 403
    assert "feedback" in ids(owner)


def test_a_plugin_that_is_off_is_gone_from_home_and_named_when_arranging(studio, owner, theirs) -> None:
    with scope(workspace=owner.workspace):
        plugins.turn_off(owner, "theirs")
    assert "Shown" not in text_of(studio.get("/studio/"))
    arranging = text_of(studio.get("/studio/home/arrange/"))
    assert arranging.count("Its plugin is off.") == 2
    assert reverse("studio:card_remove", args=[theirs[0]]) in arranging


def test_from_a_question_to_its_answer(studio, owner, workspace) -> None:
    address = reverse("studio:write_answer") + "?question=Do+you+have+oat+milk%3F"
    assert studio.get(address).url == reverse("studio:base_new")
    with scope(workspace=owner.workspace):
        knowledge.create_base(owner, "Menu")
    filled = text_of(studio.get(address))
    assert 'value="Do you have oat milk?"' in filled
    assert re.search(r'value="answer" id="way-answer" checked', filled)
    with scope(workspace=owner.workspace):
        other = knowledge.create_base(owner, "House")
    choosing = text_of(studio.get(address))
    assert f"?base={other.uuid}&amp;question=Do%20you%20have%20oat%20milk%3F" in choosing
    assert studio.get(f"{address}&base={other.uuid}").status_code == 200
    assert studio.get(f"{address}&base=nonsense").status_code == 404


def test_lines_stay_in_their_frame() -> None:
    points = [(DAY + timedelta(days=number), float(value)) for number, value in enumerate((0, 5, 10))]
    parts = draw(Trend(points, "by day", total=15)).parts
    assert parts["line"] == "0.0,114.0 300.0,60.0 600.0,6.0"
    assert parts["area"] == "0,120 0.0,114.0 300.0,60.0 600.0,6.0 600,120"
    assert (parts["total"], parts["most"]) == ("15", "Most on 23 Nov: 10")


@pytest.mark.parametrize("values", [[], [0], [0, 0], [7], [-3, 3]])
def test_odd_lines_can_be_drawn(values) -> None:
    parts = draw(Trend([(DAY + timedelta(days=number), value) for number, value in enumerate(values)], "by day")).parts
    heights = [float(point.split(",")[1]) for point in parts["line"].split()]
    assert len(heights) == len(values)
    assert all(0 <= height <= 120 for height in heights)


def test_bars_are_shares_of_the_longest() -> None:
    bars = draw(Ranking([Bar("a", 40), Bar("b", 10), Bar("c", -1)], "most")).parts["bars"]
    assert [bar.percent for bar in bars] == [100, 25, 0]
    assert draw(Ranking([Bar("a", 0)], "most")).parts["bars"][0].percent == 0


@pytest.mark.parametrize(
    ("change", "more_is_better", "text", "good"),
    [
        (0.25, True, "25% more than before", True),
        (0.25, False, "25% more than before", False),
        (-0.5, True, "50% less than before", False),
        (-0.5, False, "50% less than before", True),
        (0.001, True, "As in the days before", None),
        (12.0, True, "1,200% more than before", True),
    ],
)
def test_a_change_is_said_and_judged(change, more_is_better, text, good) -> None:
    found = draw(Number(3, "answers", change=change, more_is_better=more_is_better)).parts["change"]
    assert (found.text, found.good) == (text, good)


@pytest.mark.parametrize(
    ("value", "unit", "said"),
    [(1234, "", "1,234"), (12.34, "", "12.3"), (12.0, "", "12"), (87.4, "%", "87%"), (3.21, "s", "3.2 s"), (150, "s", "2.5 min")],
)
def test_numbers_as_people_write_them(value, unit, said) -> None:
    with translation.override("en"):
        assert amount(value, unit) == said
