"""Connected places in the Studio: choosing a loader, trying it, watching it, and what an editor and a viewer may do."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, ClassVar

import pytest
from django.test import Client
from pydantic import BaseModel, Field, SecretStr

from frontdesk.core import jobs as core_jobs
from frontdesk.core.models import Job
from frontdesk.knowledge import queries as knowledge
from frontdesk.knowledge.connections import queries
from frontdesk.knowledge.models import KnowledgeBase, SourceConnection
from frontdesk.plugins import actions as plugins
from frontdesk.sdk.context import Context
from frontdesk.sdk.errors import LoaderError
from frontdesk.sdk.loaders import LoadedItem, SourceLoader
from frontdesk.sdk.manifest import Permissions
from tests.ground.plugins import module

from .conftest import HTMX
from .test_knowledge import at, text_of

pytestmark = pytest.mark.django_db(transaction=True)
SEES = Permissions(data=("knowledge",))


class WikiSettings(BaseModel):
    space: str = Field(title="Which space?", max_length=40)
    token: SecretStr = Field(SecretStr(""), title="Token")


class Wiki(SourceLoader):
    slug, label, description = "wiki", "Company wiki", "Learns the pages of a wiki."
    config_model = WikiSettings
    problem: ClassVar[str] = ""

    async def items(self, context: Context) -> AsyncIterator[LoadedItem]:
        if self.problem:
            raise LoaderError(self.problem)
        yield LoadedItem("1", "Dogs", "<p>Dogs are <b>welcome</b>.</p><script>alert(1)</script>", media_type="text/html")
        yield LoadedItem("2", "<img src=x onerror=alert(1)>", "A hostile title.")


@pytest.fixture(autouse=True)
def wiki(owner: Any, in_workspace: Any, install: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(Wiki, "problem", "")
    install(module("wiki", permissions=SEES, hooks={"register_loaders": lambda: [Wiki]}))
    plugins.turn_on(owner, "wiki", agreed=SEES)


@pytest.fixture
def place(studio: Client, base: KnowledgeBase) -> SourceConnection:
    values = {"own-space": "team", "own-token": "hush", "place_name": "Our wiki", "interval": "86400", "forgets": "on"}
    made = studio.post(at("place_new", base.uuid, "wiki"), values)
    assert made.status_code == 302, text_of(made)
    return queries.connection(SourceConnection.objects.get().uuid)


def work() -> None:
    while waiting := list(Job.objects.filter(state=Job.State.QUEUED)):
        for job in waiting:
            core_jobs.run(job.pk)


def test_the_loaders_of_plugins_that_are_on_are_offered(studio: Client, owner: Any, base: KnowledgeBase) -> None:
    page = studio.get(at("base_places", base.uuid))
    assert "Company wiki Learns the pages of a wiki." in text_of(page)
    assert at("place_new", base.uuid, "wiki") in page.content.decode()
    plugins.turn_off(owner, "wiki")
    assert "Company wiki" not in text_of(studio.get(at("base_places", base.uuid)))
    assert studio.get(at("place_new", base.uuid, "wiki")).status_code == 404


def test_trying_shows_what_is_found_first_as_text(studio: Client, base: KnowledgeBase) -> None:
    page = studio.post(at("place_test", base.uuid, "wiki"), {"own-space": "team"}, headers=HTMX)
    said = text_of(page)
    assert said.startswith("It works. This is found first: Dogs Dogs are welcome.")
    assert "alert(1)" not in said.partition("onerror")[0]
    assert "<script>" not in page.content.decode() and "<img" not in page.content.decode()
    assert not SourceConnection.objects.exists()


def test_trying_says_what_is_wrong(studio: Client, base: KnowledgeBase, monkeypatch: Any) -> None:
    assert "Which space?" in text_of(studio.post(at("place_test", base.uuid, "wiki"), {}, headers=HTMX))
    monkeypatch.setattr(Wiki, "problem", "The wiki is locked. Ask its owner.")
    page = studio.post(at("place_test", base.uuid, "wiki"), {"own-space": "team"}, headers=HTMX)
    assert text_of(page) == "The wiki is locked. Ask its owner."


def test_a_mistake_stands_beside_its_field_and_nothing_is_connected(studio: Client, base: KnowledgeBase) -> None:
    page = studio.post(at("place_new", base.uuid, "wiki"), {"own-space": ""})
    assert page.status_code == 422
    assert "This field is required." in text_of(page)
    assert not SourceConnection.objects.exists()


def test_a_place_is_watched_until_it_is_learned(studio: Client, place: SourceConnection) -> None:
    assert place.interval.days == 1
    assert "Looking" in text_of(studio.get(at("place", place.uuid)))
    assert 'hx-trigger="every 1s"' in studio.get(at("base_places", place.base.uuid)).content.decode()
    work()
    state = studio.get(at("place_state", place.uuid), headers=HTMX)
    assert state["HX-Refresh"] == "true"
    said = text_of(studio.get(at("place", place.uuid)))
    assert "Up to date last refreshed" in said
    assert "2 new, 0 changed, 0 gone" in said
    page = studio.get(at("place", place.uuid)).content.decode()
    assert "hush" not in page and "<img src=x" not in page


def test_settings_are_saved_and_the_secret_stays(studio: Client, place: SourceConnection) -> None:
    work()
    saved = studio.post(at("place", place.uuid), {"own-space": "all", "own-token": "", "place_name": "Wiki", "interval": ""})
    assert saved.status_code == 302
    place = queries.connection(place.uuid)
    assert (place.name, place.interval, place.forgets, place.settings) == ("Wiki", None, False, {"space": "all"})
    assert place.secrets == {"token": "hush"}


def test_while_its_plugin_is_off_a_place_rests_and_can_be_disconnected(
    studio: Client, owner: Any, place: SourceConnection
) -> None:
    work()
    card = text_of(studio.get(at("plugin_turn_off", "wiki")))
    assert "Our wiki" in card and "what was learned stays" in card
    plugins.turn_off(owner, "wiki")
    said = text_of(studio.get(at("place", place.uuid)))
    assert "Resting" in said and "What was learned stays" in said and "Refresh now" not in said
    assert studio.post(at("place", place.uuid), {"place_name": "Wiki"}).status_code == 302
    assert studio.post(at("place_change", place.uuid), {"do": "refresh"}).status_code == 409
    base = place.base
    studio.post(at("place_disconnect", place.uuid), {"learned": "delete"})
    work()
    assert not SourceConnection.objects.exists()
    assert knowledge.sources(base).count() == 0


def test_stopping_refreshing_and_nonsense(studio: Client, place: SourceConnection) -> None:
    assert studio.post(at("place_change", place.uuid), {"do": "stop"}).status_code == 302
    assert "Looking was stopped" in text_of(studio.get(at("place", place.uuid)))
    assert studio.post(at("place_change", place.uuid), {"do": "refresh"}).status_code == 302
    assert studio.post(at("place_change", place.uuid), {"do": "dance"}).status_code == 400


def test_a_viewer_looks_and_changes_nothing(member: Any, place: SourceConnection) -> None:
    viewer = member("viewer")
    page = viewer.get(at("place", place.uuid))
    assert page.status_code == 200
    assert "Disconnect" not in text_of(page) and "own-space" not in page.content.decode()
    assert viewer.get(at("place_new", place.base.uuid, "wiki")).status_code == 403
    for name, values in (("place", {"place_name": "x"}), ("place_change", {"do": "refresh"}), ("place_disconnect", {})):
        assert viewer.post(at(name, place.uuid), values).status_code == 403
