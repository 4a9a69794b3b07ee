"""A provider that plays what it is told: for tests of the host, of any surface, and for demonstrations.

    provider = ScriptedProvider(steps=[Say("Hello there"), [CallTool("lookup", {"id": 7})], Fail(ProviderRateLimited("…"))])
    …
    provider.assert_finished()

Each element is one call of the model. In another process, the config names a file (`steps.Script`) instead:

    {"lines": [{"when": "refund", "steps": [{"say": "Within 30 days."}]}, {"steps": [{"say": "I don't know."}]}]}

With neither, it repeats what was said to it.
"""

from __future__ import annotations

import asyncio
import re
from collections import deque
from collections.abc import AsyncGenerator, Iterable, Iterator, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np
import orjson
from pydantic import BaseModel, Field

from ..errors import ProviderRejected
from ..parts import PartWriter
from ..provider import HttpFactory, Provider
from ..values import (
    ChatEvent,
    ChatRequest,
    Finished,
    FinishReason,
    ModelInfo,
    PartDelta,
    PartDone,
    ToolCall,
    Usage,
    UsageReport,
    Vectors,
)
from ..vectors import unit_rows
from .steps import Call, CallTool, Fail, Finish, Pause, Report, Say, Script, Step, Stop, Think, steps_of

__all__ = [
    "Call",
    "CallTool",
    "Fail",
    "Finish",
    "Pause",
    "Report",
    "Say",
    "ScriptedConfig",
    "ScriptedProvider",
    "Step",
    "Stop",
    "Think",
    "UnexpectedCall",
]

DIMENSIONS = 64
WORDS = re.compile(r"\s*\S+\s*$|\s*\S+")


class UnexpectedCall(AssertionError):
    """The model was called more often than the test said."""


class ScriptedConfig(BaseModel):
    """Where the script is, and how fast it is spoken."""

    script: str = Field(default="", title="Script", description="A JSON file on the server.")
    pace: float = Field(default=0, ge=0, le=60, title="Pace", description="Seconds before each word.")


class ScriptedProvider(Provider):
    slug = "scripted"
    label = "Scripted"
    config_model = ScriptedConfig
    needs_network = False
    shared_config_env: ClassVar[dict[str, str]] = {"script": "FRONTDESK_SCRIPT", "pace": "FRONTDESK_SCRIPT_PACE"}

    config: ScriptedConfig

    def __init__(
        self,
        config: ScriptedConfig | None = None,
        *,
        http: HttpFactory | None = None,
        steps: Iterable[Call] | None = None,
    ) -> None:
        super().__init__(config or ScriptedConfig(), http=http)
        self.requests: list[ChatRequest] = []
        """Every chat that was asked for, in order."""
        self.embedded: list[str] = []
        """Every text that was embedded, in order."""
        self._steps = None if steps is None else deque(map(steps_of, steps))
        self._unexpected: list[ChatRequest] = []
        self._script: Script | None = None

    def play(self, *calls: Call) -> None:
        """Add steps for the next calls."""
        self._steps = self._steps or deque()
        self._steps.extend(map(steps_of, calls))

    def assert_finished(self) -> None:
        """Raises AssertionError when steps were left over, or were missing."""
        if self._unexpected:
            raise UnexpectedCall(f"The model was called {len(self._unexpected)} times more often than there are steps.")
        assert not self._steps, f"The model was not called for {list(self._steps or ())}."

    async def models(self) -> Sequence[ModelInfo]:
        return [
            ModelInfo("scripted", "chat", "Scripted", tools=True, vision=True, context=128_000),
            ModelInfo("scripted-embedding", "embedding", "Scripted words", streaming=False, dimensions=DIMENSIONS),
        ]

    async def chat(self, request: ChatRequest) -> AsyncGenerator[ChatEvent, None]:
        self.requests.append(request)
        parts = PartWriter()
        calls: list[str] = []
        spoken = 0
        usage: Usage | None = None
        reason: FinishReason | None = None
        for step in self._next(request):
            match step:
                case Say(text, pace, cited):
                    async for event in self._speak(parts, text, pace):
                        spoken += 1
                        yield event
                    for event in parts.end(cited=cited):
                        yield event
                case Think(text):
                    for event in [*parts.write(text, "reasoning"), *parts.end()]:
                        yield event
                case CallTool(name):
                    calls.append(name)
                    for event in _call(step, parts.take_index(), len(self.requests)):
                        yield event
                case Pause():
                    await step.wait()
                case Fail(error):
                    raise error
                case Stop():
                    return
                case Finish(ending):
                    reason = ending
                case Report(counted):
                    usage = counted
        heard = sum(len(message.text.split()) for message in request.messages)
        yield UsageReport(usage or Usage(input_tokens=heard, output_tokens=spoken))
        yield Finished(reason or ("tool_calls" if calls else "stop"))

    async def embed(self, model: str, texts: Sequence[str], *, kind: Literal["query", "document"]) -> tuple[Vectors, Usage]:
        """Texts with words in common are near each other; the same text has the same vector on every machine."""
        self.embedded.extend(texts)
        rows = np.zeros((len(texts), DIMENSIONS), dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            for word in re.findall(r"\w+", text.casefold()) or [""]:
                row += _word_vector(word)
        words = sum(len(text.split()) for text in texts)
        return unit_rows(rows) if len(texts) else rows, Usage(input_tokens=words, requests=1 if len(texts) else 0)

    def _next(self, request: ChatRequest) -> tuple[Step, ...]:
        if self._steps is not None:
            if not self._steps:
                self._unexpected.append(request)
                raise UnexpectedCall("The model was called more often than there are steps.")
            return self._steps.popleft()
        if not self.config.script:
            return (Say(request.messages[-1].text if request.messages else ""),)
        if self._script is None:
            self._script = Script.model_validate_json(Path(self.config.script).read_bytes())
        steps = self._script.steps_for(request.messages)
        if steps is None:
            raise ProviderRejected(f"The script {Path(self.config.script).name} has no line for this message.")
        return steps

    async def _speak(self, parts: PartWriter, text: str, pace: float | None) -> AsyncGenerator[ChatEvent, None]:
        seconds = self.config.pace if pace is None else pace
        for word in WORDS.findall(text):
            if seconds:
                await asyncio.sleep(seconds)
            for event in parts.write(word):
                yield event


def _call(step: CallTool, index: int, number: int) -> Iterator[ChatEvent]:
    arguments = step.arguments if isinstance(step.arguments, str) else orjson.dumps(dict(step.arguments)).decode()
    if arguments:
        yield PartDelta(arguments, "tool", index)
    yield PartDone(kind="tool", index=index, tool_call=ToolCall(step.id or f"call_{number}_{index}", step.name, arguments))


def _word_vector(word: str) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    digest = blake2b(word.encode(), digest_size=DIMENSIONS).digest()
    return (np.frombuffer(digest, dtype=np.uint8).astype(np.float32) - 127.5) / 127.5
