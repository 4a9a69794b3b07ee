"""What the inbox is told of a run: its words and doings in an unbroken chain, and nothing of how it came about."""

from __future__ import annotations

from typing import Any

from frontdesk.runs import events as kinds
from frontdesk.runs.encoders.inbox import InboxEncoder
from frontdesk.runs.events import RunEvent

SECRET = "what only Why this answer? shows"
TOLD: list[tuple[str, dict[str, Any]]] = [
    (kinds.STARTED, {"agent": SECRET}),
    (kinds.SOURCES, {"items": [{"quote": SECRET}], "confidence": 0.9}),
    (kinds.REASONING, {"text": SECRET}),
    (kinds.TOOL_CALLED, {"id": "1", "name": "calculate", "arguments": SECRET}),
    (kinds.TOOL_RETURNED, {"id": "1", "name": "calculate", "result": SECRET}),
    (kinds.TEXT, {"text": "Dogs "}),
    (kinds.TEXT, {"text": "are welcome."}),
    (kinds.USAGE, {"provider": SECRET, "cost_usd": 1.0}),
    (kinds.MESSAGE, {"message": "m", "text": "Dogs are welcome.", "sources": [{"quote": SECRET}]}),
    (kinds.COMPLETED, {}),
]


def events(*told: tuple[str, dict[str, Any]]) -> list[RunEvent]:
    return [RunEvent("run", seq, kind, data) for seq, (kind, data) in enumerate(told, 1)]


def test_words_and_doings_and_no_more() -> None:
    frames = InboxEncoder().encode(events(*TOLD))
    assert [frame["type"] for frame in frames] == ["start", "doing", "doing", "doing", "delta", "message", "end"]
    assert frames[4]["text"] == "Dogs are welcome."
    assert [frame.get("tool") for frame in frames[1:4]] == ["", "calculate", ""]
    assert SECRET not in str(frames)


def test_each_frame_stands_directly_after_the_one_before_it() -> None:
    frames = InboxEncoder().encode(events(*TOLD))
    assert [frame["prev"] for frame in frames] == [0, *(frame["seq"] for frame in frames[:-1])]
    again = InboxEncoder(after=frames[4]["seq"]).encode(events(*TOLD)[7:])
    assert again[0]["prev"] == frames[4]["seq"]


def test_endings_say_what_they_mean_for_a_teammate() -> None:
    endings = [(kinds.PAUSED, {}), (kinds.CANCELLED, {"taken_over": True}), (kinds.FAILED, {"message": "Sorry.", "code": "X"})]
    frames = [InboxEncoder().encode(events(ending))[0] for ending in endings]
    assert [frame.get("asks") or frame.get("taken_over") or frame.get("text") for frame in frames] == [True, True, "Sorry."]
