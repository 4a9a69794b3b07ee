"""What the tools take and give. The texts are for the models that choose among tools."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator

AgentName = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


class _Arguments(BaseModel):
    model_config = ConfigDict(extra="forbid")

    @field_validator("*", mode="before")
    @classmethod
    def _without_nul(cls, value: Any) -> Any:
        """PostgreSQL cannot store it."""
        return value.replace("\x00", "") if isinstance(value, str) else value


class ListAgents(_Arguments):
    """List the agents of this business that can be asked, with what each greets its customers with."""


class AskAgent(_Arguments):
    """Ask one of the business's agents, which answers from the business's own knowledge and names its sources. Costs credits."""

    agent: AgentName = Field(description="Its id or its name, from list_agents.")
    question: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=20_000)] = Field(
        description="What to ask, as a customer would."
    )
    conversation_id: UUID | None = Field(None, description="From an earlier answer, to go on with that conversation.")
    user: Annotated[str, StringConstraints(max_length=200)] = Field(
        "", description="Who is asking, as your program names people."
    )


class SearchKnowledge(_Arguments):
    """Search the business's knowledge and get the passages themselves, best first. Nobody answers."""

    query: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2_000)] = Field(
        description="What to look for, as a question or a few words."
    )
    agent: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)] = Field(
        "", description="Search only what this agent knows: its id or name. Empty: all knowledge of the business."
    )
    limit: int = Field(5, ge=1, le=20, description="How many passages at most.")


class AgentFound(BaseModel):
    id: UUID
    name: str
    greeting: str
    suggestions: list[str]


class AgentsFound(BaseModel):
    agents: list[AgentFound]


class Source(BaseModel):
    """`n` is the number that stands in the answer, as [1]."""

    n: int
    title: str
    place: str
    url: str
    quote: str


class Answer(BaseModel):
    """`handed_over`: a person of the business answers later; `waiting`: a person must first allow what the agent wants to do."""

    conversation_id: UUID
    status: Literal["answered", "handed_over", "waiting", "cancelled"]
    answer: str
    sources: list[Source]


class PassageFound(BaseModel):
    text: str
    title: str
    source: str
    place: str
    url: str
    score: float


class PassagesFound(BaseModel):
    """`confidence` is 0…1: how sure it is that the answer is in the passages."""

    passages: list[PassageFound]
    confidence: float
