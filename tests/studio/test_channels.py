"""The chat on a website: set up, copied, dressed, turned off."""

from __future__ import annotations

from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from frontdesk.agents import actions as agents
from frontdesk.agents.models import Agent
from frontdesk.channels import actions, queries
from frontdesk.channels.models import Channel
from frontdesk.content import actions as content
from frontdesk.core.scoping import scope

from .test_knowledge import text_of


@pytest.fixture
def live(owner: Any, agent: Agent, in_workspace: Any) -> Agent:
    agents.put_live(owner, agent, agents.latest_content(agent))
    return Agent.objects.get(pk=agent.pk)


@pytest.fixture
def chat(owner: Any, live: Agent) -> Channel:
    return actions.create_widget(owner, live.pk, name="Chat", origins=["https://shop.example"])


@pytest.fixture
def foreign(stranger: Any) -> Channel:
    """Charlie's."""
    from frontdesk.agents.starters import start_content

    with scope(workspace=stranger.workspace):
        made = agents.create_agent(stranger, start_content("Gus", organisation="Garage", about=""), live=True)
        return actions.create_widget(stranger, made.pk, name="Garage chat", origins=[])


def at(name: str, *args: Any) -> str:
    return reverse(f"studio:{name}", args=args)


def test_without_an_agent_the_first_step_is_one(studio: Client) -> None:
    page = studio.get(at("channels"))
    assert at("agent_new") in page.content.decode()
    assert at("channel_new") not in page.content.decode()


def test_setting_up_ends_at_the_line_to_copy(studio: Client, live: Agent) -> None:
    assert "Set up the chat" in text_of(studio.get(at("channels")))
    made = studio.post(
        at("channel_new"), {"agent": live.uuid, "origins": "shop.example\nhttps://www.shop.example/menu", "name": ""}
    )
    chat = queries.channels().get()
    assert made.url == at("channel", chat.uuid)
    assert chat.origins == ["https://shop.example", "https://www.shop.example"]
    page = unescape(studio.get(made.url).content.decode())
    assert f'/widget.js" data-agent-key="{chat.public_key}" async></script>' in page
    assert f"/chat/{chat.public_key}" in page


def test_a_wrong_address_is_said_beside_its_field(studio: Client, live: Agent) -> None:
    page = studio.post(at("channel_new"), {"agent": live.uuid, "origins": "ftp://shop.example", "name": ""})
    assert page.status_code == 422
    assert "is not a web address" in page.context["form"].errors["origins"][0]
    assert not queries.channels().exists()


def test_somebody_elses_agent_cannot_be_chosen(studio: Client, live: Agent, foreign: Channel) -> None:
    page = studio.post(at("channel_new"), {"agent": foreign.agent.uuid, "origins": "", "name": ""})
    assert page.status_code == 422
    assert "agent" in page.context["form"].errors


def test_a_look_is_kept_and_reaches_the_widget(studio: Client, live: Agent, chat: Channel) -> None:
    values = {"agent": live.uuid, "origins": "https://shop.example", "name": "Chat", "theme": "midnight"}
    assert studio.post(at("channel", chat.uuid), values).status_code == 302
    config = studio.get("/widget/config", {"key": chat.public_key}, headers={"Origin": "https://shop.example"}).json()
    assert config["theme"]["slug"] == "midnight"
    assert 'theme="midnight" scheme="light" inline' in studio.get(at("channel", chat.uuid)).content.decode()


def test_an_unknown_look_is_refused(studio: Client, live: Agent, chat: Channel) -> None:
    values = {"agent": live.uuid, "origins": "", "name": "Chat", "theme": "neon"}
    assert studio.post(at("channel", chat.uuid), values).status_code == 422


def test_the_preview_waits_for_a_live_agent(studio: Client, owner: Any, live: Agent, chat: Channel) -> None:
    assert "<frontdesk-chat" in studio.get(at("channel", chat.uuid)).content.decode()
    agents.take_offline(owner, live)
    page = studio.get(at("channel", chat.uuid))
    assert "<frontdesk-chat" not in page.content.decode()
    assert "is not live, so your pages do not show the chat yet" in text_of(page)
    assert "Waits for its agent" in text_of(studio.get(at("channels")))


def test_off_and_on_again(studio: Client, chat: Channel) -> None:
    config = {"key": chat.public_key}
    studio.post(at("channel_change", chat.uuid), {"do": "off"})
    assert studio.get("/widget/config", config, headers={"Origin": "https://shop.example"}).status_code == 404
    studio.post(at("channel_change", chat.uuid), {"do": "on"})
    assert studio.get("/widget/config", config, headers={"Origin": "https://shop.example"}).status_code == 200


def test_a_new_key_ends_the_old_one(studio: Client, chat: Channel) -> None:
    old = chat.public_key
    studio.post(at("channel_change", chat.uuid), {"do": "renew"})
    chat.refresh_from_db()
    assert chat.public_key != old
    assert studio.get("/widget/config", {"key": old}, headers={"Origin": "https://shop.example"}).status_code == 404


def test_the_chat_goes_on_the_public_page(studio: Client, owner: Any, chat: Channel) -> None:
    page = content.open_public_page(owner, title="Café")
    assert "Put this chat on it" in text_of(studio.get(at("channel", chat.uuid)))
    studio.post(at("channel_change", chat.uuid), {"do": "show"})
    page.refresh_from_db()
    assert page.channel_id == chat.pk
    assert "This chat is on it." in text_of(studio.get(at("channel", chat.uuid)))


def test_deleting_leads_back_to_the_list(studio: Client, chat: Channel) -> None:
    assert studio.post(at("channel_change", chat.uuid), {"do": "delete"}).url == at("channels")
    assert studio.get(at("channel", chat.uuid)).status_code == 404


def test_what_is_no_change_is_refused(studio: Client, chat: Channel) -> None:
    assert studio.post(at("channel_change", chat.uuid), {"do": "explode"}).status_code == 400


def test_a_teammate_looks_and_changes_nothing(member: Any, live: Agent, chat: Channel) -> None:
    teammate = member("teammate")
    page = teammate.get(at("channel", chat.uuid))
    assert page.status_code == 200
    assert "Turn off" not in text_of(page)
    assert teammate.get(at("channel_new")).status_code == 403
    assert teammate.post(at("channel", chat.uuid), {"agent": live.uuid}).status_code == 403
    assert teammate.post(at("channel_change", chat.uuid), {"do": "off"}).status_code == 403
    chat.refresh_from_db()
    assert chat.enabled


def test_what_is_charlies_does_not_exist_for_alice(studio: Client, foreign: Channel) -> None:
    assert studio.get(at("channel", foreign.uuid)).status_code == 404
    assert studio.post(at("channel", foreign.uuid), {}).status_code == 404
    assert studio.post(at("channel_change", foreign.uuid), {"do": "delete"}).status_code == 404


def test_fifty_chats_take_few_queries(
    studio: Client, owner: Any, agent: Agent, in_workspace: Any, django_assert_max_num_queries: Any
) -> None:
    for n in range(50):
        actions.create_widget(owner, agent.pk, name=f"Chat {n}", origins=[])
    studio.get(at("channels"))
    with django_assert_max_num_queries(15):
        assert studio.get(at("channels")).content.decode().count("s-agent") == 50
