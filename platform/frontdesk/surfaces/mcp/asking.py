"""Asking an agent: a run like any other, followed to its end."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from typing import Any

from frontdesk.conversations.actions import Inbound
from frontdesk.core import limits
from frontdesk.core.errors import VendorFailed
from frontdesk.core.threads import in_thread
from frontdesk.runs import actions as runs
from frontdesk.runs import events as kinds
from frontdesk.runs import service
from frontdesk.runs.encoders.runtime import shown_source
from frontdesk.runs.models import Run
from frontdesk.workspaces.permissions import Actor, require

from . import tools
from .searching import live_agent

# A client that hears nothing for a while gives up.
PROGRESS_SECONDS = 1.0
SILENCE_SECONDS = 5.0

Report = Callable[[int, str], Awaitable[None]]
"""Tells the client that there is something going on: the how manieth time, and what."""


async def take(actor: Actor, arguments: tools.AskAgent) -> runs.Taken:
    """Keep the question and open the run that answers it."""
    return await in_thread(_take, actor, arguments)


def _take(actor: Actor, arguments: tools.AskAgent) -> runs.Taken:
    require(actor, "answer")
    limits.check_chat(actor.credential)
    inbound = Inbound(
        text=arguments.question,
        channel_kind="mcp",
        sender=arguments.user or actor.credential,
        conversation=arguments.conversation_id,
    )
    return runs.take(actor, live_agent(arguments.agent), inbound)


async def answer(taken: runs.Taken, report: Report) -> tools.Answer:
    """Follow the run to its end. Cancelling this cancels no run. Raises VendorFailed when there is no answer."""
    said = taken.told.text if taken.told else ""
    given = tools.Answer(conversation_id=taken.turn.conversation.uuid, status="handed_over", answer=said, sources=[])
    if taken.run is None:
        return given
    await service.start(taken.run)
    written, told, told_at = 0, 0, time.monotonic()
    async with aclosing(service.follow(str(taken.run.uuid), silence=SILENCE_SECONDS)) as batches:
        async for batch in batches:
            for event in batch:
                written += len(event.data["text"]) if event.type == kinds.TEXT else 0
                _take_in(given, event.type, event.data)
            if time.monotonic() - told_at >= PROGRESS_SECONDS:
                told, told_at = told + 1, time.monotonic()
                await report(told, f"{written} characters written" if written else "still working")
    return given


def _take_in(given: tools.Answer, kind: str, data: dict[str, Any]) -> None:
    match kind:
        case kinds.MESSAGE:
            given.answer = data["text"]
            given.sources = [tools.Source(**shown_source(source)) for source in data["sources"]]
        case kinds.COMPLETED:
            given.status = "answered"
        case kinds.PAUSED:
            given.status = "waiting"
        case kinds.CANCELLED:
            given.status = "handed_over" if data.get("taken_over") else "cancelled"
        case kinds.FAILED:
            raise VendorFailed(data.get("message"), code=data.get("code", "PROVIDER_ERROR"))


async def stop(run: Run) -> None:
    await service.cancel(run)
