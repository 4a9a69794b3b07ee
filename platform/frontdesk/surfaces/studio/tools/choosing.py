"""“What may it do?” in the agent editor: the tools to tick, and whether a person is asked first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import QueryDict

from frontdesk.agents.content import AgentContent
from frontdesk.tools import catalogue
from frontdesk.workspaces.models import Workspace


@dataclass(frozen=True, slots=True)
class Choice:
    """A tool to tick. `asks`: a person must allow each call."""

    id: str
    label: str
    description: str
    origin: str
    chosen: bool
    asks: bool


def choices(workspace: Workspace, base: AgentContent, data: QueryDict | None) -> list[Choice]:
    """All tools that work in the workspace; ticked as the form was sent, or as the agent has it."""
    ticked = set(base.tools if data is None else data.getlist("tools"))
    asking = set(data.getlist("asks")) if data is not None else None
    return [
        Choice(
            tool.id,
            tool.label,
            tool.description,
            tool.origin if tool.inner else "",
            tool.id in ticked,
            base.approvals.get(tool.id, tool.ask_first) if asking is None else tool.id in asking,
        )
        for tool in catalogue.available(workspace)
    ]


def values(base: AgentContent, rows: list[Choice]) -> dict[str, Any]:
    """For the content. What is not offered now (a plugin that is off) stays granted, for when it comes back."""
    shown = {row.id for row in rows}
    chosen = {row.id: row.asks for row in rows if row.chosen}
    kept = [tool for tool in base.tools if tool not in shown or tool in chosen]
    tools = [*kept, *(tool for tool in chosen if tool not in kept)]
    before = {tool: asks for tool, asks in base.approvals.items() if tool in kept}
    return {"tools": tools, "approvals": {**before, **chosen}}
