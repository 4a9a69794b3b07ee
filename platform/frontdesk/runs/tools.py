"""Tools that an agent may use in a run. Arguments are checked against their schema before anything happens."""

from __future__ import annotations

import asyncio
import json
import logging
from dataclasses import dataclass

from django.utils.translation import gettext as _
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from frontdesk.agents.content import AgentContent
from frontdesk.conversations import actions as conversations
from frontdesk.core.threads import in_thread
from frontdesk.sdk.values import Passage, ToolCall, ToolSpec

from . import lookup
from .models import Run

logger = logging.getLogger(__name__)

TOOL_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class ToolResult:
    """What the model is told. `passages` join the sources of the answer."""

    text: str
    failed: bool = False
    passages: tuple[Passage, ...] = ()


class SearchKnowledge(BaseModel):
    """Search the business's own knowledge again, in other words."""

    model_config = ConfigDict(extra="forbid")
    query: str = Field(min_length=1, max_length=500, description="What to look for")


class HandOver(BaseModel):
    """Pass the conversation to a person, when the customer asks for one or you cannot help."""

    model_config = ConfigDict(extra="forbid")
    reason: str = Field(min_length=1, max_length=200, description="Why, in a few words for the team")


SCHEMAS: dict[str, type[BaseModel]] = {"search_knowledge": SearchKnowledge, "hand_over": HandOver}


class Toolbox:
    """The tools of one run, as the model sees them, and calling them."""

    def __init__(self, run: Run, content: AgentContent) -> None:
        self.run = run
        self.content = content
        names = (["search_knowledge"] if content.knowledge else []) + (["hand_over"] if run.conversation_id else [])
        self.specs = [_spec(name) for name in names]

    async def call(self, call: ToolCall) -> ToolResult:
        """Never raises: the model is told what went wrong and may try again."""
        if call.name not in {spec.name for spec in self.specs}:
            return ToolResult(f"There is no tool called {call.name}.", failed=True)
        try:
            arguments = SCHEMAS[call.name].model_validate(json.loads(call.arguments or "{}"))
        except (ValidationError, ValueError) as error:
            return ToolResult(f"These arguments do not fit the schema: {error}", failed=True)
        try:
            async with asyncio.timeout(TOOL_SECONDS):
                return await self._perform(arguments)
        except TimeoutError:
            return ToolResult(f"{call.name} did not answer within {TOOL_SECONDS:.0f} seconds.", failed=True)
        except Exception as error:
            logger.exception("tool %s failed in run %s", call.name, self.run.uuid)
            return ToolResult(f"{call.name} failed: {error}", failed=True)

    async def _perform(self, arguments: BaseModel) -> ToolResult:
        match arguments:
            case SearchKnowledge(query=query):
                found = await lookup.find(self.content.knowledge, query, agent_id=self.run.agent_id)
                text = "\n\n".join(f"{passage.source_name} {passage.place}\n{passage.text}" for passage in found.passages)
                return ToolResult(text or "Nothing was found.", passages=tuple(found.passages))
            case HandOver(reason=reason):
                await in_thread(conversations.hand_over, self.run.conversation_id, reason=reason)
                return ToolResult(_("A person will take over. Tell the customer so."))
        raise TypeError(type(arguments))


def _spec(name: str) -> ToolSpec:
    schema = SCHEMAS[name]
    return ToolSpec(name, (schema.__doc__ or "").strip(), schema.model_json_schema())
