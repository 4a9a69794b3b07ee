"""The one stream: a run is a numbered sequence of events with exactly one ending.

    run.started          {agent, conversation, question, attempt}
    sources.found        {items: [{n, id, title, place, url, quote, score, scores, source_id}], confidence, took_ms,
                          searched?, reason?}: the question as a model put it for the search, as it "leans" on the one
                          before or is in another "language" than the knowledge
    reasoning.delta      {text}
    text.delta           {text}
    tool.called          {id, name, arguments}
    tool.returned        {id, name, result | problem, took_ms, title?, url?}
    approval.requested   {id, name, label, arguments}
    message.completed    {message, text, sources, stopped}
    usage.recorded       {provider, model, input_tokens, output_tokens, cost_usd, problem}
    run.completed        {}                        ┐
    run.paused           {}                        │ a person must decide first; another run goes on from there
    run.failed           {message, code, retry}    ├ the endings
    run.cancelled        {taken_over?}             ┘

`seq` starts at 1 and has no gaps. `taken_over`: a person answers instead, and nothing that was streamed counts as said.
A sentence in `run.failed` may be read by a customer; the cause stands on the run row.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

STARTED: Final = "run.started"
SOURCES: Final = "sources.found"
REASONING: Final = "reasoning.delta"
TEXT: Final = "text.delta"
TOOL_CALLED: Final = "tool.called"
TOOL_RETURNED: Final = "tool.returned"
APPROVAL: Final = "approval.requested"
MESSAGE: Final = "message.completed"
USAGE: Final = "usage.recorded"
COMPLETED: Final = "run.completed"
PAUSED: Final = "run.paused"
FAILED: Final = "run.failed"
CANCELLED: Final = "run.cancelled"
ENDINGS: Final = frozenset({COMPLETED, PAUSED, FAILED, CANCELLED})
KINDS: Final = (
    *(STARTED, SOURCES, REASONING, TEXT, TOOL_CALLED, TOOL_RETURNED, APPROVAL, MESSAGE, USAGE),
    *(COMPLETED, PAUSED, FAILED, CANCELLED),
)


@dataclass(frozen=True, slots=True)
class RunEvent:
    """One event. `run_id` is the run's uuid as text."""

    run_id: str
    seq: int
    type: str
    data: dict[str, Any]

    @property
    def ends(self) -> bool:
        return self.type in ENDINGS
