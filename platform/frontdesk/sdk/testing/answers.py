"""Reads the events of one chat and holds them to the rules of `Provider.chat`."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass

from ..values import ChatEvent, Finished, FinishReason, PartDelta, PartDone, ToolCall, Usage, UsageReport


@dataclass(frozen=True, slots=True)
class Answer:
    """One whole answer of a model."""

    text: str
    reasoning: str
    tool_calls: tuple[ToolCall, ...]
    cited: tuple[int, ...]
    usage: Usage
    reason: FinishReason
    events: tuple[ChatEvent, ...]


async def read_answer(events: AsyncGenerator[ChatEvent, None]) -> Answer:
    """Read a chat to its end. Raises AssertionError, with a sentence, when its events break a rule."""
    return check_answer([event async for event in events])


def check_answer(events: list[ChatEvent]) -> Answer:
    """The rules: every delta belongs to a part that is done later and that it adds up to; usage once; finished once, last."""
    done = [event for event in events if isinstance(event, PartDone)]
    reports = [event for event in events if isinstance(event, UsageReport)]
    endings = [event for event in events if isinstance(event, Finished)]
    assert len(endings) == 1, f"A chat ends with exactly one Finished, this one has {len(endings)}."
    assert events[-1] is endings[0], "Finished is the last event."
    assert len(reports) == 1, f"A chat reports its usage exactly once, this one {len(reports)} times."
    assert reports[0].usage.requests >= 1, "Usage counts at least one request."
    _check_parts(events, done)
    calls = tuple(part.tool_call for part in done if part.tool_call is not None)
    if calls:
        assert endings[0].reason in ("tool_calls", "length"), f"An answer that calls tools does not end with {endings[0].reason}."
    else:
        assert endings[0].reason != "tool_calls", "An answer that ends with `tool_calls` calls a tool."
    return Answer(
        text="".join(part.text for part in done if part.kind == "text"),
        reasoning="".join(part.text for part in done if part.kind == "reasoning"),
        tool_calls=calls,
        cited=tuple(number for part in done for number in part.cited),
        usage=reports[0].usage,
        reason=endings[0].reason,
        events=tuple(events),
    )


def _check_parts(events: list[ChatEvent], done: list[PartDone]) -> None:
    open_parts: dict[tuple[int, str], str] = {}
    for event in events:
        if isinstance(event, PartDelta):
            assert event.text, "A delta is never empty."
            key = (event.index, event.kind)
            open_parts[key] = open_parts.get(key, "") + event.text
        elif isinstance(event, PartDone):
            streamed = open_parts.pop((event.index, event.kind), None)
            whole = event.tool_call.arguments if event.tool_call else event.text
            may_come_whole = event.kind == "tool" and streamed is None
            assert may_come_whole or streamed == whole, f"The deltas {streamed!r} do not join to the part {whole!r}."
            assert (event.kind == "tool") == (event.tool_call is not None), "Exactly a part of kind `tool` carries a call."
    assert not open_parts, f"Parts {sorted(open_parts)} were begun and never done."
    indexes = [part.index for part in done]
    assert len(indexes) == len(set(indexes)), f"Each part has an index of its own, these have {indexes}."
