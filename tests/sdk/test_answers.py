"""The rules of a chat, each broken once."""

from __future__ import annotations

import pytest

from frontdesk.sdk.testing.answers import check_answer
from frontdesk.sdk.values import ChatEvent, Finished, PartDelta, PartDone, ToolCall, Usage, UsageReport

USED = UsageReport(Usage(1, 2))
END = Finished("stop")
CALL = PartDone(kind="tool", index=1, tool_call=ToolCall("call_1", "lookup", '{"id":7}'))
HELLO: list[ChatEvent] = [PartDelta("Hel"), PartDelta("lo"), PartDone("Hello")]


def test_a_whole_answer() -> None:
    answer = check_answer([*HELLO, PartDelta('{"id":7}', "tool", 1), CALL, USED, Finished("tool_calls")])
    assert (answer.text, answer.tool_calls, answer.usage) == ("Hello", (CALL.tool_call,), Usage(1, 2))


@pytest.mark.parametrize(
    ("events", "sentence"),
    [
        ([*HELLO, USED], "exactly one Finished"),
        ([*HELLO, USED, END, END], "exactly one Finished"),
        ([*HELLO, END, USED], "Finished is the last event"),
        ([*HELLO, END], "reports its usage exactly once"),
        ([*HELLO, USED, USED, END], "reports its usage exactly once"),
        ([*HELLO, UsageReport(Usage(requests=0)), END], "at least one request"),
        ([PartDelta("Hel"), PartDone("Hello"), USED, END], "do not join"),
        ([PartDone("Hello"), USED, END], "do not join"),
        ([PartDelta("Hello"), USED, END], "never done"),
        ([PartDelta(""), PartDone(""), USED, END], "never empty"),
        ([*HELLO, PartDelta("x"), PartDone("x"), USED, END], "an index of its own"),
        ([PartDelta("{}", "tool", 1), CALL, USED, Finished("tool_calls")], "do not join"),
        ([PartDone(kind="tool"), USED, END], "carries a call"),
        ([CALL, USED, END], "does not end with stop"),
        ([*HELLO, USED, Finished("tool_calls")], "calls a tool"),
    ],
)
def test_a_broken_rule_is_named(events, sentence) -> None:
    with pytest.raises(AssertionError, match=sentence):
        check_answer(events)
