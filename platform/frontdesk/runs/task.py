"""What a run needs to know, as one value that is stored with it: any process can take the run up from here."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field

from frontdesk.agents.content import AgentContent


class HistoryMessage(BaseModel):
    role: Literal["user", "assistant"]
    text: str


class Task(BaseModel):
    """The agent as it was when the question came, the conversation so far, and the question."""

    content: AgentContent
    question: str
    history: list[HistoryMessage] = Field(default_factory=list)
    language: str = ""

    def as_json(self) -> dict[str, Any]:
        return self.model_dump(mode="json")
