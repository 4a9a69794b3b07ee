"""Public pages: the chat is on them, and an owner edits their own and nobody else's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.test import Client

from frontdesk.agents import actions as agents
from frontdesk.agents.content import AgentContent
from frontdesk.channels import actions as channels
from frontdesk.content import actions, queries
from frontdesk.content.models import ArticlePage
from frontdesk.core.scoping import scope

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(owner, in_workspace) -> Any:
    made = actions.open_public_page(owner, title="Café", headline="Good coffee", body="<h2>Open</h2><p>Every day</p>")
    agent = agents.create_agent(owner, AgentContent(name="Mila"), live=True)
    return actions.show_chat(owner, made, channels.create_widget(owner, agent.pk, name="Chat", origins=[]).pk)


@pytest.fixture
def garage(stranger) -> Any:
    with scope(workspace=stranger.workspace):
        return actions.open_public_page(stranger, title="Garage")


def address(page) -> str:
    """Below the bare host; the page's own host name is another way to it."""
    return f"/{page.slug}/"


def signed_in(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_the_page_shows_the_business_and_its_chat(page, client) -> None:
    answer = client.get(address(page))
    text = answer.content.decode()
    assert "Good coffee" in text
    assert f'data-agent-key="{page.channel.public_key}"' in text
    assert "'unsafe-inline'" not in answer["Content-Security-Policy"]
    assert "<script>" not in text


def test_the_page_loses_its_chat_when_the_chat_is_turned_off(page, client, owner, in_workspace) -> None:
    channels.change_widget(owner, page.channel, enabled=False)
    assert "data-agent-key" not in client.get(address(page)).content.decode()


def test_the_bare_address_leads_to_the_only_page_there_is(page, client) -> None:
    assert client.get("/")["Location"] == address(page)


def test_the_bare_address_leads_to_the_studio_when_there_are_several(page, garage, client) -> None:
    assert client.get("/")["Location"] == "/studio/"


def test_a_page_of_its_own_for_each_workspace_and_only_once(page, garage, owner, in_workspace) -> None:
    assert actions.open_public_page(owner, title="Again").pk == page.pk
    assert queries.page_of(owner.workspace).pk == page.pk
    assert garage.pk != page.pk


def test_an_owner_edits_their_own_page(page, alice) -> None:
    assert signed_in(alice).get(f"/cms/pages/{page.pk}/edit/").status_code == 200


def test_an_owner_cannot_edit_or_see_the_page_of_another_workspace(page, garage, alice) -> None:
    client = signed_in(alice)
    assert client.get(f"/cms/pages/{garage.pk}/edit/").status_code == 404
    assert "Garage" not in client.get("/cms/pages/", follow=True).content.decode()


def test_an_article_stands_under_the_page(page, client) -> None:
    article = page.add_child(instance=ArticlePage(title="Our beans", slug="beans", body="<p>From Guatemala</p>"))
    article.save_revision().publish()
    assert "From Guatemala" in client.get(f"{address(page)}beans/").content.decode()


@pytest.mark.parametrize(
    "path", ["/cms/reports/locked/", "/cms/workflows/list/", "/cms/users/", "/cms/settings/", "/cms/sites/", "/cms/collections/"]
)
def test_what_is_not_on_the_list_does_not_exist(path, page, alice) -> None:
    alice.is_superuser = alice.is_staff = True
    alice.save()
    assert signed_in(alice).get(path).status_code == 404


def test_a_stranger_to_the_cms_is_asked_to_sign_in(page, client) -> None:
    assert client.get("/cms/").status_code == 302


def test_pictures_are_public_and_what_owners_upload_is_not(client) -> None:
    root = Path(default_storage.location)
    for name in ("images/cake.png", "original_images/cake.png", "documents/list.pdf", "knowledge/secret.pdf"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"x")
    assert client.get("/media/images/cake.png").status_code == 200
    hidden = ("original_images/cake.png", "documents/list.pdf", "knowledge/secret.pdf", "images/../knowledge/secret.pdf")
    assert {client.get(f"/media/{name}").status_code for name in hidden} == {404}
