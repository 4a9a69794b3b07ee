"""What a teammate sees of an answer in the making, in the inbox: its words as they come, and what the AI does meanwhile."""

from __future__ import annotations

from typing import Any

from frontdesk.runs import events as kinds
from frontdesk.runs.events import RunEvent

from .chained import ChainedEncoder


class InboxEncoder(ChainedEncoder):
    """How an answer came about (passages, cost, arguments of tools) is asked for when somebody asks why."""

    def body(self, event: RunEvent) -> dict[str, Any] | None:
        data = event.data
        match event.type:
            case kinds.STARTED:
                return {"type": "start"}
            case kinds.TEXT:
                return {"type": "delta", "text": data["text"]}
            case kinds.TOOL_CALLED:
                return {"type": "doing", "tool": data["name"]}
            case kinds.TOOL_RETURNED | kinds.SOURCES:
                return {"type": "doing", "tool": ""}
            case kinds.MESSAGE:
                return {"type": "message", "message": data["message"], "text": data["text"]}
            case kinds.COMPLETED | kinds.PAUSED:
                return {"type": "end", "asks": event.type == kinds.PAUSED}
            case kinds.CANCELLED:
                return {"type": "cancelled", "taken_over": bool(data.get("taken_over"))}
            case kinds.FAILED:
                return {"type": "error", "text": data.get("message", "")}
        return None
