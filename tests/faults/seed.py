"""Fills the database of this process's environment: a café with an agent, a widget and a key. Prints what a client needs."""

from __future__ import annotations

import json

import django

django.setup()

from frontdesk.agents import actions as agents  # noqa: E402  (after setup)
from frontdesk.agents.content import AgentContent  # noqa: E402
from frontdesk.channels import actions as channels  # noqa: E402
from frontdesk.core.scoping import scope  # noqa: E402
from frontdesk.workspaces.accounts import create_workspace  # noqa: E402
from frontdesk.workspaces.actions import create_api_key  # noqa: E402
from frontdesk.workspaces.credentials import member  # noqa: E402
from frontdesk.workspaces.models import User  # noqa: E402


def seed() -> dict[str, str]:
    user = User.objects.create(email="alice@example.org", first_name="Alice")
    workspace = create_workspace(user, "Café")
    owner = member(user, str(workspace.uuid))
    with scope(workspace=workspace):
        agent = agents.create_agent(owner, AgentContent(name="Mila"), live=True)
        widget = channels.create_widget(owner, agent.pk, name="Shop", origins=["*"])
        _row, key = create_api_key(owner, "Tests", ["127.0.0.1"])
    return {"agent": str(agent.uuid), "widget": widget.public_key, "key": key}


if __name__ == "__main__":
    print(json.dumps(seed()))
