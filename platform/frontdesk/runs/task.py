"""What a run needs to know, as one value that is stored with it: any process can take the run up from here."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field

from frontdesk.agents.content import AgentContent
from frontdesk.workspaces.models import Workspace


class HistoryMessage(BaseModel):
    role: Literal["user", "assistant"]
    text: str


class Task(BaseModel):
    """The agent as it was when the question came, the conversation so far, and the question."""

    content: AgentContent
    question: str
    history: list[HistoryMessage] = Field(default_factory=list)
    language: str = ""

    def language_for(self, workspace: Workspace) -> str:
        """The language of what Frontdesk itself says in this run."""
        return self.language or self.content.language or workspace.language

    def as_json(self) -> dict[str, Any]:
        return self.model_dump(mode="json")
