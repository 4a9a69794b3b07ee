"""What pickers offer: the workspace's own agents and knowledge, and the models that its providers have."""

from __future__ import annotations

from typing import Any

from frontdesk.agents import queries as agents
from frontdesk.agents.content import ModelChoice
from frontdesk.core.scoping import scope
from frontdesk.knowledge import queries as knowledge
from frontdesk.workspaces.models import Workspace

from ..agents.models import Models

Choices = list[tuple[str, Any]]


def agent_choices(workspace: Workspace) -> Choices:
    with scope(workspace=workspace):
        return [(str(agent.uuid), agent.name) for agent in agents.agents()]


def knowledge_choices(workspace: Workspace) -> Choices:
    with scope(workspace=workspace):
        return [(str(base.uuid), base.name) for base in knowledge.bases()]


def model_choices(workspace: Workspace, now: Any) -> Choices:
    """As the agent editor offers them. What is chosen `now` stays an option when nobody offers it any more."""
    provider, _colon, model = (now if isinstance(now, str) else "").partition(":")
    with scope(workspace=workspace):
        return Models(workspace, ModelChoice(provider=provider[:40], model=model[:120])).choices
