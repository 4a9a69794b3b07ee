"""The runtime document's channel events and sends: a program brings what customers write elsewhere, and writes to them."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext as _
from ninja import Field, Router, Schema, Status
from pydantic import StringConstraints

from frontdesk.agents.queries import agent_by_uuid
from frontdesk.channels import programs
from frontdesk.conversations.actions import Turn
from frontdesk.conversations.errors import MessageNotFound
from frontdesk.conversations.models import Conversation
from frontdesk.core import limits
from frontdesk.core.errors import Invalid

from ..auth import ApiRequest

router = Router(tags=["Channel events"])
ChannelName = Annotated[str, StringConstraints(strip_whitespace=True, to_lower=True, pattern=r"^[a-zA-Z][a-zA-Z0-9_-]{0,39}$")]
Person = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Text = Annotated[str, StringConstraints(min_length=1, max_length=20_000)]


class EventMessageIn(Schema):
    type: Literal["text"] = "text"
    content: Text


class ChannelEventIn(Schema):
    event: Literal["message_received", "message_edited"]
    agent_id: UUID
    workspace_id: UUID | None = Field(None, description="If it is named, it must be the workspace of the credential.")
    message_id: Person = Field(description="Your own id of the message: the same one is taken once for an agent and a channel.")
    channel: ChannelName = Field(
        description="Any name. If one channel of that kind is connected, the answer goes out through it."
    )
    external_user_id: Person = Field(description="Who wrote, as the channel knows them.")
    message: EventMessageIn


class ChannelEventOut(Schema):
    status: Literal["accepted", "duplicate", "handed_over", "edited"] = Field(
        description="`accepted`: the AI answers · `handed_over`: a person does · `duplicate`: it had come before"
    )
    event: str
    message_id: str
    conversation_id: UUID
    agent_id: UUID
    channel: str
    external_user_id: str
    conversation_status: str
    reason: str = Field(description="Why a person answers, where the owner did not choose so.")
    delivery: Literal["channel", "none"] = Field(
        description="`channel`: the answer is delivered by Frontdesk · `none`: fetch it, or have a webhook told"
    )


class ChannelSendIn(Schema):
    agent_id: UUID
    channel: ChannelName
    external_user_id: Person
    content: Text
    conversation_id: UUID | None = Field(None, description="Without it: the one they had last with that agent, or a new one.")
    message_type: Literal["text"] = "text"


class PartOut(Schema):
    id: UUID = Field(alias="uuid")
    state: str
    problem: str


class ChannelSendOut(Schema):
    status: Literal["queued", "recorded"] = Field(
        description="`queued`: on its way through the connected channel · `recorded`: kept, deliver it yourself"
    )
    message_id: UUID
    conversation_id: UUID
    agent_id: UUID
    channel: str
    external_user_id: str
    deliveries: list[PartOut]


@router.post("/api/v1/channels/event", response={202: ChannelEventOut, 200: ChannelEventOut})
def channel_event(request: ApiRequest, body: ChannelEventIn) -> Status:
    """Something happened on a channel. A message is kept before this answers 202; a worker has it answered. 200: known."""
    _limit(request)
    if body.workspace_id not in (None, request.actor.workspace.uuid):
        raise Invalid.field("workspace_id", _("This is not the workspace of your credential. Leave it out, or name that one."))
    agent = agent_by_uuid(body.agent_id)
    place = programs.place_of(body.channel, body.external_user_id)
    text = body.message.content
    if body.event == "message_edited":
        changed = programs.edit(request.actor, agent, place, message_id=body.message_id, text=text)
        if changed is None:
            raise MessageNotFound
        return Status(200, _told(body, place, changed.conversation, "edited"))
    turn = programs.receive(request.actor, agent, place, message_id=body.message_id, text=text)
    return Status(202 if turn.new else 200, _told(body, place, turn.conversation, _status(turn)))


def _limit(request: ApiRequest) -> None:
    """A gateway brings what all customers write: that is not held to the pace of one chat."""
    limits.check(f"events:{request.actor.credential}", allowed=settings.CHANNEL_EVENTS_PER_MINUTE, seconds=60)


def _status(turn: Turn) -> str:
    if not turn.new:
        return "duplicate"
    return "accepted" if turn.conversation.status == Conversation.Status.ACTIVE else "handed_over"


def _told(body: ChannelEventIn, place: programs.Place, conversation: Conversation, status: str) -> dict[str, Any]:
    return {
        "status": status,
        "event": body.event,
        "message_id": body.message_id,
        "conversation_id": conversation.uuid,
        "agent_id": body.agent_id,
        "channel": body.channel,
        "external_user_id": body.external_user_id,
        "conversation_status": conversation.status,
        "reason": conversation.status_reason,
        "delivery": "channel" if place.channel else "none",
    }


@router.post("/api/v1/channels/send", response={202: ChannelSendOut})
def channel_send(request: ApiRequest, body: ChannelSendIn) -> Status:
    """Write to a customer. It is kept in the conversation, and goes out through the outbox where the channel is connected."""
    _limit(request)
    agent = agent_by_uuid(body.agent_id)
    place = programs.place_of(body.channel, body.external_user_id)
    message = programs.send(request.actor, agent, place, text=body.content, conversation_id=body.conversation_id)
    parts = list(message.deliveries.order_by("part"))
    told = {
        "status": "queued" if parts else "recorded",
        "message_id": message.uuid,
        "conversation_id": message.conversation.uuid,
        "agent_id": body.agent_id,
        "channel": body.channel,
        "external_user_id": body.external_user_id,
        "deliveries": parts,
    }
    return Status(202, told)
