"""What an owner edits of an agent, as one value: kept in versions, sent by the editor, used by a run."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

SectionKey = Literal["instructions", "organisation", "knowledge", "products", "qa", "examples", "goal"]
ShortText = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)]
LongText = Annotated[str, StringConstraints(max_length=20_000)]


class Section(BaseModel):
    """A named part of the prompt, in the order in which it is rendered."""

    model_config = ConfigDict(extra="forbid")

    key: str = Field(max_length=40, pattern=r"^[a-z][a-z0-9_]*$")
    title: ShortText = ""
    text: LongText = ""
    enabled: bool = True


class ModelChoice(BaseModel):
    """Which model answers. Empty provider: the workspace's own order decides."""

    model_config = ConfigDict(extra="forbid")

    provider: str = Field("", max_length=40)
    model: str = Field("", max_length=120)
    temperature: float | None = Field(None, ge=0, le=2)
    max_tokens: int | None = Field(None, ge=1, le=100_000)


class Example(BaseModel):
    """A question and the answer that the owner would give."""

    model_config = ConfigDict(extra="allow")

    question: str = Field("", max_length=4_000)
    answer: str = Field("", max_length=8_000)


class AgentContent(BaseModel):
    """Secrets never stand here: versions are kept and shown."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)]
    organisation_name: ShortText = ""
    organisation_description: LongText = ""
    sections: list[Section] = Field(default_factory=list, max_length=40)
    examples: list[Any] = Field(default_factory=list, max_length=200)
    goal: LongText = ""
    greeting: Annotated[str, StringConstraints(max_length=500)] = ""
    suggestions: list[ShortText] = Field(default_factory=list, max_length=6)
    language: str = Field("", max_length=10)
    knowledge: list[UUID] = Field(default_factory=list, max_length=50)
    choice: ModelChoice = Field(default_factory=ModelChoice)
    max_steps: int = Field(6, ge=1, le=20)
    history_messages: int = Field(20, ge=0, le=200)
    # Ids of the tools it may use (`tools.catalogue`), and whether a person is asked before each call where the owner said so.
    tools: list[Annotated[str, StringConstraints(max_length=200)]] = Field(default_factory=list, max_length=50)
    approvals: dict[Annotated[str, StringConstraints(max_length=200)], bool] = Field(default_factory=dict, max_length=200)
