"""Cards on Home: arranged by the owner, asked of plugins that may break, kept for a minute."""

from __future__ import annotations

import asyncio
from typing import Any, ClassVar, Literal

import pytest
from pydantic import BaseModel

from frontdesk.core.errors import Invalid, NotAllowed
from frontdesk.core.scoping import scope
from frontdesk.core.threads import in_thread
from frontdesk.insights import actions, looking, queries
from frontdesk.insights.actions import MOST_CARDS
from frontdesk.insights.errors import BoardFull, CardNotFound
from frontdesk.insights.models import Board
from frontdesk.insights.queries import AT_FIRST
from frontdesk.plugins import actions as plugins
from frontdesk.plugins import incidents
from frontdesk.plugins.errors import PluginFailed
from frontdesk.plugins.models import Incident
from frontdesk.sdk.errors import DataRefused
from frontdesk.sdk.manifest import Permissions
from frontdesk.sdk.widgets import AnalyticsWidget, Note, Number
from frontdesk.workspaces.models import AuditEntry
from tests.ground.plugins import module

pytestmark = pytest.mark.django_db
FIGURES = Permissions(data=("figures",))


class Settings(BaseModel):
    days: Literal[7, 30] = 7


class Counting(AnalyticsWidget):
    slug = "counting"
    label = "Counting"
    config_model = Settings
    looked: ClassVar[int] = 0

    async def look(self, figures: Any, context: Any) -> Any:
        type(self).looked += 1
        begun = await figures.total("conversations", days=context.settings.days)
        return Number(begun, f"{context.language} {context.settings.days}")


class Broken(AnalyticsWidget):
    slug = "broken_card"
    label = "Broken"

    async def look(self, figures: Any, context: Any) -> Any:
        raise KeyError("nothing there")


class Endless(AnalyticsWidget):
    slug = "endless_card"
    label = "Endless"

    async def look(self, figures: Any, context: Any) -> Any:
        await asyncio.sleep(60)


class Odd(AnalyticsWidget):
    slug = "odd_card"
    label = "Odd"

    async def look(self, figures: Any, context: Any) -> Any:
        return "<h1>9</h1>"


class Nosy(AnalyticsWidget):
    slug = "nosy_card"
    label = "Nosy"

    async def look(self, figures: Any, context: Any) -> Any:
        return Note(str(await figures.top("question_not_found", days=7)))


CARDS = [Counting, Broken, Endless, Odd, Nosy]


@pytest.fixture
def theirs(install: Any, owner: Any) -> Any:
    """A plugin with a good card and bad ones, on in the café."""
    install(module("theirs", permissions=FIGURES, hooks={"register_analytics_widgets": lambda: CARDS}))
    Counting.looked = 0
    with scope(workspace=owner.workspace):
        plugins.turn_on(owner, "theirs", agreed=FIGURES)
        yield owner


def slugs(workspace: Any) -> list[str]:
    return [card.slug for card in queries.cards(workspace)]


def placed(actor: Any, slug: str) -> queries.Card:
    """A card put on the page."""
    return queries.card(actor.workspace, actions.add(actor, slug))


async def show(workspace: Any, card: queries.Card, language: str = "en") -> Any:
    return await looking.look(workspace, card, language=language)


def test_a_new_workspace_has_cards_and_no_row(owner, in_workspace) -> None:
    assert slugs(in_workspace) == list(AT_FIRST)
    assert all(card.offer for card in queries.cards(in_workspace)), "each of AT_FIRST is offered by a bundled plugin"
    assert not Board.objects.exists()


def test_arranging(owner, in_workspace) -> None:
    card_id = actions.add(owner, "busiest_hours")
    assert slugs(in_workspace) == [*AT_FIRST, "busiest_hours"]
    assert actions.move(owner, card_id, -1) == len(AT_FIRST) - 1
    assert slugs(in_workspace)[-2:] == ["busiest_hours", "credits_spent"]
    assert actions.move(owner, AT_FIRST[0], -1) == 0
    actions.set_up(owner, card_id, {"days": 90, "limit": 3})
    assert queries.card(in_workspace, card_id).settings == {"days": 90, "limit": 3}
    actions.remove(owner, AT_FIRST[0])
    assert slugs(in_workspace)[0] == AT_FIRST[1]
    actions.restore(owner, AT_FIRST[0])
    assert slugs(in_workspace)[0] == AT_FIRST[0]
    verbs = list(AuditEntry.objects.filter(verb__startswith="card.").order_by("id").values_list("verb", flat=True))
    assert verbs == ["card.added", "card.moved", "card.moved", "card.set_up", "card.removed", "card.restored"]


def test_who_does_not_manage_the_workspace_arranges_nothing(editor, in_workspace) -> None:
    for act in (
        lambda: actions.add(editor, "feedback"),
        lambda: actions.move(editor, "feedback", 1),
        lambda: actions.set_up(editor, "feedback", {}),
        lambda: actions.remove(editor, "feedback"),
        lambda: actions.restore(editor, "feedback"),
    ):
        with pytest.raises(NotAllowed):
            act()
    assert not Board.objects.exists()


def test_wrong_settings_are_refused_beside_their_field(owner, in_workspace) -> None:
    with pytest.raises(Invalid) as refused:
        actions.set_up(owner, "busiest_hours", {"days": 8, "limit": 99})
    assert [error["field"] for error in refused.value.errors] == ["days", "limit"]
    assert queries.card(in_workspace, "busiest_hours").settings == {}


def test_what_is_not_there_is_not_found(owner, in_workspace) -> None:
    for act in (
        lambda: actions.add(owner, "no_such_card"),
        lambda: actions.move(owner, "nowhere", 1),
        lambda: actions.remove(owner, "nowhere"),
        lambda: actions.restore(owner, "nowhere"),
        lambda: queries.card(in_workspace, "nowhere"),
    ):
        with pytest.raises(CardNotFound):
            act()


def test_a_page_holds_so_many_cards(owner, in_workspace) -> None:
    for _number in range(MOST_CARDS - len(AT_FIRST)):
        actions.add(owner, "feedback")
    with pytest.raises(BoardFull):
        actions.add(owner, "feedback")


def test_a_plugin_that_is_off_offers_nothing_and_its_cards_keep_their_place(theirs) -> None:
    card = placed(theirs, "counting")
    plugins.turn_off(theirs, "theirs")
    assert [each.offer for each in queries.cards(theirs.workspace) if each.id == card.id] == [None]
    assert "counting" not in [offer.slug for offer in queries.gallery(theirs.workspace)]
    with pytest.raises(CardNotFound):
        queries.card(theirs.workspace, card.id)
    with pytest.raises(CardNotFound):
        actions.add(theirs, "counting")


def test_one_business_arranges_nothing_of_another(owner, stranger, in_workspace) -> None:
    card_id = actions.add(owner, "feedback")
    with scope(workspace=stranger.workspace), pytest.raises(CardNotFound):
        actions.remove(stranger, card_id)
    assert slugs(in_workspace)[-1] == "feedback"


@pytest.mark.django_db(transaction=True)
async def test_what_a_card_shows_is_kept_for_its_settings_and_language(theirs) -> None:
    owner = theirs
    card = await in_thread(in_scope, owner, lambda: placed(owner, "counting"))
    first = await show(owner.workspace, card)
    assert (first, Counting.looked) == (Number(0, "en 7"), 1)
    assert await show(owner.workspace, card) == first
    assert Counting.looked == 1
    assert (await show(owner.workspace, card, "ar")).caption == "ar 7"
    await in_thread(in_scope, owner, lambda: actions.set_up(owner, card.id, {"days": 30}))
    changed = await in_thread(in_scope, owner, lambda: queries.card(owner.workspace, card.id))
    assert (await show(owner.workspace, changed)).caption == "en 30"
    assert Counting.looked == 3
    kept = await in_thread(in_scope, owner, lambda: looking.kept(owner.workspace, [card], language="en"))
    assert kept == {card.id: first}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("slug", "error", "says"),
    [
        ("broken_card", PluginFailed, "KeyError: 'nothing there'"),
        ("endless_card", PluginFailed, "did not answer in time"),
        ("odd_card", PluginFailed, "not str"),
        ("nosy_card", DataRefused, "did not ask for the data “conversations”"),
    ],
)
async def test_a_bad_card_is_a_sentence(theirs, monkeypatch, slug, error, says) -> None:
    owner = theirs
    monkeypatch.setattr(looking, "SECONDS", 0.2)
    card = await in_thread(in_scope, owner, lambda: placed(owner, slug))
    with pytest.raises(error, match=says):
        await show(owner.workspace, card)
    found = await in_thread(in_scope, owner, noted)
    assert found == ([] if error is DataRefused else [f"card {slug}"])


@pytest.mark.django_db(transaction=True)
async def test_settings_that_do_not_fit_a_new_version_are_said(theirs) -> None:
    owner = theirs
    card = await in_thread(in_scope, owner, lambda: placed(owner, "counting"))
    with pytest.raises(Invalid):
        await show(owner.workspace, queries.Card(card.id, card.slug, {"days": "many"}, card.offer))


def in_scope(actor: Any, act: Any) -> Any:
    with scope(workspace=actor.workspace):
        return act()


def noted() -> list[str]:
    incidents.written()
    return list(Incident.objects.values_list("what", flat=True))
