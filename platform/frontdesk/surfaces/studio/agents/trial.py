"""The playground: an answer from what is on the screen, before it is saved.

`ask` opens a run from the agent form's values and starts it in this process; the browser follows its events as
server-sent events (HTML standard, section 9.2), coming back with Last-Event-ID; `answer` is the finished bubble.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any
from uuid import UUID

import orjson
from django.http import HttpResponse, StreamingHttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe
from pydantic import TypeAdapter, ValidationError

from frontdesk.agents import actions, queries
from frontdesk.core import limits
from frontdesk.core.errors import Invalid
from frontdesk.core.threads import in_thread
from frontdesk.runs import actions as run_actions
from frontdesk.runs import events as kinds
from frontdesk.runs import journal, service
from frontdesk.runs import queries as runs
from frontdesk.runs.encoders import studio as encoder
from frontdesk.runs.errors import RunNotFound
from frontdesk.runs.models import Run
from frontdesk.runs.task import HistoryMessage, Task

from ..page import partial, studio_page
from ..request import StudioRequest
from .forms import AgentForm

SAID = TypeAdapter(HistoryMessage)
LONGEST = 4_000
REMEMBERED = 40
EVENT_ID = re.compile(r"[0-9]{1,9}")


@require_POST
@studio_page("edit_agents")
async def ask(request: StudioRequest, uuid: UUID) -> HttpResponse:
    """The question's bubble, and one that fills by itself."""
    await in_thread(limits.check_chat, request.actor.credential)
    form, task = await in_thread(_task, request, uuid)
    if task is None:
        return partial(request, "studio/agents/cannot_try.html", form=form)
    run = await in_thread(_open, request, uuid, task)
    await service.start(run)
    return partial(request, "studio/agents/asked.html", run=run, agent_uuid=uuid, said=_as_said("user", task.question))


def _task(request: StudioRequest, uuid: UUID) -> tuple[AgentForm, Task | None]:
    """What is on the screen, the talk so far, and the question. None when the form has mistakes."""
    agent = queries.agent_by_uuid(uuid)
    form = AgentForm(agent.workspace, actions.latest_content(agent), request.POST)
    question = request.POST.get("question", "").replace("\x00", "").strip()[:LONGEST]
    if not question:
        raise Invalid.field("question", _("Write a question first."))
    content = form.content()
    if content is None:
        return form, None
    return form, Task(content=content, question=question, history=_history(request.POST.getlist("said")))


def _open(request: StudioRequest, uuid: UUID, task: Task) -> Run:
    return run_actions.open_trial(request.actor, task, agent_id=queries.agent_by_uuid(uuid).pk)


def _history(said: list[str]) -> list[HistoryMessage]:
    """What was said so far, as the page kept it."""
    try:
        return [SAID.validate_json(text) for text in said[-REMEMBERED:]]
    except ValidationError as error:
        raise Invalid.field("said", _("The talk so far could not be read. Start over.")) from error


def _as_said(role: str, text: str) -> dict[str, str]:
    """A message for the page to keep (`json`) and to show (`text`)."""
    return {"text": text, "json": orjson.dumps({"role": role, "text": text}).decode()}


def _run(uuid: UUID, run: UUID) -> Run:
    """A run of this agent's playground."""
    found = runs.run_by_uuid(run)
    if found.agent_id != queries.agent_by_uuid(uuid).pk or found.conversation_id is not None:
        raise RunNotFound
    return found


@require_safe
@studio_page("edit_agents")
async def events(request: StudioRequest, uuid: UUID, run: UUID) -> StreamingHttpResponse:
    """The run's events after `Last-Event-ID`, until its ending."""
    found = await in_thread(_run, uuid, run)
    seen = request.headers.get("Last-Event-ID", "")
    response = StreamingHttpResponse(
        _frames(str(found.uuid), int(seen) if EVENT_ID.fullmatch(seen) else 0), content_type="text/event-stream"
    )
    response["X-Accel-Buffering"] = "no"
    return response


async def _frames(run_id: str, after: int) -> AsyncIterator[bytes]:
    async with aclosing(service.follow(run_id, after)) as batches:
        async for batch in batches:
            shown = [(event.seq, encoder.encode(event)) for event in batch]
            yield b"".join(b"id: %d\ndata: %b\n\n" % (seq, orjson.dumps(data)) for seq, data in shown if data is not None)


@require_safe
@studio_page("edit_agents")
def answer(request: StudioRequest, uuid: UUID, run: UUID) -> HttpResponse:
    """The bubble of a run that has ended."""
    found = _run(uuid, run)
    last = {event.type: event.data for event in journal.read(found)}
    message: dict[str, Any] = last.get(kinds.MESSAGE, {"text": "", "sources": []})
    said = _as_said("assistant", message["text"]) if message["text"] else None
    failed = last.get(kinds.FAILED)
    return partial(request, "studio/agents/answered.html", run=found, said=said, sources=message["sources"], failed=failed)


@require_POST
@studio_page("edit_agents")
async def stop(request: StudioRequest, uuid: UUID, run: UUID) -> HttpResponse:
    await service.cancel(await in_thread(_run, uuid, run))
    return HttpResponse(status=204)
