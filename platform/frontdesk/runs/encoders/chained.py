"""Frames that say which one they stand directly after, for clients that may lose a socket and come back."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from frontdesk.runs.events import RunEvent


class ChainedEncoder:
    """Encodes one run for one subscription that begins after `after`. A protocol says in `body` what goes out.

    The journal has events that a client is never told, so each frame says with `prev` which number it stands directly after.
    """

    def __init__(self, after: int = 0) -> None:
        self.prev = after

    def body(self, event: RunEvent) -> dict[str, Any] | None:
        """What an event is to this protocol, with its `type`; None for what is not told."""
        raise NotImplementedError

    def encode(self, batch: Iterable[RunEvent]) -> list[dict[str, Any]]:
        """The frames of a batch; pieces of text that came together go out together."""
        frames: list[dict[str, Any]] = []
        for event in batch:
            body = self.body(event)
            if body is None:
                continue
            if body["type"] == "delta" and frames and frames[-1]["type"] == "delta":
                frames[-1]["text"] += body["text"]
                frames[-1]["seq"] = event.seq
            else:
                frames.append({**body, "run": event.run_id, "seq": event.seq, "prev": self.prev})
            self.prev = event.seq
        return frames
