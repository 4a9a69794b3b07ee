"""A customer of the café who has written, and teammates of every role."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from frontdesk.conversations.actions import Inbound, receive
from frontdesk.conversations.models import Conversation
from tests.conftest import make_user


@pytest.fixture
def agent(owner: Any, in_workspace: Any) -> Any:
    from frontdesk.agents import actions
    from frontdesk.agents.starters import start_content

    return actions.create_agent(owner, start_content("Maya"), live=True)


@pytest.fixture
def write(owner: Any, agent: Any, in_workspace: Any) -> Callable[..., Conversation]:
    """`write("Hello", sender="ana")`: keep a customer's words; gives the conversation as it is in the database then."""

    def say(text: str, *, sender: str = "ana", conversation: Conversation | None = None, **inbound: Any) -> Conversation:
        said = Inbound(text, "api", sender, conversation=conversation.uuid if conversation else None, **inbound)
        return Conversation.objects.select_related("contact", "workspace").get(
            pk=receive(owner.workspace, agent.pk, said).conversation.pk
        )

    return say


@pytest.fixture
def conversation(write: Any) -> Conversation:
    return write("Do you have a table for four?", sender_name="Ana Lima")


@pytest.fixture
def member(workspace: Any) -> Callable[[str], Any]:
    """`member("viewer")`: somebody of that role, acting in the café."""
    from frontdesk.core.scoping import scope
    from frontdesk.workspaces import credentials
    from frontdesk.workspaces.models import Membership

    def make(role: str) -> Any:
        user = make_user(f"{role}@example.org", role.title())
        with scope(workspace=workspace):
            Membership.objects.create(workspace=workspace, user=user, role=role)
        return credentials.member(user, str(workspace.uuid))

    return make
