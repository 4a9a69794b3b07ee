"""What the playground shows an owner: the answer as customers see it, and why."""

from __future__ import annotations

from typing import Any

from frontdesk.runs.events import KINDS, RunEvent

SHOWN = frozenset(KINDS)


def encode(event: RunEvent) -> dict[str, Any] | None:
    """An owner may see everything a run knows: passages with scores, tools, usage, cost."""
    if event.type not in SHOWN:
        return None
    return {"type": event.type, "run": event.run_id, "seq": event.seq, "data": event.data}
