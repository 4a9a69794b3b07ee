"""The support document's questions, sessions, who answers a conversation, and who answers new ones.

A session is a conversation: `msg_` and the 32 digits of its uuid. Bodies are JSON or forms.
"""

from __future__ import annotations

import time
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import Count, QuerySet
from django.utils.translation import gettext as _
from ninja import Field, Query, Router, Schema
from pydantic import StringConstraints

from frontdesk.agents.queries import first_live
from frontdesk.conversations import actions as conversations
from frontdesk.conversations import bulk, queries
from frontdesk.conversations.actions import Inbound
from frontdesk.conversations.models import Conversation, Message
from frontdesk.core import limits
from frontdesk.core.errors import Conflict, VendorFailed
from frontdesk.core.threads import in_thread
from frontdesk.runs import actions as runs
from frontdesk.runs import events as kinds
from frontdesk.runs import service
from frontdesk.runs.models import Run
from frontdesk.workspaces.actions import change_workspace
from frontdesk.workspaces.permissions import require

from ..auth import ApiRequest
from ..forms import json_or_form, read
from ..idempotency import work_id
from ..pagination import Page, Paging, page_of

router = Router(tags=["Support"])
PREFIX = "msg_"
CHANNEL = "api"
# Of a long conversation the newest are shown; `/api/conversations/{id}/messages` has all.
MOST_MESSAGES = 200
StatusName = Literal["active", "support_active", "closed"]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=20_000)]
CustomerId = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)]
TYPES = {"customer": "customer", "AI": "AI", "person": "support", "notice": "notice"}


class AskIn(Schema):
    question: Text
    customer_id: CustomerId = Field("", description="Who asks. The same customer goes on in the same session.")
    agent_id: UUID | None = Field(None, description="Without it: the agent that went live first.")


class SessionSendIn(Schema):
    message: Text


class AskOut(Schema):
    session_id: str
    customer_id: str
    question: str
    answer: str = Field(description="Where a person answers: empty, or that somebody will.")
    response_time_ms: int
    success: bool
    auto_response_generated: bool
    status: str
    reason: str = Field(description="Why the AI did not answer.")
    message_id: UUID | None


class SessionOut(Schema):
    session_id: str
    conversation_id: UUID
    customer_id: str
    customer_name: str
    status: str
    is_active: bool
    channel: str
    agent_id: UUID | None
    message_count: int
    last_message: str
    last_message_at: datetime | None
    created_at: datetime
    updated_at: datetime


class SessionMessageOut(Schema):
    id: int
    message_id: UUID
    type: Literal["customer", "AI", "support", "notice"]
    content: str
    created_at: datetime


class SessionDetailOut(SessionOut):
    messages: list[SessionMessageOut] = Field(description="The newest 200, the oldest of them first.")


class ConversationStatusOut(Schema):
    conversation_id: UUID
    session_id: str
    status: str
    reason: str = Field(description="Why it is not what was asked for, or who handed it over.")
    handler: Literal["AI", "Manual", ""]
    customer_id: str
    updated_at: datetime


class StatusIn(Schema):
    status: StatusName


class StatusChangedOut(ConversationStatusOut):
    success: bool = Field(description="Whether the conversation has the status that was asked for.")
    previous_status: str


class BulkStatusIn(Schema):
    conversation_ids: list[Annotated[str, StringConstraints(max_length=60)]] = Field(min_length=1, max_length=100)
    status: StatusName


class BulkOneOut(Schema):
    conversation_id: str
    success: bool
    status: str | None
    reason: str


class BulkStatusOut(Schema):
    success: bool = Field(description="Whether all of them have the status that was asked for.")
    status: str
    updated_count: int
    failed_count: int
    results: list[BulkOneOut]


class HandlerIn(Schema):
    default_reply_handler: Literal["AI", "Manual"]


class HandlerOut(Schema):
    default_reply_handler: str


@router.post("/api/v1/ai/ask", response=AskOut, openapi_extra=json_or_form(AskIn))
async def ask(request: ApiRequest) -> Any:
    """Ask one question and wait for the answer."""
    began = time.monotonic()
    body = read(request, AskIn)
    await in_thread(limits.check_chat, request.actor.credential)
    customer = body.customer_id or f"guest-{uuid4().hex[:12]}"
    taken = await in_thread(_take_question, request, body, customer)
    return await _answer(taken, customer, body.question, began)


@transaction.atomic
def _take_question(request: ApiRequest, body: AskIn, customer: str) -> runs.Taken:
    """Two first questions of one customer that come at once are of one session."""
    require(request.actor, "answer")
    agent = first_live(body.agent_id)
    conversations.lock_sender(CHANNEL, customer)
    external_id = str(work_id(request) or "")
    last = None if not body.customer_id else queries.conversation_of(CHANNEL, customer)
    goes_on = last is not None and last.agent_id == agent.pk and not last.test
    inbound = Inbound(body.question, CHANNEL, customer, external_id, conversation=last.uuid if last and goes_on else None)
    return runs.take(request.actor, agent, inbound)


async def _answer(taken: runs.Taken, customer: str, question: str, began: float) -> dict[str, Any]:
    text, message, conversation = "", None, taken.turn.conversation
    if taken.told is not None:
        text, message = taken.told.text, taken.told.uuid
    if taken.run is not None:
        await service.start(taken.run)
        text, message = await _outcome(taken.run)
        conversation = await in_thread(queries.conversation_by_uuid, conversation.uuid)
    return {
        "session_id": session_id(conversation),
        "customer_id": customer,
        "question": question,
        "answer": text,
        "response_time_ms": round((time.monotonic() - began) * 1000),
        "success": True,
        "auto_response_generated": taken.run is not None and bool(text),
        "status": conversation.status,
        "reason": conversation.status_reason,
        "message_id": message,
    }


async def _outcome(run: Run) -> tuple[str, str | None]:
    """The answer and its id; nothing where a person took over or must decide. Raises VendorFailed."""
    text, message = "", None
    async for batch in service.follow(str(run.uuid)):
        for event in batch:
            if event.type == kinds.MESSAGE:
                text, message = event.data["text"], event.data["message"]
            elif event.type == kinds.FAILED:
                raise VendorFailed(event.data.get("message"), code=event.data.get("code", "PROVIDER_ERROR"))
    return text, message


@router.get("/api/v1/ai/sessions", response=Page[SessionOut])
def list_sessions(
    request: ApiRequest, paging: Query[Paging], status: StatusName | None = None, customer_id: CustomerId = ""
) -> dict[str, Any]:
    """All conversations, the last written first."""
    require(request.actor, "view")
    rows = queries.conversations(status=status or "")
    if customer_id:
        rows = rows.filter(contact__identities__external_id=customer_id)
    page = page_of(request, _counted(rows), paging)
    return {**page, "results": [_session(row) for row in page["results"]]}


@router.get("/api/v1/ai/sessions/{session_id}", response=SessionDetailOut)
def read_session(request: ApiRequest, session_id: str) -> dict[str, Any]:
    require(request.actor, "view")
    conversation = _counted(Conversation.objects.filter(pk=conversation_named(session_id).pk)).get()
    newest = reversed(queries.messages(conversation).order_by("-id")[:MOST_MESSAGES])
    return {**_session(conversation), "messages": [_message(row) for row in newest]}


@router.post("/api/v1/ai/sessions/{session_id}/send", response=AskOut, openapi_extra=json_or_form(SessionSendIn))
async def send_to_session(request: ApiRequest, session_id: str) -> Any:
    """The customer writes on in a session; the answer is waited for. Not in one that is held on a connected channel."""
    began = time.monotonic()
    body = read(request, SessionSendIn)
    await in_thread(limits.check_chat, request.actor.credential)
    taken, customer = await in_thread(_take_message, request, session_id, body.message)
    return await _answer(taken, customer, body.message, began)


def _take_message(request: ApiRequest, session_id: str, text: str) -> tuple[runs.Taken, str]:
    require(request.actor, "answer")
    conversation = conversation_named(session_id)
    if conversation.channel_id is not None:
        words = {"channel": conversation.channel_kind}
        raise Conflict(_("This customer writes on %(channel)s. Bring their messages with channels/event.") % words)
    agent, customer = first_live(conversation.agent.uuid if conversation.agent else None), customer_of(conversation)
    external_id = str(work_id(request) or "")
    inbound = Inbound(text, conversation.channel_kind, customer, external_id, conversation=conversation.uuid)
    return runs.take(request.actor, agent, inbound), customer


@router.get("/api/v1/ai/conversations/{conversation_id}/status", response=ConversationStatusOut)
def read_status(request: ApiRequest, conversation_id: str) -> dict[str, Any]:
    """Who answers a conversation."""
    require(request.actor, "view")
    return _status(conversation_named(conversation_id))


@router.put("/api/v1/ai/conversations/{conversation_id}/status", response=StatusChangedOut, openapi_extra=json_or_form(StatusIn))
def change_status(request: ApiRequest, conversation_id: str) -> dict[str, Any]:
    """Say who answers from now on. `active` where the AI may or can not answer becomes `support_active`, with the reason."""
    body = read(request, StatusIn)
    conversation = conversation_named(conversation_id)
    before = conversation.status
    changed = conversations.set_status(request.actor, conversation, body.status)
    return {**_status(changed), "success": changed.status == body.status, "previous_status": before}


@router.put("/api/v1/ai/conversations/bulk-status", response=BulkStatusOut, openapi_extra=json_or_form(BulkStatusIn))
def change_statuses(request: ApiRequest) -> dict[str, Any]:
    """The same for up to 100 conversations. One that is not there does not hold up the others."""
    body = read(request, BulkStatusIn)
    named = {text: uuid_named(text) for text in dict.fromkeys(body.conversation_ids)}
    done = {each.uuid: each for each in bulk.set_statuses(request.actor, [uuid for uuid in named.values() if uuid], body.status)}
    results = [_bulk_one(text, done.get(uuid) if uuid else None, body.status) for text, uuid in named.items()]
    good = sum(result["success"] for result in results)
    return {
        "success": good == len(results),
        "status": body.status,
        "updated_count": good,
        "failed_count": len(results) - good,
        "results": results,
    }


def _bulk_one(text: str, changed: bulk.Changed | None, wanted: str) -> dict[str, Any]:
    conversation = changed.conversation if changed else None
    if changed is None or conversation is None:
        return {"conversation_id": text, "success": False, "status": None, "reason": _("There is no such conversation.")}
    reason = str(changed.problem.message) if changed.problem else conversation.status_reason
    success = changed.problem is None and conversation.status == wanted
    return {"conversation_id": text, "success": success, "status": conversation.status, "reason": reason}


@router.get("/api/v1/ai/default-handler", response=HandlerOut)
def read_default_handler(request: ApiRequest) -> Any:
    """Who answers new conversations: `AI` or `Manual`, a person."""
    return request.actor.workspace


@router.put("/api/v1/ai/default-handler", response=HandlerOut, openapi_extra=json_or_form(HandlerIn))
def change_default_handler(request: ApiRequest) -> Any:
    return change_workspace(request.actor, default_reply_handler=read(request, HandlerIn).default_reply_handler)


def session_id(conversation: Conversation) -> str:
    return f"{PREFIX}{conversation.uuid.hex}"


def uuid_named(text: str) -> UUID | None:
    """The uuid in a session's id, or as it is; None for anything else."""
    try:
        return UUID(text.removeprefix(PREFIX))
    except ValueError:
        return None


def conversation_named(text: str) -> Conversation:
    """Raises ConversationNotFound."""
    return queries.conversation_by_uuid(text.removeprefix(PREFIX))


def customer_of(conversation: Conversation) -> str:
    """The customer, as their channel or the program names them."""
    found = [each for each in conversation.contact.identities.all() if each.channel_kind == conversation.channel_kind]
    own = f"{conversation.channel_id}:"
    return found[0].external_id.removeprefix(own) if found else ""


def _counted(rows: QuerySet[Conversation]) -> QuerySet[Conversation]:
    related = rows.select_related("contact", "agent").prefetch_related("contact__identities")
    return related.annotate(written=Count("messages", distinct=True))


def _session(conversation: Conversation) -> dict[str, Any]:
    return {
        "session_id": session_id(conversation),
        "conversation_id": conversation.uuid,
        "customer_id": customer_of(conversation),
        "customer_name": conversation.contact.name,
        "status": conversation.status,
        "is_active": conversation.status != Conversation.Status.CLOSED,
        "channel": conversation.channel_kind,
        "agent_id": conversation.agent.uuid if conversation.agent else None,
        "message_count": conversation.written,
        "last_message": conversation.last_message_preview,
        "last_message_at": conversation.last_message_at,
        "created_at": conversation.created_at,
        "updated_at": conversation.updated_at,
    }


def _message(row: Message) -> dict[str, Any]:
    shown = {"id": row.pk, "message_id": row.uuid, "type": TYPES[row.author], "content": row.text}
    return {**shown, "created_at": row.created_at}


def _status(conversation: Conversation) -> dict[str, Any]:
    handlers = {Conversation.Status.ACTIVE: "AI", Conversation.Status.SUPPORT_ACTIVE: "Manual"}
    return {
        "conversation_id": conversation.uuid,
        "session_id": session_id(conversation),
        "status": conversation.status,
        "reason": conversation.status_reason,
        "handler": handlers.get(conversation.status, ""),
        "customer_id": customer_of(conversation),
        "updated_at": conversation.updated_at,
    }
