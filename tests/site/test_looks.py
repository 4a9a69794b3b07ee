"""Looks that plugins bring: to choose where the plugin is on, never a broken page where it is not."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from frontdesk.agents import actions as agents
from frontdesk.agents.starters import start_content
from frontdesk.channels import actions as channels
from frontdesk.content import actions as content
from frontdesk.core.scoping import scope
from frontdesk.plugins import actions as plugins
from frontdesk.plugins.host import host
from frontdesk.sdk.manifest import Permissions
from frontdesk.surfaces.site import themes
from frontdesk.workspaces import actions as workspaces
from tests.ground.plugins import module
from tests.studio.conftest import signed_in

pytestmark = pytest.mark.django_db
CALM = settings.THEMES_HOME / "calm"


def sunset(folder: Path, name: str = "sunset", primary: str = "#9a3412") -> Path:
    """A theme of somebody else: Calm in orange."""
    made = Path(shutil.copytree(CALM, folder / name))
    text = (made / "theme.toml").read_text(encoding="utf-8")
    text = text.replace('name = "Calm"', f'name = "{name.title()}"').replace('primary = "#0f766e"', f'primary = "{primary}"')
    (made / "theme.toml").write_text(text, encoding="utf-8")
    return made


@pytest.fixture
def evening(install: Any, tmp_path: Path) -> None:
    """A plugin with one good theme and two broken ones."""
    broken = tmp_path / "unfinished"
    broken.mkdir()
    folders = [sunset(tmp_path), sunset(tmp_path, "pale", primary="#ffedd5"), broken]
    install(module("evening", hooks={"register_themes": lambda: folders}))


def turn_on(actor: Any, slug: str) -> None:
    with scope(workspace=actor.workspace):
        plugins.turn_on(actor, slug, agreed=Permissions())


def turn_off(actor: Any, slug: str) -> None:
    with scope(workspace=actor.workspace):
        plugins.turn_off(actor, slug)


def choose(actor: Any, theme: str) -> None:
    with scope(workspace=actor.workspace):
        workspaces.change_workspace(actor, theme=theme)
    actor.workspace.refresh_from_db()


def offered(browser: Client) -> list[str]:
    page = browser.get("/studio/settings/look/").content.decode()
    return re.findall(r'name="theme" value="(\w+)"', page)


def test_a_look_is_offered_where_its_plugin_is_on(evening, alice, charlie, owner, stranger) -> None:
    turn_on(owner, "evening")
    assert offered(signed_in(alice)) == ["calm", "cafe", "midnight", "ocean_professional", "sunset"]
    assert offered(signed_in(charlie)) == ["calm", "cafe", "midnight", "ocean_professional"]


def test_a_look_cannot_be_chosen_where_its_plugin_is_off(evening, charlie, stranger) -> None:
    assert signed_in(charlie).post("/studio/settings/look/", {"theme": "sunset"}).status_code == 422


def test_a_broken_look_is_noted_and_the_others_are_fine(evening) -> None:
    assert "sunset" in themes.installed()
    notes = [broken.problem for broken in host().broken if broken.name == "evening"]
    assert {"pale", "unfinished"} == {note.split(": ")[0].rpartition(" ")[2] for note in notes}
    assert any("hard to read" in note for note in notes)
    assert any("theme.toml cannot be read" in note for note in notes)


def test_calm_stands_in_for_what_is_off_gone_or_unknown(evening, owner) -> None:
    turn_on(owner, "evening")
    choose(owner, "sunset")
    assert themes.get("sunset", owner.workspace).slug == "sunset"
    turn_off(owner, "evening")
    assert themes.get("sunset", owner.workspace).slug == "calm"
    turn_off(owner, "looks")
    assert list(themes.available(owner.workspace)) == ["calm"]
    assert themes.get("no-such-theme", owner.workspace).slug == "calm"


def test_pages_and_chats_follow(evening, owner, client, alice) -> None:
    turn_on(owner, "evening")
    choose(owner, "sunset")
    with scope(workspace=owner.workspace):
        agent = agents.create_agent(owner, start_content("Mila"), live=True)
        channel = channels.create_widget(owner, agent.pk, name="Site", origins=["*"])
        page = content.open_public_page(owner, title="Café", headline="", lead="")

    def seen() -> list[str]:
        config = client.get(f"/widget/config?key={channel.public_key}", headers={"Origin": "https://shop.example"}).json()
        public = client.get(page.get_url(), follow=True).content.decode()
        studio = signed_in(alice).get("/studio/").content.decode()
        chat = client.get(f"/chat/{channel.public_key}").content.decode()
        return [
            config["theme"]["slug"],
            re.search(r"/themes/(\w+)\.css", public)[1],
            re.search(r"/themes/(\w+)\.css", chat)[1],
            (re.search(r"/studio/accent/(\w+)\.css", studio) or ["", ""])[1],
        ]

    assert seen() == ["sunset", "sunset", "sunset", "sunset"]
    assert "#9a3412" in client.get("/themes/sunset.css").content.decode()
    assert client.get("/themes/sunset.png").status_code == 200
    turn_off(owner, "evening")
    assert seen() == ["calm", "calm", "calm", ""]


def test_an_address_of_a_look_that_is_gone_gives_calm(client) -> None:
    assert client.get("/themes/gone.css").content == client.get("/themes/calm.css").content
    assert client.get("/studio/accent/gone.css").status_code == 200
