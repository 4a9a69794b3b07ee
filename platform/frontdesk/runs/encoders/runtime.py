"""The runtime document's server-sent events: start, token, tool, citation, end, error."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import orjson

from frontdesk.runs import events as kinds
from frontdesk.runs.events import RunEvent

HEARTBEAT = b": still here\n\n"


def frame(name: str, data: dict[str, Any], id: int | None = None) -> bytes:
    """One event as the HTML standard writes it (section 9.2, server-sent events)."""
    head = f"id: {id}\n" if id is not None else ""
    return f"{head}event: {name}\ndata: ".encode() + orjson.dumps(data) + b"\n\n"


def shown_source(source: dict[str, Any]) -> dict[str, Any]:
    """The fields of a source that go out."""
    return {key: source[key] for key in ("n", "title", "place", "url", "quote")}


class RuntimeEncoder:
    """Encodes one run for one client; keeps what the last event repeats."""

    def __init__(self, *, conversation: str | None, agent: str) -> None:
        self.start = {"conversation_id": conversation, "agent_id": agent}
        self.message: str | None = None
        self.usage = {"input_tokens": 0, "output_tokens": 0}

    def encode_after(self, event: RunEvent, after: int) -> bytes:
        """As `encode`, for a client that has seen events up to `after`. The ending goes out always: a crash may have taken
        events from the journal that the client has."""
        if event.seq > after:
            return self.encode(event)
        if event.ends:
            return self.encode(replace(event, seq=after + 1))
        self.encode(event)
        return b""

    def encode(self, event: RunEvent) -> bytes:
        """The bytes for an event; empty for what this client is not told."""
        data = event.data
        match event.type:
            case kinds.STARTED:
                return frame("start", self.start, event.seq)
            case kinds.TEXT:
                return b"id: %d\nevent: token\ndata: %b\n\n" % (event.seq, orjson.dumps({"text": data["text"]}))
            case kinds.TOOL_CALLED:
                return frame("tool", {"name": data["name"], "status": "called"}, event.seq)
            case kinds.TOOL_RETURNED:
                return frame("tool", {"name": data["name"], "status": "failed" if "problem" in data else "returned"}, event.seq)
            case kinds.USAGE:
                self.usage["input_tokens"] += data["input_tokens"]
                self.usage["output_tokens"] += data["output_tokens"]
                return b""
            case kinds.MESSAGE:
                self.message = data["message"]
                return b"".join(frame("citation", shown_source(source), event.seq) for source in data["sources"])
            case kinds.COMPLETED | kinds.PAUSED:
                return frame("end", {"status": "ok", "message_id": self.message, "usage": self.usage}, event.seq)
            case kinds.CANCELLED:
                status = "handed_over" if data.get("taken_over") else "cancelled"
                return frame("end", {"status": status, "message_id": self.message, "usage": self.usage}, event.seq)
            case kinds.FAILED:
                return frame("error", {"message": data.get("message", ""), "code": data.get("code", "ERROR")}, event.seq)
        return b""
