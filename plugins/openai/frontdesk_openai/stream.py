"""Decodes the stream of /chat/completions line by line.

The SDK makes a validated object of every chunk, which costs many times more than the one short string that is wanted
from it; `tests/benchmarks/relay_decode.py` measures by how much. The format is server-sent events
(https://html.spec.whatwg.org/multipage/server-sent-events.html), each with one JSON object on one `data:` line.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal

import orjson

from frontdesk.sdk.errors import ProviderError, ProviderStopped, ProviderUnavailable
from frontdesk.sdk.parts import PartWriter
from frontdesk.sdk.values import ChatEvent, Finished, FinishReason, PartDelta, PartDone, ToolCall, Usage, UsageReport
from frontdesk.sdk.vendor import error_for_status, sentence

LONGEST_LINE = 4 * 1024 * 1024
REASONS: dict[str, FinishReason] = {
    "length": "length",
    "tool_calls": "tool_calls",
    "function_call": "tool_calls",
    "content_filter": "content_filter",
}
"""Every other word that servers use means that the model was done."""


@dataclass(slots=True)
class _Call:
    index: int
    id: str = ""
    name: str = ""
    pieces: list[str] = field(default_factory=list)


class ChatStream:
    """Turns the bytes of one answer into events. Feed it what arrives; `end` when nothing more comes."""

    def __init__(self, vendor: str) -> None:
        self.finished = False
        """The vendor said [DONE], and Finished was given out."""
        self._vendor = vendor
        self._rest = b""
        self._parts = PartWriter()
        self._calls: list[_Call] = []
        self._latest_call: dict[int, _Call] = {}
        self._usage = Usage()
        self._reason = ""

    @property
    def complete(self) -> bool:
        """Whether the vendor said why it finished, so that nothing of the answer is missing."""
        return bool(self._reason)

    def feed(self, chunk: bytes) -> Iterator[ChatEvent]:
        """The events of these bytes. Raises ProviderUnavailable for what is not the protocol."""
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        if len(self._rest) > LONGEST_LINE:
            raise ProviderUnavailable(f"{self._vendor} sent a line of more than {LONGEST_LINE // 2**20} MiB.")
        for line in lines:
            if line.startswith(b"data:") and not self.finished:
                yield from self._event(line[5:].strip())

    def end(self) -> Iterator[ChatEvent]:
        """The events that were left when the stream ended. Raises ProviderStopped when the answer is not complete."""
        if self._rest.startswith(b"data:") and not self.finished:
            rest, self._rest = self._rest, b""
            yield from self._event(rest[5:].strip())
        if self.finished:
            return
        if not self.complete:
            raise ProviderStopped(f"{self._vendor} ended its answer without finishing it.")
        yield from self._finish()

    def _event(self, data: bytes) -> Iterator[ChatEvent]:
        if data == b"[DONE]":
            yield from self._finish()
            return
        try:
            chunk = orjson.loads(data)
            if error := chunk.get("error"):
                raise self._failure(error)
            if usage := chunk.get("usage"):
                self._usage = _usage(usage)
            for choice in chunk.get("choices") or ():
                if delta := choice.get("delta"):
                    yield from self._delta(delta)
                if reason := choice.get("finish_reason"):
                    self._reason = str(reason)
        except (orjson.JSONDecodeError, AttributeError, KeyError, TypeError, ValueError) as error:
            raise ProviderUnavailable(f"{self._vendor} sent something that is not an answer.") from error

    def _delta(self, delta: dict[str, Any]) -> Iterator[ChatEvent]:
        if text := delta.get("content") or delta.get("refusal"):
            yield from self._text("text", text)
        if text := delta.get("reasoning_content") or delta.get("reasoning"):
            yield from self._text("reasoning", text)
        for piece in delta.get("tool_calls") or ():
            yield from self._tool(piece)

    def _text(self, kind: Literal["text", "reasoning"], text: Any) -> Iterator[ChatEvent]:
        if not isinstance(text, str):
            raise TypeError(f"Text is expected, not {type(text)}.")
        yield from self._parts.write(text, kind)

    def _tool(self, piece: dict[str, Any]) -> Iterator[ChatEvent]:
        yield from self._parts.end()
        position = piece.get("index") or 0
        call = self._latest_call.get(position)
        # Some servers give every call the position 0 and only tell them apart by their ids.
        if call is None or (piece.get("id") and call.id and piece["id"] != call.id):
            call = self._latest_call[position] = _Call(self._parts.take_index())
            self._calls.append(call)
        function = piece.get("function") or {}
        call.id = call.id or piece.get("id") or ""
        call.name = call.name or function.get("name") or ""
        if arguments := function.get("arguments"):
            if not isinstance(arguments, str):
                raise TypeError(f"Arguments are expected as text, not {type(arguments)}.")
            call.pieces.append(arguments)
            yield PartDelta(arguments, "tool", call.index)

    def _finish(self) -> Iterator[ChatEvent]:
        self.finished = True
        yield from self._parts.end()
        for call in self._calls:
            done = ToolCall(call.id or f"call_{call.index}", call.name, "".join(call.pieces))
            yield PartDone(kind="tool", index=call.index, tool_call=done)
        yield UsageReport(self._usage)
        yield Finished(self._finish_reason())

    def _finish_reason(self) -> FinishReason:
        """Some servers say "stop" when they call tools, and the other way round."""
        reason = REASONS.get(self._reason, "stop")
        if self._calls:
            return "tool_calls" if reason == "stop" else reason
        return "stop" if reason == "tool_calls" else reason

    def _failure(self, error: Any) -> ProviderError:
        """A vendor that fails in the middle of an answer says so in an event."""
        if not isinstance(error, dict):
            return ProviderUnavailable(sentence(f"{self._vendor} failed", str(error)))
        message, code = str(error.get("message") or ""), error.get("code")
        if isinstance(code, int) and 400 <= code < 600:
            return error_for_status(self._vendor, code, message)
        return ProviderUnavailable(sentence(f"{self._vendor} failed", message))


def _usage(usage: dict[str, Any]) -> Usage:
    details = usage.get("prompt_tokens_details") or {}
    return Usage(
        input_tokens=int(usage.get("prompt_tokens") or 0),
        output_tokens=int(usage.get("completion_tokens") or 0),
        cached_tokens=int(details.get("cached_tokens") or 0),
    )
