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


class HandOver(BaseModel):
    """When a person takes over, beside the agent asking for one by itself (`by_agent`), and what the customer is told then.

    `topics` are words of the customer; a star stands for any ending. `unanswered` is after how many answers in a row without a
    source, `repeated` at which asking of the same question; 0: never. Empty texts are ours; {back} in `say_closed` stands for
    when the business opens again.
    """

    model_config = ConfigDict(extra="forbid")

    by_agent: bool = True
    asked: bool = True
    upset: bool = False
    topics: list[Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]] = Field(
        default_factory=list, max_length=100
    )
    unanswered: int = Field(0, ge=0, le=10)
    repeated: int = Field(0, ge=0, le=10)
    say: Annotated[str, StringConstraints(strip_whitespace=True, max_length=1_000)] = ""
    say_closed: Annotated[str, StringConstraints(strip_whitespace=True, max_length=1_000)] = ""


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
    # Whether a model may put a question in full for the search, where it leans on the one before or is in another language than
    # the knowledge: one short call more.
    rewrite_questions: bool = True
    handover: HandOver = Field(default_factory=HandOver)
    # Messages that come together on a messenger are answered together, after so many quiet seconds; else one after the other.
    together: bool = True
    wait_seconds: int = Field(0, ge=0, le=30)
    # Ids of the tools it may use (`tools.catalogue`), and whether a person is asked before each call where the owner said so.
    tools: list[Annotated[str, StringConstraints(max_length=200)]] = Field(default_factory=list, max_length=50)
    approvals: dict[Annotated[str, StringConstraints(max_length=200)], bool] = Field(default_factory=dict, max_length=200)
