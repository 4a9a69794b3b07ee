"""The OpenAI-compatible surface: every live agent is a model, so any OpenAI client can talk to it."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Annotated, Any, Literal

from django.http import JsonResponse, StreamingHttpResponse
from django.utils.translation import gettext as _
from ninja import Field, Router, Schema
from pydantic import ConfigDict, StringConstraints

from frontdesk.agents.models import Agent
from frontdesk.agents.queries import agent_by_uuid, live_agents
from frontdesk.core import limits
from frontdesk.core.errors import Invalid, VendorFailed
from frontdesk.core.threads import in_thread
from frontdesk.runs import actions as runs
from frontdesk.runs import embeddings, service
from frontdesk.runs import events as kinds
from frontdesk.runs.encoders.openai import ChunkEncoder
from frontdesk.runs.models import Run
from frontdesk.runs.task import HistoryMessage, Task
from frontdesk.sdk.errors import ProviderError
from frontdesk.workspaces.permissions import require

from ..auth import ApiRequest
from ..idempotency import work_id

router = Router(tags=["OpenAI-compatible"])
PREFIX = "agent-"
MAX_TEXTS = 2048


class TextPartIn(Schema):
    type: Literal["text"]
    text: Annotated[str, StringConstraints(max_length=100_000)]


class MessageIn(Schema):
    role: Literal["system", "developer", "user", "assistant"]
    content: Annotated[str, StringConstraints(max_length=100_000)] | list[TextPartIn]

    @property
    def text(self) -> str:
        return self.content if isinstance(self.content, str) else "".join(part.text for part in self.content)


class StreamOptions(Schema):
    include_usage: bool = False


class CompletionIn(Schema):
    model_config = ConfigDict(extra="allow")

    model: str = Field(max_length=100, description="`agent-<uuid>` as listed by /v1/models, or the agent's bare uuid.")
    messages: list[MessageIn] = Field(min_length=1, max_length=500)
    stream: bool = False
    stream_options: StreamOptions | None = None


class EmbeddingsIn(Schema):
    model_config = ConfigDict(extra="allow")

    model: str = Field("", max_length=160, description="`provider:model`; empty for the offline one.")
    input: Annotated[str, StringConstraints(max_length=100_000)] | list[Annotated[str, StringConstraints(max_length=100_000)]]
    encoding_format: Literal["float", "base64"] = "float"


@router.get("/v1/models")
def list_models(request: ApiRequest) -> dict[str, Any]:
    """The workspace's live agents."""
    return {"object": "list", "data": [_model(agent) for agent in live_agents()]}


@router.get("/v1/models/{model}")
def read_model(request: ApiRequest, model: str) -> dict[str, Any]:
    return _model(agent_by_uuid(model.removeprefix(PREFIX)))


def _model(agent: Agent) -> dict[str, Any]:
    created = int(agent.created_at.timestamp())
    return {"id": f"{PREFIX}{agent.uuid}", "object": "model", "created": created, "owned_by": "frontdesk", "name": agent.name}


@router.post("/v1/chat/completions")
async def complete(request: ApiRequest, body: CompletionIn) -> Any:
    """Answer the last user message. The conversation is the client's own: nothing is kept but usage."""
    await in_thread(limits.check_chat, request.actor.credential)
    run = await in_thread(_open, request, body)
    await service.start(run)
    usage = bool(body.stream_options and body.stream_options.include_usage)
    encoder = ChunkEncoder(model=body.model, run=run.uuid.hex, include_usage=usage)
    if body.stream:
        response = StreamingHttpResponse(_chunks(str(run.uuid), encoder), content_type="text/event-stream")
        response["Cache-Control"] = "no-cache, no-transform"
        return response
    return await _whole(str(run.uuid), encoder)


def _open(request: ApiRequest, body: CompletionIn) -> Run:
    require(request.actor, "answer")
    agent = agent_by_uuid(body.model.removeprefix(PREFIX))
    *before, last = body.messages
    if last.role != "user":
        raise Invalid.field("messages", _("The last message must be the user's."))
    if not last.text.strip():
        raise Invalid.field("messages", _("The message is empty. Write something first."))
    history = [HistoryMessage(role=item.role, text=item.text) for item in before if item.role in {"user", "assistant"}]
    content = agent.read_content()
    task = Task(content=content, question=last.text, history=history)
    return runs.open_single(request.actor, agent, task, uuid=work_id(request) if body.stream else None)


async def _chunks(run_id: str, encoder: ChunkEncoder) -> AsyncIterator[bytes]:
    async with aclosing(service.follow(run_id)) as batches:
        async for batch in batches:
            encoded = b"".join([encoder.encode(event) for event in batch])
            if encoded:
                yield encoded


async def _whole(run_id: str, encoder: ChunkEncoder) -> dict[str, Any]:
    text = ""
    async with aclosing(service.follow(run_id)) as batches:
        async for batch in batches:
            for event in batch:
                encoder.encode(event)
                if event.type == kinds.MESSAGE:
                    text = event.data["text"]
                elif event.type == kinds.FAILED:
                    raise VendorFailed(event.data.get("message"), code=event.data.get("code", "PROVIDER_ERROR"))
    message = {"role": "assistant", "content": text, "refusal": None}
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
    return {**encoder.head, "object": "chat.completion", "choices": [choice], "usage": encoder.usage}


@router.post("/v1/embeddings")
async def embed(request: ApiRequest, body: EmbeddingsIn) -> Any:
    """Vectors of unit length from the provider that is named, or from the offline one.

    They cost credits when the operator's account at a vendor makes them.
    """
    texts = [body.input] if isinstance(body.input, str) else body.input
    if not texts or len(texts) > MAX_TEXTS or not all(text.strip() for text in texts):
        raise Invalid.field("input", _("Send 1 to %(limit)s texts that are not empty.") % {"limit": MAX_TEXTS})
    require(request.actor, "answer")
    await in_thread(limits.check_chat, request.actor.credential)
    try:
        made = await embeddings.embed(request.actor, body.model if ":" in body.model else "", texts)
    except ProviderError as error:
        raise VendorFailed(error.cause) from error
    data = [{"object": "embedding", "index": index, "embedding": _encoded(row, body)} for index, row in enumerate(made.vectors)]
    usage = {"prompt_tokens": made.tokens, "total_tokens": made.tokens}
    return JsonResponse({"object": "list", "data": data, "model": made.model, "usage": usage})


def _encoded(row: Any, body: EmbeddingsIn) -> Any:
    if body.encoding_format == "base64":
        return base64.b64encode(row.astype("<f4").tobytes()).decode()
    return row.tolist()
