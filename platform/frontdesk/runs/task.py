"""What a run needs to know, as one value that is stored with it: any process can take the run up from here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

from pydantic import BaseModel, Field

from frontdesk.agents.content import AgentContent
from frontdesk.sdk.values import ChatMessage, TextPart, ToolCall
from frontdesk.workspaces.models import Workspace


class HistoryMessage(BaseModel):
    role: Literal["user", "assistant"]
    text: str


class StoredCall(BaseModel):
    """A tool that the model asked for. `result` is what it is told; None while a person has not decided."""

    id: str
    name: str
    arguments: str
    thought_signature: str = ""
    result: str | None = None


class Step(BaseModel):
    """What the model said and asked for, before this run began."""

    text: str = ""
    calls: list[StoredCall]


class Task(BaseModel):
    """The agent as it was when the question came, the conversation so far, the question, and for a run that goes on
    after a person decided, the steps until then."""

    content: AgentContent
    question: str
    history: list[HistoryMessage] = Field(default_factory=list)
    steps: list[Step] = Field(default_factory=list)
    language: str = ""

    def language_for(self, workspace: Workspace) -> str:
        """The language of what Frontdesk itself says in this run."""
        return self.language or self.content.language or workspace.language

    def as_json(self) -> dict[str, Any]:
        return self.model_dump(mode="json")


def storable(text: str) -> str:
    """Without what neither PostgreSQL nor UTF-8 takes: the NUL character and halves of surrogate pairs."""
    return text.replace("\x00", "").encode("utf-8", "ignore").decode()


def step_of(text: str, calls: list[ToolCall], results: dict[str, str]) -> Step:
    """A step as it is stored. `results` by the id of the call."""
    stored = [
        StoredCall(
            id=storable(call.id),
            name=storable(call.name),
            arguments=storable(call.arguments),
            thought_signature=storable(call.thought_signature),
            result=storable(results[call.id]) if call.id in results else None,
        )
        for call in calls
    ]
    return Step(text=storable(text), calls=stored)


def messages_of(step: Step, results: dict[str, str]) -> Iterator[ChatMessage]:
    """A step as the model is shown it; `results` has those that the step itself lacks."""
    calls = tuple(ToolCall(call.id, call.name, call.arguments, call.thought_signature) for call in step.calls)
    yield ChatMessage("assistant", (TextPart(step.text),) if step.text else (), tool_calls=calls)
    for call in step.calls:
        told = call.result if call.result is not None else results[call.id]
        yield ChatMessage("tool", (TextPart(told),), tool_call_id=call.id, name=call.name)
