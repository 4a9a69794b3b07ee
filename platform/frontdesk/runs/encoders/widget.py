"""The widget's protocol (docs/protocols/widget.md): what a visitor may see of a run, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from frontdesk.runs import events as kinds
from frontdesk.runs.events import RunEvent


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


class WidgetEncoder:
    """Encodes one run for one subscription that begins after `after`.

    The journal has events that a visitor never sees, so each frame says with `prev` which number it stands directly after.
    """

    def __init__(self, after: int = 0) -> None:
        self.prev = after

    def encode(self, batch: Iterable[RunEvent]) -> list[dict[str, Any]]:
        """The frames of a batch; pieces of text that came together go out together."""
        frames: list[dict[str, Any]] = []
        for event in batch:
            body = _body(event)
            if body is None:
                continue
            if body["type"] == "delta" and frames and frames[-1]["type"] == "delta":
                frames[-1]["text"] += body["text"]
                frames[-1]["seq"] = event.seq
            else:
                frames.append({**body, "run": event.run_id, "seq": event.seq, "prev": self.prev})
            self.prev = event.seq
        return frames


def _body(event: RunEvent) -> dict[str, Any] | None:
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
