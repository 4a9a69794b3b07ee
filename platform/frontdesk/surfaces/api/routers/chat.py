"""The runtime document's chat: one question, answered as server-sent events or as one JSON object."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpResponse, StreamingHttpResponse
from django.utils.translation import gettext as _
from ninja import Field, Router, Schema
from pydantic import StringConstraints

from frontdesk.agents.queries import agent_by_uuid
from frontdesk.conversations.actions import Inbound
from frontdesk.conversations.queries import conversation_by_uuid, conversation_of
from frontdesk.core import limits
from frontdesk.core.errors import FrontdeskError, Malformed, VendorFailed
from frontdesk.core.threads import in_thread
from frontdesk.runs import actions as runs
from frontdesk.runs import events as kinds
from frontdesk.runs import service
from frontdesk.runs.encoders.runtime import HEARTBEAT, RuntimeEncoder, frame, shown_source
from frontdesk.runs.models import Run
from frontdesk.workspaces.permissions import require

from ..auth import ApiRequest
from ..errors import wants_events
from ..idempotency import work_id

router = Router(tags=["Chat"])
HEARTBEAT_SECONDS = 15.0
EVENT_ID = re.compile(r"[0-9]{1,9}")


class ChatMessageIn(Schema):
    type: Literal["text"] = "text"
    content: Annotated[str, StringConstraints(min_length=1, max_length=20_000)]


class ChatOptions(Schema):
    mode: Literal["live", "test"] = Field(
        "live", description="`test` answers as live, costs no credits and is kept out of analytics."
    )


class ChatIn(Schema):
    agent_id: UUID
    conversation_id: UUID | None = None
    channel: Annotated[str, StringConstraints(min_length=1, max_length=40, pattern=r"^[a-z][a-z0-9_-]*$")] = "api"
    message: ChatMessageIn
    options: ChatOptions = ChatOptions()
    user_id: Annotated[str, StringConstraints(max_length=200)] = Field(
        "", description="The end user, as your program names them."
    )


class CitationOut(Schema):
    n: int
    title: str
    place: str
    url: str
    quote: str


class ChatOut(Schema):
    conversation_id: UUID
    agent_id: UUID
    status: str
    message_id: UUID | None
    text: str
    citations: list[CitationOut]
    usage: dict[str, int]


@router.post("/api/v1/ai/chat", response=ChatOut)
async def chat(request: ApiRequest, body: ChatIn) -> Any:
    """Answer a customer's message.

    With `Accept: text/event-stream`: `start`, `token`…, `tool`, `citation`, and `end` or `error`; without it, one JSON object.
    A stream that broke is resumed by sending the same body with `Last-Event-ID`; name the `conversation_id` from `start` too when
    the same end user may have started another conversation since. Sent again with its `Idempotency-Key`, a request follows the
    same answer from its beginning.
    """
    await in_thread(limits.check_chat, request.actor.credential)
    resumed = request.headers.get("Last-Event-ID")
    if resumed is not None:
        run, after = await in_thread(_resume, request, body, resumed)
    else:
        taken = await in_thread(_take, request, body)
        run, after = taken.run, 0
        if run is None:
            return await _answered_by_person(request, body, taken)
        await service.start(run)
    encoder = RuntimeEncoder(conversation=str(run.conversation.uuid), agent=str(body.agent_id))
    if wants_events(request):
        return _stream(str(run.uuid), encoder, after)
    return await _whole(str(run.uuid), encoder)


def _take(request: ApiRequest, body: ChatIn) -> runs.Taken:
    require(request.actor, "answer")
    agent = agent_by_uuid(body.agent_id)
    inbound = Inbound(
        text=body.message.content,
        channel_kind=body.channel,
        sender=_sender(request, body),
        external_id=str(work_id(request) or ""),
        conversation=body.conversation_id,
        test=body.options.mode == "test",
    )
    return runs.take(request.actor, agent, inbound)


def _resume(request: ApiRequest, body: ChatIn, last_event_id: str) -> tuple[Run, int]:
    """The last run of the conversation, and the number that the client saw last.

    A client that sends its first body again does not name the conversation: then it is the last one of that end user.
    """
    require(request.actor, "answer")
    agent = agent_by_uuid(body.agent_id)
    if not EVENT_ID.fullmatch(last_event_id):
        raise Malformed(_("To resume, send the same body with Last-Event-ID as it came."))
    if body.conversation_id is None:
        last = conversation_of(body.channel, _sender(request, body))
    else:
        last = conversation_by_uuid(body.conversation_id)
    return runs.last_run(last, agent.pk, question=body.message.content), int(last_event_id)


def _sender(request: ApiRequest, body: ChatIn) -> str:
    """Who the end user is; without a name they are the program itself."""
    return body.user_id or request.actor.credential


def _stream(run_id: str, encoder: RuntimeEncoder, after: int) -> StreamingHttpResponse:
    response = StreamingHttpResponse(_events(run_id, encoder, after), content_type="text/event-stream")
    response["Cache-Control"] = "no-cache, no-transform"
    response["X-Accel-Buffering"] = "no"
    return response


async def _events(run_id: str, encoder: RuntimeEncoder, after: int) -> AsyncIterator[bytes]:
    """The run's events as they come, and a comment line in every long silence."""
    async with aclosing(service.follow(run_id, 0, silence=HEARTBEAT_SECONDS)) as batches:
        async for batch in batches:
            encoded = b"".join([encoder.encode_after(event, after) for event in batch]) if batch else HEARTBEAT
            if encoded:
                yield encoded


async def _whole(run_id: str, encoder: RuntimeEncoder) -> dict[str, Any]:
    text, citations, status = "", [], "ok"
    async with aclosing(service.follow(run_id)) as batches:
        async for batch in batches:
            for event in batch:
                encoder.encode(event)
                if event.type == kinds.MESSAGE:
                    text, citations = event.data["text"], [shown_source(source) for source in event.data["sources"]]
                elif event.type == kinds.FAILED:
                    raise _failure(event.data)
                elif event.data.get("taken_over"):
                    status = "handed_over"
    return {
        **encoder.start,
        "status": status,
        "message_id": encoder.message,
        "text": text,
        "citations": citations,
        "usage": encoder.usage,
    }


def _failure(data: dict[str, Any]) -> FrontdeskError:
    return VendorFailed(data.get("message"), code=data.get("code", "PROVIDER_ERROR"))


async def _answered_by_person(request: ApiRequest, body: ChatIn, taken: runs.Taken) -> Any:
    """The message is kept, and a person will answer: nothing is said, or that somebody will answer."""
    start = {"conversation_id": str(taken.turn.conversation.uuid), "agent_id": str(body.agent_id)}
    usage = {"input_tokens": 0, "output_tokens": 0}
    text, message = (taken.told.text, str(taken.told.uuid)) if taken.told else ("", None)
    if wants_events(request):
        end = {"status": "handed_over", "message_id": message, "usage": usage}
        told = [("start", start), *([("token", {"text": text})] if text else []), ("end", end)]
        frames = b"".join(frame(name, data, number) for number, (name, data) in enumerate(told, 1))
        return HttpResponse(frames, content_type="text/event-stream")
    return {**start, "status": "handed_over", "message_id": message, "text": text, "citations": [], "usage": usage}
