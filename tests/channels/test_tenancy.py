"""Two tenants on the addresses where vendors post: a token opens its own channel, and a signature is of one channel only."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from django.db import connection

from frontdesk.agents import actions as agents
from frontdesk.agents.content import AgentContent
from frontdesk.channels import actions, queries
from frontdesk.channels.errors import ArrivalNotFound, UnknownKind
from frontdesk.channels.models import Arrival, Channel, Delivery
from frontdesk.conversations import actions as conversations
from frontdesk.conversations.models import Conversation, Message
from frontdesk.core.errors import Invalid, NotAllowed
from frontdesk.core.scoping import scope
from frontdesk.plugins import actions as plugins
from frontdesk.plugins.capabilities import manifest_of
from frontdesk.workspaces.models import Workspace
from tests.channels.place import SECRET, message, post

pytestmark = pytest.mark.django_db(transaction=True)
GARAGE_SECRET = "a secret of the garage's own"


@pytest.fixture
def garage(stranger: Any, place: Any) -> Channel:
    """Charlie's channel, of the same kind."""
    place.secrets.append(GARAGE_SECRET)
    with scope(workspace=stranger.workspace):
        Workspace.objects.filter(pk=stranger.workspace.pk).update(default_reply_handler="support")
        plugins.turn_on(stranger, "webhook", agreed=manifest_of("webhook").permissions)
        agent = agents.create_agent(stranger, AgentContent(name="Gus"), live=True)
        values = {"callback_url": place.url, "secret": GARAGE_SECRET}
        return actions.connect(stranger, "webhook", agent.pk, values, name="Garage app")


def test_a_signature_of_one_channel_opens_no_other(address, garage) -> None:
    assert post(f"/hooks/{garage.webhook_token}", message("Hello"), secret=SECRET).status_code == 401
    assert post(address, message("Hello"), secret=GARAGE_SECRET).status_code == 401


def test_what_comes_for_one_business_is_not_seen_by_the_other(address, garage, channel, stranger, workspace, work, place) -> None:
    Workspace.objects.filter(pk=workspace.pk).update(default_reply_handler="support")
    post(address, message("For the café"))
    assert post(f"/hooks/{garage.webhook_token}", message("For the garage"), secret=GARAGE_SECRET).status_code == 200
    work()
    assert [row.text for row in Message.objects.all()] == ["For the café"]
    with scope(workspace=stranger.workspace):
        assert [row.text for row in Message.objects.all()] == ["For the garage"]
        actions.send_test(stranger, garage)
    work()
    assert not Delivery.objects.exists()
    with scope(workspace=stranger.workspace):
        assert Delivery.objects.get().state == "sent"


def test_a_status_moves_no_delivery_of_another_channel(address, garage, stranger, work, place) -> None:
    post(f"/hooks/{garage.webhook_token}", message("Hello"), secret=GARAGE_SECRET)
    work()
    with scope(workspace=stranger.workspace):
        conversations.reply_as_person(stranger, Conversation.objects.get(), "Hello")
    work()
    with scope(workspace=stranger.workspace):
        theirs = Delivery.objects.get()
    post(address, {"type": "status", "message_id": str(theirs.uuid), "state": "read"})
    work()
    with scope(workspace=stranger.workspace):
        assert Delivery.objects.get().state == "sent"


def test_dead_letters_of_another_business_do_not_exist(garage, stranger, work, in_workspace) -> None:
    post(f"/hooks/{garage.webhook_token}", b"{", secret=GARAGE_SECRET)
    work()
    with scope(workspace=stranger.workspace):
        theirs = Arrival.objects.get()
    assert not queries.dead_letters().exists()
    with pytest.raises(ArrivalNotFound):
        queries.dead_letter(theirs.uuid)


def test_an_agent_of_another_business_cannot_be_chosen(garage, owner, channel, place) -> None:
    with pytest.raises(Invalid):
        actions.connect(owner, "webhook", garage.agent_id, {"callback_url": place.url}, name="", channel=channel)


def test_secrets_are_encrypted_and_kept_when_left_empty(owner, channel, agent, place) -> None:

    with connection.cursor() as cursor:
        cursor.execute("SELECT settings::text, secrets FROM frontdesk_channels_channel WHERE id = %s", [channel.pk])
        assert SECRET not in "".join(cursor.fetchone())
    changed = actions.connect(owner, "webhook", agent.pk, {"callback_url": place.url, "secret": ""}, name="New", channel=channel)
    changed.refresh_from_db()
    assert (changed.name, changed.secrets) == ("New", {"secret": SECRET})
    with pytest.raises(Invalid):
        actions.connect(owner, "webhook", agent.pk, {"callback_url": "nonsense", "secret": SECRET}, name="")


def test_a_kind_whose_plugin_is_off_cannot_be_connected(owner, editor, agent, channel, in_workspace) -> None:
    plugins.turn_off(owner, "webhook")
    with pytest.raises(UnknownKind):
        actions.connect(owner, "webhook", agent.pk, {}, name="")

    with pytest.raises(NotAllowed):
        actions.connect(replace(editor, role="viewer"), "webhook", agent.pk, {}, name="")
