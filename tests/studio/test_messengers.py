"""Places where customers write, as an owner connects them: a form, a checklist, a tick, and what did not arrive."""

from __future__ import annotations

from collections.abc import Iterator
from html import unescape
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client
from django.urls import reverse

from frontdesk.agents import actions as agents
from frontdesk.agents.models import Agent
from frontdesk.channels import actions
from frontdesk.channels.kinds import webhook_url
from frontdesk.channels.models import Arrival, Channel, Delivery
from frontdesk.conversations import actions as conversations
from frontdesk.conversations.models import Conversation
from frontdesk.core import jobs
from frontdesk.core.models import Job
from frontdesk.plugins import actions as plugins
from frontdesk.plugins.capabilities import manifest_of
from frontdesk.workspaces.models import Workspace
from tests.channels.place import SECRET, Answer, Place, message, post

from .conftest import HTMX
from .test_knowledge import text_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def place(settings: Any) -> Iterator[Place]:
    made = Place()
    settings.PROVIDER_ALLOWED_HOSTS = [made.host]
    yield made
    made.close()


@pytest.fixture
def live(owner: Any, agent: Agent, in_workspace: Any) -> Agent:
    """Its plugin is on, and a person answers."""
    plugins.turn_on(owner, "webhook", agreed=manifest_of("webhook").permissions)
    Workspace.objects.filter(pk=owner.workspace.pk).update(default_reply_handler="support")
    agents.put_live(owner, agent, agents.latest_content(agent))
    return Agent.objects.get(pk=agent.pk)


@pytest.fixture
def channel(owner: Any, live: Agent, place: Place) -> Channel:
    return actions.connect(owner, "webhook", live.pk, {"callback_url": place.url, "secret": SECRET}, name="Our app")


def at(name: str, *args: Any) -> str:
    return reverse(f"studio:{name}", args=args)


def work() -> None:
    while due := list(Job.objects.filter(state="queued", run_after=None)):
        for row in due:
            jobs.run(row.pk)


def filled(live: Agent, place: Place, **changes: str) -> dict[str, str]:
    values = {"agent": str(live.uuid), "channel_name": "Our app", "own-callback_url": place.url, "own-secret": SECRET}
    return {**values, **changes}


def test_a_kind_can_be_connected_once_its_plugin_is_on(studio: Client, owner, agent, in_workspace) -> None:
    assert at("channel_connect", "webhook") not in studio.get(at("channels")).content.decode()
    assert studio.get(at("channel_connect", "webhook")).status_code == 404
    plugins.turn_on(owner, "webhook", agreed=manifest_of("webhook").permissions)
    page = studio.get(at("channels"))
    assert at("channel_connect", "webhook") in page.content.decode()
    assert "Your own system" in text_of(page)


def test_connecting_ends_at_the_address_to_paste(studio: Client, live, place) -> None:
    assert "once you have saved" in text_of(studio.get(at("channel_connect", "webhook")))
    made = studio.post(at("channel_connect", "webhook"), filled(live, place))
    channel = Channel.objects.get()
    assert made.url == at("channel", channel.uuid)
    page = unescape(studio.get(made.url).content.decode())
    assert webhook_url(channel) in page
    assert place.url in page
    assert SECRET not in page
    assert "Nothing has come from there yet" in page


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"own-callback_url": ""}, "required"),
        ({"own-callback_url": "nonsense"}, "http"),
        ({"own-secret": "short"}, "24"),
        ({"agent": "nobody"}, "valid choice"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(studio: Client, live, place, changes, words) -> None:
    page = studio.post(at("channel_connect", "webhook"), filled(live, place, **changes))
    assert page.status_code == 422
    assert words in text_of(page)
    assert "short" not in page.content.decode().replace("Make it shorter", "")
    assert not Channel.objects.exists()


def test_the_tick_comes_by_itself(studio: Client, channel) -> None:
    heard = at("channel_heard", channel.uuid)
    assert "Nothing has come" in text_of(studio.get(heard, headers=HTMX))
    post(urlsplit(webhook_url(channel)).path, message("Hello"), secret="somebody else's secret")
    post(urlsplit(webhook_url(channel)).path, message("Hello"))
    work()
    words = text_of(studio.get(heard, headers=HTMX))
    assert "We have heard from them." in words
    assert "1 request was refused" in words


def test_small_changes(studio: Client, channel, place) -> None:
    change = at("channel_change", channel.uuid)
    assert "took our signature" in text_of(studio.post(change, {"do": "check"}, follow=True))
    assert "Nobody has written" in text_of(studio.post(change, {"do": "test"}))
    post(urlsplit(webhook_url(channel)).path, message("Hello"))
    work()
    assert "on its way" in text_of(studio.post(change, {"do": "test"}, follow=True))
    work()
    assert place.texts == ["This is a test message. All is well."]
    assert "It is off" in text_of(studio.post(change, {"do": "off"}, follow=True))
    assert "Off" in text_of(studio.get(at("channels")))
    assert studio.post(change, {"do": "renew"}).status_code == 400
    studio.post(change, {"do": "delete"})
    assert not Channel.objects.exists()


def test_settings_change_and_an_empty_secret_stays(studio: Client, live, channel, place) -> None:
    values = filled(live, place, channel_name="New name", **{"own-secret": ""})
    assert studio.post(at("channel", channel.uuid), values).status_code == 302
    channel.refresh_from_db()
    assert (channel.name, channel.secrets["secret"]) == ("New name", SECRET)


def test_a_channel_whose_plugin_is_off_can_be_looked_at_and_deleted(studio: Client, owner, channel) -> None:
    plugins.turn_off(owner, "webhook")
    assert "its plugin is off" in text_of(studio.get(at("channel", channel.uuid)))
    assert studio.post(at("channel_change", channel.uuid), {"do": "check"}).status_code == 503
    studio.post(at("channel_change", channel.uuid), {"do": "delete"})
    assert not Channel.objects.exists()


@pytest.fixture
def failed(owner, channel, place) -> Delivery:
    """An answer that the other side refused."""
    post(urlsplit(webhook_url(channel)).path, message("Where is my order?"))
    work()
    place.says.append(Answer(403, body={"error": "no such customer"}))
    conversations.reply_as_person(owner, Conversation.objects.select_related("workspace").get(), "On its way to you.")
    work()
    return Delivery.objects.get()


def test_what_was_not_delivered_is_sent_again(studio: Client, failed, place, member) -> None:
    assert "1 message did not get through." in text_of(studio.get(at("channels")))
    page = text_of(studio.get(at("channel_trouble")))
    assert "On its way to you." in page and "no such customer" in page
    again = at("channel_send_again", failed.message.uuid)
    assert member("viewer").post(again).status_code == 403
    assert "on its way again" in text_of(studio.post(again, follow=True))
    work()
    assert place.texts == ["On its way to you."] * 2
    assert "Everything arrived" in text_of(studio.get(at("channel_trouble")))
    assert "nothing left" in text_of(studio.post(again, follow=True))


def test_a_conversation_shows_what_became_of_each_answer(studio: Client, failed) -> None:
    thread = studio.get(at("conversation", failed.conversation.uuid))
    words = text_of(thread)
    assert "Answered" in words and "Not delivered" in words and "no such customer" in words
    again = studio.post(at("channel_send_again", failed.message.uuid), headers=HTMX)
    assert "Waiting" in text_of(again)
    assert at("channel_ledger", failed.message.uuid) in again.content.decode(), "it asks on while it is open"
    work()
    done = studio.get(at("channel_ledger", failed.message.uuid), headers=HTMX)
    assert "Sent" in text_of(done)
    assert "hx-get" not in done.content.decode()


def test_what_could_not_be_read_is_read_again_or_thrown_away(studio: Client, channel) -> None:
    post(urlsplit(webhook_url(channel)).path, b"<script>alert(1)</script>")
    work()
    page = studio.get(at("channel_trouble"))
    assert "&lt;script&gt;alert(1)" in page.content.decode()
    letter = at("channel_dead_letter", Arrival.objects.get().uuid)
    assert "read once more" in text_of(studio.post(letter, {"do": "again"}, follow=True))
    work()
    assert Arrival.objects.get().state == "dead"
    assert studio.post(letter, {"do": "nothing"}).status_code == 400
    assert "forgotten" in text_of(studio.post(letter, {"do": "discard"}, follow=True))
    assert studio.post(letter, {"do": "again"}).status_code == 404
