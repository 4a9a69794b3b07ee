"""Tools that an agent may use in a run. Arguments are checked against their schema before anything happens."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import orjson
from pydantic import BaseModel, ConfigDict, Field

from frontdesk.agents.content import AgentContent
from frontdesk.core.threads import in_thread
from frontdesk.knowledge.models import KnowledgeBase
from frontdesk.knowledge.tables import offers
from frontdesk.knowledge.tables.asking import QueryRefused
from frontdesk.knowledge.tables.offers import Offered
from frontdesk.knowledge.tables.validation import LONGEST_SQL
from frontdesk.sdk.errors import ToolError
from frontdesk.sdk.values import Passage, ToolCall, ToolSpec
from frontdesk.tools import calling, catalogue, schemas
from frontdesk.tools.catalogue import Available

from . import handing_over, lookup
from .models import Run

logger = logging.getLogger(__name__)

TOOL_SECONDS = 30.0
# How often a model may send arguments that do not fit, for one tool in one run; after that the tool is refused.
MOST_MISSES = 3
NO_ROW = "No row fits. Ask in another way, or say that the tables do not tell."


@dataclass(frozen=True, slots=True)
class ToolResult:
    """What the model is told. `passages` join the sources of the answer."""

    text: str
    failed: bool = False
    passages: tuple[Passage, ...] = ()
    title: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A call whose arguments fit, and that a person must allow."""

    call: ToolCall
    tool: Available
    arguments: Mapping[str, Any]


class SearchKnowledge(BaseModel):
    """Search the business's own knowledge again, in other words."""

    model_config = ConfigDict(extra="forbid")
    query: str = Field(min_length=1, max_length=500, description="What to look for")


class QueryTables(BaseModel):
    """Ask the tables that you were told of with one SELECT statement."""

    model_config = ConfigDict(extra="forbid")
    sql: str = Field(min_length=1, max_length=LONGEST_SQL, description="One SELECT in the SQL of DuckDB")


class HandOver(BaseModel):
    """Pass the conversation to a person, when the customer asks for one or you cannot help."""

    model_config = ConfigDict(extra="forbid")
    reason: str = Field(min_length=1, max_length=200, description="Why, in a few words for the team")


BUILT_IN: dict[str, type[BaseModel]] = {"search_knowledge": SearchKnowledge, "query_tables": QueryTables, "hand_over": HandOver}


class Toolbox:
    """The tools of one run, as the model sees them, and calling them. Make it with `open`."""

    def __init__(
        self,
        run: Run,
        content: AgentContent,
        granted: Sequence[Available],
        *,
        tables: Sequence[Offered] = (),
        language: str = "",
    ) -> None:
        self.run, self.content, self.tables, self.language = run, content, tables, language
        asks = run.conversation_id is not None and content.handover.by_agent
        offered = {"search_knowledge": content.knowledge, "query_tables": tables, "hand_over": asks}
        own = [name for name, wanted in offered.items() if wanted]
        self._granted = {tool.name: tool for tool in catalogue.named_apart(granted, taken=BUILT_IN)}
        self.specs = [_spec(name) for name in own] + [tool.spec for tool in self._granted.values()]
        self._schemas = {spec.name: spec.parameters for spec in self.specs}
        self._misses: Counter[str] = Counter()
        self._pages = 0
        # What to tell the customer where the model has passed them on and says nothing itself.
        self.said_at_hand_over = ""

    @classmethod
    async def open(
        cls, run: Run, content: AgentContent, *, bases: Sequence[KnowledgeBase], passages: Sequence[Passage], language: str
    ) -> Toolbox:
        """With the tools that the agent was granted and that work now, and the tables of its knowledge."""
        granted = await in_thread(catalogue.available, run.workspace, content.tools) if content.tools else []
        tables = await lookup.tables(bases, passages)
        return cls(run, content, granted, tables=tables, language=language)

    async def call(self, call: ToolCall) -> ToolResult | Waiting:
        """Never raises: the model is told what went wrong and may try again."""
        arguments = self._read(call)
        if isinstance(arguments, ToolResult):
            return arguments
        tool = self._granted.get(call.name)
        if tool is not None and self._asks_first(tool):
            if self.run.conversation_id is None:
                return ToolResult("A person would be asked first. Here nobody can be asked, so nothing was done. Say so.")
            return Waiting(call, tool, arguments)
        return await self.perform(call.name, arguments)

    async def perform(self, name: str, arguments: Mapping[str, Any]) -> ToolResult:
        """Use a tool whose arguments fit and that nobody must allow any more. Never raises."""
        try:
            if name in self._granted:
                return await self._use(self._granted[name], arguments)
            if name not in self._schemas:
                return ToolResult(f"{name} is not there any more.", failed=True)
            async with asyncio.timeout(TOOL_SECONDS):
                return await self._built_in(BUILT_IN[name].model_validate(arguments))
        except (ToolError, QueryRefused) as error:
            return ToolResult(str(error), failed=True)
        except TimeoutError:
            return ToolResult(f"{name} did not answer within {TOOL_SECONDS:.0f} seconds.", failed=True)
        except Exception as error:
            logger.exception("tool %s failed in run %s", name, self.run.uuid)
            return ToolResult(f"{name} failed: {error}", failed=True)

    async def perform_granted(self, tool_id: str, arguments: Mapping[str, Any]) -> ToolResult:
        """As `perform`, by the id under which it was granted."""
        name = next((name for name, tool in self._granted.items() if tool.id == tool_id), "")
        if not name:
            return ToolResult("This tool is not there any more, so it was not done.", failed=True)
        return await self.perform(name, arguments)

    def _read(self, call: ToolCall) -> Mapping[str, Any] | ToolResult:
        """The arguments, or what to tell the model: the call never goes out."""
        if call.name not in self._schemas:
            return ToolResult(f"There is no tool called {call.name}.", failed=True)
        if self._misses[call.name] >= MOST_MISSES:
            return ToolResult(f"{call.name} is refused: its arguments did not fit too often. Go on without it.", failed=True)
        try:
            arguments = orjson.loads(call.arguments or "{}")
            if "\\u0000" in call.arguments:
                raise orjson.JSONDecodeError("it holds a NUL character", "", 0)
            problems = schemas.problems(arguments, self._schemas[call.name])
        except orjson.JSONDecodeError as error:
            problems = [f"this is not JSON ({error})"]
        if not problems:
            return cast(Mapping[str, Any], arguments)
        self._misses[call.name] += 1
        left = MOST_MISSES - self._misses[call.name]
        advice = f"You may try again, {left} times at most." if left else "Do not call it again; go on without it."
        return ToolResult(f"These arguments do not fit the schema: {'; '.join(problems)}. {advice}", failed=True)

    def _asks_first(self, tool: Available) -> bool:
        return self.content.approvals.get(tool.id, tool.ask_first)

    async def _use(self, tool: Available, arguments: Mapping[str, Any]) -> ToolResult:
        answer = await calling.call(self.run.workspace, tool, arguments, language=self.language)
        if not answer.url:
            return ToolResult(answer.text, title=answer.title)
        # What can be opened may be cited, like a passage of the owner's own knowledge.
        self._pages += 1
        title = answer.title or tool.label
        page = Passage(-self._pages, answer.text, title, score=0.0, source_id=0, source_name=title, url=answer.url)
        return ToolResult(answer.text, passages=(page,), title=title, url=answer.url)

    async def _built_in(self, arguments: BaseModel) -> ToolResult:
        match arguments:
            case SearchKnowledge(query=query):
                found = await lookup.find(self.content.knowledge, query, agent_id=self.run.agent_id)
                text = "\n\n".join(f"{passage.source_name} {passage.place}\n{passage.text}" for passage in found.passages)
                return ToolResult(text or "Nothing was found.", passages=tuple(found.passages))
            case QueryTables(sql=sql):
                rows = await in_thread(offers.answer, self.tables, sql)
                return ToolResult("\n\n".join(row.text for row in rows) or NO_ROW, passages=tuple(rows))
            case HandOver(reason=reason):
                self.said_at_hand_over = await in_thread(handing_over.by_agent, self.run, self.content, reason)
                return ToolResult(
                    "A person will take over. Tell the customer so, in their own language, with what this says: "
                    f"“{self.said_at_hand_over}”"
                )
        raise TypeError(type(arguments))


def _spec(name: str) -> ToolSpec:
    schema = BUILT_IN[name]
    return ToolSpec(name, (schema.__doc__ or "").strip(), schema.model_json_schema())
