"""The widget's protocol (docs/protocols/widget.md): what a visitor may see of a run, and nothing else."""

from __future__ import annotations

from typing import Any

from frontdesk.runs import events as kinds
from frontdesk.runs.events import RunEvent

from .chained import ChainedEncoder


def shown_sources(sources: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The fields of a source that a visitor sees."""
    return [
        {
            "n": source["n"],
            "title": source["title"],
            "place": source["place"],
            "url": source["url"] or None,
            "quote": source["quote"],
        }
        for source in sources
    ]


class WidgetEncoder(ChainedEncoder):
    """Encodes one run for one visitor."""

    def body(self, event: RunEvent) -> dict[str, Any] | None:
        data = event.data
        match event.type:
            case kinds.STARTED:
                return {"type": "start"}
            case kinds.TEXT:
                return {"type": "delta", "text": data["text"]}
            case kinds.MESSAGE:
                return {
                    "type": "message",
                    "message_id": data["message"],
                    "text": data["text"],
                    "sources": shown_sources(data["sources"]),
                }
            case kinds.COMPLETED | kinds.PAUSED:
                return {"type": "end"}
            case kinds.CANCELLED:
                return {"type": "cancelled", **({"withdrawn": True} if data.get("taken_over") else {})}
            case kinds.FAILED:
                return {"type": "error", "message": data.get("message", ""), "retry": bool(data.get("retry", True))}
        return None
