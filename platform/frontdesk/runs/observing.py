"""Observers of runs: one more follower of the stream, for those events that stay."""

from __future__ import annotations

from frontdesk.core.threads import in_thread
from frontdesk.plugins import observing
from frontdesk.sdk import observers as values

from .events import REASONING, TEXT
from .models import Run
from .stream import Stream

PIECES = frozenset({TEXT, REASONING})


def anybody() -> bool:
    return observing.anybody("run_event")


async def watch(run: Run, stream: Stream) -> None:
    """Tell the workspace's observers what happens in a run, in order, until it ends."""
    listening = await in_thread(observing.observers, run.workspace, "run_event")
    if not listening:
        return
    async for batch in stream.follow(0):
        for event in batch:
            if event.type not in PIECES:
                await observing.tell_all(listening, values.RunEvent(run.uuid, event.seq, event.type, event.data, run.test))
