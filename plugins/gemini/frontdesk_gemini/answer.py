"""Turns the chunks of one Gemini answer into events."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from typing import TYPE_CHECKING
from uuid import uuid4

import orjson

from frontdesk.sdk.errors import ProviderStopped, ProviderUnavailable
from frontdesk.sdk.parts import PartWriter
from frontdesk.sdk.values import ChatEvent, Finished, FinishReason, PartDone, ToolCall, Usage, UsageReport

if TYPE_CHECKING:
    from google.genai import types

OWN_ID = "own-"
"""Begins the ids of calls to which the vendor gave none."""

REASONS: dict[str, FinishReason] = {
    "STOP": "stop",
    "MAX_TOKENS": "length",
    "SAFETY": "content_filter",
    "RECITATION": "content_filter",
    "LANGUAGE": "content_filter",
    "BLOCKLIST": "content_filter",
    "PROHIBITED_CONTENT": "content_filter",
    "SPII": "content_filter",
    "IMAGE_SAFETY": "content_filter",
    "ESCALATION": "content_filter",
}
"""Every other reason means that the model broke down, and that trying again may help."""


class ChatAnswer:
    """Feed it chunks; `end` when nothing more comes."""

    def __init__(self, vendor: str) -> None:
        self._vendor = vendor
        self._parts = PartWriter()
        self.usage = Usage()
        """What the vendor counted so far."""
        self._called = False
        self._reason = ""

    @property
    def complete(self) -> bool:
        """Whether the vendor said why it finished."""
        return bool(self._reason)

    def feed(self, chunk: types.GenerateContentResponse) -> Iterator[ChatEvent]:
        """Raises ProviderUnavailable for an empty chunk, which is what the SDK makes of JSON of another shape."""
        if not (chunk.candidates or chunk.prompt_feedback or chunk.usage_metadata or chunk.response_id):
            raise ProviderUnavailable(f"{self._vendor} sent something that is not an answer.")
        if chunk.usage_metadata:
            self.usage = _usage(chunk.usage_metadata)
        if chunk.prompt_feedback and chunk.prompt_feedback.block_reason:
            self._reason = "PROHIBITED_CONTENT"
        for candidate in (chunk.candidates or [])[:1]:
            for part in (candidate.content and candidate.content.parts) or []:
                yield from self._part(part)
            if candidate.finish_reason:
                self._reason = candidate.finish_reason.value

    def end(self) -> Iterator[ChatEvent]:
        """What was left when the stream ended. Raises ProviderStopped, after the usage, when the answer is not complete."""
        reason = REASONS.get(self._reason)
        if reason is None:
            yield UsageReport(self.usage)
            why = f"stopped with {self._reason}" if self._reason else "ended its answer without finishing it"
            raise ProviderStopped(f"{self._vendor} {why}.")
        yield from self._parts.end()
        yield UsageReport(self.usage)
        yield Finished("tool_calls" if self._called and reason == "stop" else reason)

    def _part(self, part: types.Part) -> Iterator[ChatEvent]:
        if part.text:
            yield from self._parts.write(part.text, "reasoning" if part.thought else "text")
        if call := part.function_call:
            self._called = True
            yield from self._parts.end()
            done = ToolCall(
                id=call.id or f"{OWN_ID}{uuid4().hex}",
                name=call.name or "",
                arguments=orjson.dumps(call.args or {}).decode(),
                thought_signature=b64encode(part.thought_signature or b"").decode(),
            )
            yield PartDone(kind="tool", index=self._parts.take_index(), tool_call=done)


def _usage(usage: types.GenerateContentResponseUsageMetadata) -> Usage:
    """The vendor counts what a model thinks apart from what it says, and bills both."""
    return Usage(
        input_tokens=(usage.prompt_token_count or 0) + (usage.tool_use_prompt_token_count or 0),
        output_tokens=(usage.candidates_token_count or 0) + (usage.thoughts_token_count or 0),
        cached_tokens=usage.cached_content_token_count or 0,
    )
