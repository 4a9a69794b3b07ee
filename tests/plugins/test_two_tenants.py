"""One plugin, on in two workspaces: nothing of one is ever in the other, whatever it is that a plugin touches."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel, Field, SecretStr

from frontdesk.core.scoping import scope
from frontdesk.core.threads import in_thread
from frontdesk.insights import actions as boards
from frontdesk.insights import looking
from frontdesk.insights import queries as cards
from frontdesk.plugins import actions, activation, incidents, queries
from frontdesk.plugins.activation import State
from frontdesk.plugins.models import Activation, StoredValue
from frontdesk.sdk.context import Context
from frontdesk.sdk.manifest import Permissions
from frontdesk.sdk.tools import Tool, ToolSource
from frontdesk.sdk.widgets import AnalyticsWidget, Note
from frontdesk.tools import actions as tools
from frontdesk.tools import calling, catalogue
from frontdesk.tools.models import Connection
from frontdesk.workspaces.permissions import Actor
from tests.ground.plugins import module

pytestmark = pytest.mark.django_db(transaction=True)
ASKS = Permissions(data=("figures", "conversations"), secrets=("key",), storage=1)
TOOL, SOURCE = "shared.who_am_i", "diary"


class Config(BaseModel):
    city: str = Field("nowhere", title="City")
    key: SecretStr = Field(SecretStr(""), title="Key")


def all_of(context: Context) -> str:
    assert isinstance(context.settings, Config)
    return f"{context.settings.city} {context.settings.key.get_secret_value()} {context.workspace}"


class WhoAmI(Tool):
    """Says all that it is handed, and what it was told before."""

    name, label, description, parameters = "who_am_i", "Who am I", "Says all.", {"type": "object", "properties": {}}

    async def call(self, arguments: Any, context: Context) -> str:
        before = await context.storage.get("last")
        await context.storage.put("last", all_of(context))
        return f"{all_of(context)}, before: {before}"


class Diary(ToolSource):
    slug, label, config_model = SOURCE, "Diary", Config

    async def tools(self, context: Context) -> list[Tool]:
        return [WhoAmI()]


class Card(AnalyticsWidget):
    slug, label = "shared_card", "Shared"

    async def look(self, figures: Any, context: Context) -> Note:
        return Note(f"{context.workspace} {await figures.total('conversations', days=7)}")


class Broken(Tool):
    name, label, description, parameters = "broken", "Broken", "Breaks.", {"type": "object", "properties": {}}

    async def call(self, arguments: Any, context: Context) -> str:
        raise ZeroDivisionError(f"by nought in {context.settings.city}")  # type: ignore[attr-defined]


@pytest.fixture
def both(install: Any, owner: Actor, stranger: Actor) -> tuple[Actor, Actor]:
    """Alice in Tyre and Charlie in Sidon, each with a secret, and the same plugin on."""
    hooks = {"register_tools": lambda: [WhoAmI(), Broken(), Diary], "register_analytics_widgets": lambda: [Card]}
    install(module("shared", permissions=ASKS, config=Config, hooks=hooks))
    for actor, city in ((owner, "Tyre"), (stranger, "Sidon")):
        with scope(workspace=actor.workspace):
            actions.turn_on(actor, "shared", agreed=ASKS)
            actions.configure(actor, "shared", {"city": city, "key": f"key-of-{city}"})
    return owner, stranger


def found(actor: Actor, id: str) -> catalogue.Available:
    with scope(workspace=actor.workspace):
        (tool,) = catalogue.available(actor.workspace, [id])
    return tool


async def used(actor: Actor, id: str) -> str:
    tool = await in_thread(found, actor, id)
    return (await calling.call(actor.workspace, tool, {})).text


async def test_a_tool_is_handed_its_own_settings_secrets_and_storage(both: tuple[Actor, Actor]) -> None:
    alice, charlie = both
    for actor, city in ((alice, "Tyre"), (charlie, "Sidon")):
        mine = f"{city} key-of-{city} {actor.workspace.uuid}"
        assert await used(actor, TOOL) == f"{mine}, before: None"
        assert await used(actor, TOOL) == f"{mine}, before: {mine}"


async def test_a_connection_is_its_own_workspaces(both: tuple[Actor, Actor]) -> None:
    alice, charlie = both
    row = await in_thread(connect, alice)
    grant = f"{SOURCE}.{row.uuid}.who_am_i"
    assert (await used(alice, grant)).startswith("Byblos key-of-Byblos")
    assert await in_thread(seen_by, charlie, grant) == ([], 0)


def connect(actor: Actor) -> Connection:
    with scope(workspace=actor.workspace):
        return tools.save_connection(actor, SOURCE, {"city": "Byblos", "key": "key-of-Byblos"})


def seen_by(actor: Actor, grant: str) -> tuple[list[catalogue.Available], int]:
    with scope(workspace=actor.workspace):
        return catalogue.available(actor.workspace, [grant]), Connection.objects.count()


async def test_a_card_counts_and_is_kept_for_its_own_workspace(both: tuple[Actor, Actor]) -> None:
    for actor in both:
        view = await looking.look(actor.workspace, await in_thread(placed, actor), language="en")
        assert view == Note(f"{actor.workspace.uuid} 0.0")


def placed(actor: Actor) -> cards.Card:
    with scope(workspace=actor.workspace):
        return cards.card(actor.workspace, boards.add(actor, "shared_card"))


async def test_what_went_wrong_is_told_to_whom_it_happened(both: tuple[Actor, Actor]) -> None:
    alice, charlie = both
    with pytest.raises(calling.ToolError):
        await used(alice, "shared.broken")
    assert "in Tyre" in (await in_thread(told, alice))[0]
    assert await in_thread(told, charlie) == []


def told(actor: Actor) -> list[str]:
    incidents.written()
    with scope(workspace=actor.workspace):
        return [incident.problem for incident in queries.card(actor.workspace, "shared").incidents]


def test_turning_it_off_and_forgetting_leaves_the_other_as_it_was(both: tuple[Actor, Actor]) -> None:
    alice, charlie = both
    for actor in both:
        with scope(workspace=actor.workspace):
            StoredValue.objects.create(workspace=actor.workspace, plugin="shared", key="last", value=1, size=1)
    with scope(workspace=alice.workspace):
        actions.turn_off(alice, "shared", forget=True)
        assert (StoredValue.objects.count(), Activation.objects.get(plugin="shared").secrets) == (0, {})
    with scope(workspace=charlie.workspace):
        assert queries.card(charlie.workspace, "shared").state is State.ON
        assert Activation.objects.get(plugin="shared").secrets == {"key": "key-of-Sidon"}
        assert StoredValue.objects.count() == 1


def test_an_update_that_asks_for_more_waits_in_each_workspace_for_its_own_owner(both: tuple[Actor, Actor], install: Any) -> None:
    alice, charlie = both
    more = Permissions(hosts=("tracker.example",), data=ASKS.data, secrets=ASKS.secrets, storage=1)
    hooks = {"register_tools": lambda: [WhoAmI()]}
    install(module("shared", permissions=more, config=Config, version="2.0", hooks=hooks))
    for actor in both:
        with scope(workspace=actor.workspace):
            assert queries.card(actor.workspace, "shared").state is State.PAUSED
            assert catalogue.available(actor.workspace, [TOOL]) == [], "its tools wait with it"
    with scope(workspace=alice.workspace):
        actions.turn_on(alice, "shared", agreed=more)
    assert activation.is_on(alice.workspace, "shared")
    assert not activation.is_on(charlie.workspace, "shared")
