"""Observers hear what happened in their workspace, in order and after it is true; they can hold up and break nothing."""

from __future__ import annotations

import asyncio
from typing import Any, Never

import pytest
from django.db import transaction

from frontdesk.agents import actions as agents
from frontdesk.agents.content import AgentContent
from frontdesk.conversations import actions as conversations
from frontdesk.conversations.models import Conversation
from frontdesk.core.scoping import scope
from frontdesk.plugins import actions, incidents, observing
from frontdesk.plugins.models import Incident
from frontdesk.sdk.manifest import Permissions
from frontdesk.sdk.observers import ConversationChanged, MessageReceived
from tests.ground.plugins import Heard, module

pytestmark = pytest.mark.django_db(transaction=True)
SEES = Permissions(data=("conversations",))


@pytest.fixture
def agent(owner, workspace) -> Any:
    with scope(workspace=workspace):
        return agents.create_agent(owner, AgentContent(name="Mila"), live=True)


@pytest.fixture
def other_agent(stranger, other_workspace) -> Any:
    with scope(workspace=other_workspace):
        return agents.create_agent(stranger, AgentContent(name="Nour"), live=True)


@pytest.fixture
def heard(install, owner, workspace) -> Heard:
    listener = Heard()
    install(module("listener", permissions=SEES, hooks=listener.hooks()))
    with scope(workspace=workspace):
        actions.turn_on(owner, "listener", agreed=SEES)
    return listener


def test_nothing_is_told_of_what_was_rolled_back(heard, workspace, agent) -> Never:
    inbound = conversations.Inbound("Hello", "api", "sam")
    with scope(workspace=workspace):
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            conversations.receive(workspace, agent.pk, inbound)
            raise ZeroDivisionError
        turn = conversations.receive(workspace, agent.pk, inbound)
    told = asyncio.run(heard.of(MessageReceived))
    assert [message.message for message in told] == [turn.message.uuid]


def test_a_conversation_is_heard_to_begin_change_hands_and_close(heard, owner, workspace, agent) -> None:
    with scope(workspace=workspace):
        turn = conversations.receive(workspace, agent.pk, conversations.Inbound("Hello", "api", "sam"))
        for status in (Conversation.Status.SUPPORT_ACTIVE, Conversation.Status.CLOSED, Conversation.Status.ACTIVE):
            conversations.set_status(owner, turn.conversation, status)
    told = asyncio.run(heard.of(ConversationChanged, 4))
    assert [change.what for change in told] == ["opened", "status", "closed", "reopened"]


def test_another_workspace_is_not_heard(heard, other_workspace, other_agent, workspace, agent) -> None:
    with scope(workspace=other_workspace):
        conversations.receive(other_workspace, other_agent.pk, conversations.Inbound("Secret", "api", "eve"))
    with scope(workspace=workspace):
        conversations.receive(workspace, agent.pk, conversations.Inbound("Hello", "api", "sam"))
    told = asyncio.run(heard.of(MessageReceived))
    assert [message.text for message in told] == ["Hello"]
    assert {context.workspace for _what, context in heard.said} == {workspace.uuid}


def test_who_did_not_ask_for_conversations_hears_nothing(install, owner, workspace) -> None:
    listener = Heard()
    install(module("listener", hooks=listener.hooks()))
    with scope(workspace=workspace):
        actions.turn_on(owner, "listener", agreed=Permissions())
        assert observing.observers(workspace, "message_received") == []


def test_one_that_breaks_is_noted_and_the_next_is_told(heard, install, owner, workspace, agent) -> None:
    async def message_received(message, context) -> Never:
        raise ZeroDivisionError("by nought")

    install(
        module("broken", permissions=SEES, hooks={"message_received": message_received}),
        module("listener", permissions=SEES, hooks=heard.hooks()),
    )
    with scope(workspace=workspace):
        actions.turn_on(owner, "broken", agreed=SEES)
        conversations.receive(workspace, agent.pk, conversations.Inbound("Hello", "api", "sam"))
        asyncio.run(heard.of(MessageReceived))
        incidents.written()
        assert "by nought" in Incident.objects.get(plugin="broken").problem
