"""The engine: one question in, events out. The same coroutine whether a web process or a worker owns the run.

prompt + retrieval → model → (tools → model)… → the answer, committed together with its journal, its credits and its usage.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Coroutine, Sequence
from contextlib import aclosing
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar
from uuid import uuid4

from django.utils import timezone, translation
from django.utils.translation import gettext as _

from frontdesk.agents import prompt
from frontdesk.core.errors import FrontdeskError
from frontdesk.core.scoping import scope
from frontdesk.core.threads import in_thread
from frontdesk.knowledge.models import KnowledgeBase
from frontdesk.knowledge.tables import offers
from frontdesk.providers import calls
from frontdesk.sdk.errors import ProviderError
from frontdesk.sdk.values import ChatMessage, ChatRequest, ImagePart, PartDelta, PartDone, Passage, TextPart, ToolCall, message

from . import approvals, citations, endings, journal, lookup, pictures
from .approvals import Pause
from .errors import AnswerTooLong, StepLimitReached
from .events import (
    APPROVAL,
    CANCELLED,
    COMPLETED,
    FAILED,
    MESSAGE,
    PAUSED,
    REASONING,
    SOURCES,
    TEXT,
    TOOL_CALLED,
    TOOL_RETURNED,
    USAGE,
)
from .models import Run
from .rewriting import Rewriter
from .stream import Stream
from .task import StoredCall, Task, messages_of, step_of, storable
from .tools import Toolbox, ToolResult, Waiting

logger = logging.getLogger(__name__)

MAX_TOOL_RESULT = 20_000
# Characters that a model may say and think in one answer, and tools that it may ask for at once.
MAX_ANSWER = 200_000
MAX_TOOL_CALLS = 16
Result = TypeVar("Result", bound=ToolResult | Waiting)


class Execution:
    """One run being worked on."""

    def __init__(self, run: Run, stream: Stream) -> None:
        self.run = run
        self.stream = stream
        self.task = Task.model_validate(run.task)
        self.text: list[str] = []
        self.room = MAX_ANSWER
        self.cited: set[int] = set()
        self.bases: Sequence[KnowledgeBase] = ()
        self.passages: list[Passage] = []
        self.calls: list[calls.Call] = []
        self.confidence: float | None = None
        self.pause: Pause | None = None
        # From here on its own ending decides; a stop comes too late.
        self.ending = False
        # What the customer wrote meanwhile; whoever owns this run starts it.
        self.next_run: Run | None = None

    async def perform(self) -> None:
        """Work until the ending is committed and shown. Raises CancelledError only when the process is stopping."""
        language = self.task.language_for(self.run.workspace)
        with scope(workspace=self.run.workspace), translation.override(language):
            try:
                stopped = self.run.cancel_requested
                if not stopped:
                    async with asyncio.timeout(_seconds_until(self.run.deadline_at)):
                        await self._answer()
                await self._complete(stopped=stopped)
            except asyncio.CancelledError:
                if not self.run.cancel_requested:
                    raise
                await asyncio.shield(self._complete(stopped=True))
            except TimeoutError:
                await self._fail(
                    _("This took too long. Please ask again."), "DEADLINE", "The deadline passed before the answer was finished."
                )
            except StepLimitReached:
                await self._fail(
                    _("I could not finish this. Please ask in another way."),
                    "STEP_LIMIT",
                    "The agent used all its steps on tools.",
                )
            except ProviderError as error:
                await self._fail(_("I cannot answer right now. Please try again in a moment."), "PROVIDER_ERROR", error.cause)
            except FrontdeskError as error:
                await self._fail(str(error.message), error.code, str(error.message))
            except Exception as error:
                logger.exception("run %s failed", self.run.uuid)
                await self._fail(_("Something went wrong. Please try again."), "ERROR", f"{type(error).__name__}: {error}")

    async def _answer(self) -> None:
        content = self.task.content
        chain = await calls.candidates(self.run.workspace, _choice(content.choice))
        await self._retrieve(chain)
        language = self.task.language_for(self.run.workspace)
        toolbox = await Toolbox.open(self.run, content, bases=self.bases, passages=self.passages, language=language)
        shown = await in_thread(pictures.seen, self.run) if pictures.told_of(self.task) else []
        messages = [*self._messages(shown, toolbox), *await self._earlier_steps(toolbox)]
        for _step in range(content.max_steps):
            tool_calls = await self._one_step(chain, messages, toolbox)
            if not tool_calls:
                await self._say_at_hand_over(toolbox)
                return
            results, waiting = await self._use_all(toolbox, tool_calls)
            step = step_of("".join(self.text), tool_calls, results)
            if waiting:
                await self._say(
                    ("\n\n" if self.text else "") + _("I have to ask a colleague about this. You will get the answer here.")
                )
                self.pause = Pause(step, waiting)
                return
            messages += messages_of(step, {})
            if self.text:
                await self._say("\n\n")
        if not await self._say_at_hand_over(toolbox):
            raise StepLimitReached

    async def _say_at_hand_over(self, toolbox: Toolbox) -> bool:
        """What a model that passed the customer on did not say itself. Gives whether it passed them on."""
        if toolbox.said_at_hand_over and not "".join(self.text).strip():
            await self._say(toolbox.said_at_hand_over)
        return bool(toolbox.said_at_hand_over)

    async def _retrieve(self, chain: list[calls.Candidate]) -> None:
        """Find what the knowledge says about the question, told as `sources.found` also when that is nothing."""
        started, content = time.perf_counter(), self.task.content
        asked = [item.text for item in self.task.history if item.role == "user"]
        rewriter = Rewriter(chain, self.task.history, self._report) if content.rewrite_questions else None
        found = await lookup.find(
            content.knowledge, self.task.question, agent_id=self.run.agent_id, asked_before=asked, rewriter=rewriter
        )
        self.bases, self.passages, self.confidence = found.bases, list(found.passages), found.confidence
        self.stream.add(SOURCES, {**_sources(found), "took_ms": round(1000 * (time.perf_counter() - started), 1)})

    def _messages(self, shown: list[ImagePart], toolbox: Toolbox) -> list[ChatMessage]:
        told = (prompt.render(self.task.content, self.passages), offers.told(toolbox.tables))
        system = message("system", "\n\n".join(filter(None, told)))
        past = [message("user" if item.role == "user" else "assistant", item.text) for item in self.task.history]
        return [system, *past, ChatMessage("user", (TextPart(self.task.question), *shown))]

    async def _one_step(self, chain: list[calls.Candidate], messages: list[ChatMessage], toolbox: Toolbox) -> list[ToolCall]:
        """Ask the model once; stream what it says and give the tools it wants."""
        choice = self.task.content.choice
        request = ChatRequest(
            model="",
            messages=messages,
            tools=toolbox.specs,
            temperature=choice.temperature,
            max_tokens=choice.max_tokens,
            passages=self.passages,
            confidence=self.confidence,
            language=self.task.language or self.task.content.language,
            user=str(self.run.uuid),
        )
        wanted: list[ToolCall] = []
        async with aclosing(calls.chat(chain, request, report=self._report)) as events:
            async for event in events:
                match event:
                    case PartDelta(kind="text"):
                        self._make_room(event.text)
                        await self._say(storable(event.text))
                    case PartDelta(kind="reasoning"):
                        self._make_room(event.text)
                        self.stream.add(REASONING, {"text": storable(event.text)})
                    case PartDone(kind="tool", tool_call=ToolCall() as call):
                        taken = {each.id for each in wanted}
                        wanted.append(call if call.id and call.id not in taken else replace(call, id=f"call_{uuid4().hex}"))
                        if len(wanted) > MAX_TOOL_CALLS:
                            raise StepLimitReached
                    case PartDone(kind="text"):
                        self.cited.update(event.cited)
        return wanted

    def _make_room(self, text: str) -> None:
        self.room -= len(text)
        if self.room < 0:
            raise AnswerTooLong

    async def _say(self, text: str) -> None:
        self.text.append(text)
        if len(self.text) > 1:
            self.stream.add(TEXT, {"text": text})
        else:
            await self._tell(TEXT, {"text": text})

    async def _tell(self, kind: str, data: dict[str, Any]) -> None:
        """Show an event that must be in the journal before: what customers see up to the first word, and that word.

        When this process dies, another one begins again where the journal ends, if no word stands there. So no client may have
        seen a word that it does not hold, nor a number that the other process would give to something else.
        """
        await _unbroken(self._write_and_show(kind, data))

    async def _write_and_show(self, kind: str, data: dict[str, Any]) -> None:
        await self.stream.idle()
        before, events = self.stream.take_unwritten(), self.stream.prepare((kind, data))
        try:
            await in_thread(journal.write_many, [(self.run.pk, [*before, *events])], self.run.owner)
        except Exception:
            logger.warning("run %s goes on without its journal for now", self.run.uuid, exc_info=True)
            self.stream.give_back(before)
            self.stream.add(kind, data)
        else:
            self.stream.wrote()
            self.stream.show(events)

    async def _use_all(self, toolbox: Toolbox, wanted: list[ToolCall]) -> tuple[dict[str, str], list[Waiting]]:
        """What the model is told, by the id of the call, and the calls that a person must allow first."""
        results: dict[str, str] = {}
        waiting: list[Waiting] = []
        for call in wanted:
            result = await self._use(call, toolbox.call(call))
            if isinstance(result, Waiting):
                asked = {
                    "id": call.id,
                    "name": call.name,
                    "label": result.tool.label,
                    "arguments": storable(call.arguments[:4000]),
                }
                await self._tell(APPROVAL, asked)
                waiting.append(result)
            else:
                results[call.id] = self._shown(result)
        return results, waiting

    async def _earlier_steps(self, toolbox: Toolbox) -> list[ChatMessage]:
        """What was said and done before a person decided; what they allowed is done now."""
        messages: list[ChatMessage] = []
        for step in self.task.steps:
            results: dict[str, str] = {}
            for call in step.calls:
                if call.result is None:
                    result = await self._use(call, approvals.result_of(self.run, call, toolbox))
                    call.result = results[call.id] = self._shown(result)
            messages += messages_of(step, results)
        return messages

    async def _use(self, call: ToolCall | StoredCall, work: Awaitable[Result]) -> Result:
        """Await a call between the two events that tell of it."""
        await self._tell(TOOL_CALLED, {"id": call.id, "name": call.name, "arguments": storable(call.arguments[:4000])})
        started = time.perf_counter()
        result = await work
        if isinstance(result, ToolResult):
            told = {"problem" if result.failed else "result": storable(result.text[:4000])}
            link = {"title": storable(result.title), "url": storable(result.url)} if result.url else {}
            took = round(1000 * (time.perf_counter() - started), 1)
            await self._tell(TOOL_RETURNED, {"id": call.id, "name": call.name, **told, **link, "took_ms": took})
        return result

    def _shown(self, result: ToolResult) -> str:
        return (self._join_passages(result) or result.text)[:MAX_TOOL_RESULT]

    def _join_passages(self, result: ToolResult) -> str:
        """Add what a tool found to what may be cited; gives it as the model is shown it, under the numbers it cites by."""
        numbers = {passage.id: number for number, passage in enumerate(self.passages, 1)}
        for passage in result.passages:
            if passage.id not in numbers:
                self.passages.append(passage)
                numbers[passage.id] = len(self.passages)
        return "\n".join(prompt.quoted(numbers[passage.id], passage) for passage in result.passages)

    def _report(self, call: calls.Call) -> None:
        """Usage is an event of its own, so that a call that fails midway is still counted."""
        self.calls.append(call)
        data = {
            "provider": call.provider,
            "model": call.model,
            "shared": call.shared,
            "input_tokens": call.usage.input_tokens,
            "output_tokens": call.usage.output_tokens,
            "cost_usd": round(call.cost_usd, 6),
            "problem": call.problem,
        }
        self.stream.add(USAGE, data)

    async def _complete(self, *, stopped: bool) -> None:
        text = "".join(self.text).strip()
        if not text and not stopped:
            await self._fail(
                _("I could not find words. Please ask in another way."), "EMPTY_ANSWER", "The model ended without an answer."
            )
            return
        sources = citations.used(text, self.passages, self.cited)
        message_data = {"message": None, "text": text, "sources": sources, "stopped": stopped}
        kinds: list[tuple[str, dict[str, Any]]] = [(MESSAGE, message_data)] if text else []
        kinds.append((CANCELLED if stopped else PAUSED if self.pause else COMPLETED, {}))
        await self._end(kinds, answer=message_data if text else None, pause=None if stopped else self.pause)

    async def _fail(self, sentence: str, code: str, cause: str) -> None:
        await self._end([(FAILED, {"message": sentence, "code": code, "retry": True})], cause=cause)

    async def _end(
        self,
        kinds: list[tuple[str, dict[str, Any]]],
        *,
        answer: dict[str, Any] | None = None,
        cause: str = "",
        pause: Pause | None = None,
    ) -> None:
        """Commit first, show then: nobody sees an ending that a crash could take back."""
        self.ending = True
        await self.stream.idle()
        before = self.stream.take_unwritten()
        ending = self.stream.prepare(*kinds)
        record = endings.Ending(before=before, events=ending, answer=answer, calls=self.calls, cause=cause, pause=pause)
        for rest in (0.2, 1.0, 3.0, None):
            try:
                committed = await in_thread(endings.commit, self.run, record)
                ending, self.next_run = committed.events, committed.next_run
                break
            except endings.AlreadyEnded:
                logger.warning("run %s is another process's by now", self.run.uuid)
                return
            except Exception:
                logger.exception("the ending of run %s could not be written", self.run.uuid)
                if rest is None:
                    ending = self.stream.prepare(
                        (FAILED, {"message": _("Something went wrong. Please try again."), "code": "ERROR", "retry": True})
                    )
                    break
                await asyncio.sleep(rest)
        self.stream.show(ending)


async def _unbroken(work: Coroutine[Any, Any, None]) -> None:
    """Do it to its end: who is cancelled meanwhile leaves afterwards, for a thread cannot be called back."""
    task = asyncio.ensure_future(work)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise


def _choice(choice: Any) -> str:
    return f"{choice.provider}:{choice.model}" if choice.provider else ""


def _seconds_until(moment: datetime) -> float:
    return max(0.1, (moment - timezone.now()).total_seconds())


def _sources(found: lookup.Found) -> dict[str, Any]:
    items = [citations.as_source(number, passage) for number, passage in enumerate(found.passages, 1)]
    rewritten = {"searched": found.searched, "reason": found.reason} if found.searched else {}
    return {"items": items, "confidence": round(found.confidence, 3), **rewritten}
