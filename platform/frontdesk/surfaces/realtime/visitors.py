"""What a widget's visitor may see and do, in the workspace's scope. Synchronous; the socket calls these in threads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Prefetch, QuerySet

from frontdesk.channels import fetching
from frontdesk.channels.models import Channel
from frontdesk.channels.queries import open_widget
from frontdesk.conversations import actions as conversations
from frontdesk.conversations import attachments
from frontdesk.conversations.actions import Inbound
from frontdesk.conversations.models import Attachment, Conversation, Message
from frontdesk.conversations.queries import conversation_of
from frontdesk.conversations.who_answers import next_answer
from frontdesk.core import limits
from frontdesk.core.crypto import digest
from frontdesk.core.events import tell
from frontdesk.runs import actions as runs
from frontdesk.runs.encoders.widget import shown_sources
from frontdesk.runs.models import Run
from frontdesk.sdk.values import Attachment as File
from frontdesk.workspaces.permissions import Actor

SHOWN_MESSAGES = 100
MESSAGES_PER_MINUTE = 30
# A page that stays open longer is given new addresses when its socket opens again.
LINK_SECONDS = 24 * 3600.0
ROLES = {
    Message.Author.CUSTOMER: "visitor",
    Message.Author.AI: "agent",
    Message.Author.PERSON: "person",
    Message.Author.NOTICE: "notice",
}


@dataclass(frozen=True, slots=True)
class VisitorState:
    """What a socket begins with."""

    conversation: UUID | None
    messages: list[dict[str, Any]]
    run: str | None
    answers: str


def sender(channel: Channel, visitor: str) -> str:
    """Who this visitor is on this channel. The browser's secret itself is not stored."""
    return digest(f"{channel.uuid}:{visitor}")


def current(channel: Channel, visitor: str) -> Conversation | None:
    return conversation_of(channel.kind, sender(channel, visitor), channel_id=channel.pk)


def enter(key: str, origin: str, *, own_origin: str, ip: str) -> Channel:
    """The widget that a socket may open. Raises UnknownKey, OriginRefused, or TooManyRequests for who opens very many."""
    limits.check(f"widget-from:{ip}", allowed=settings.WIDGET_SOCKETS_PER_MINUTE, seconds=60)
    return open_widget(key, origin, own_origin=own_origin)


def say(
    channel: Channel, visitor: str, client_id: str, text: str, ip: str, *, language: str = "", files: Sequence[File] = ()
) -> runs.Taken:
    """Keep a visitor's message and open its run, which with `files` a worker does. The same `client_id` is kept once."""
    limits.check(f"widget-from:{ip}:{channel.pk}", allowed=settings.WIDGET_MESSAGES_PER_MINUTE, seconds=60)
    limits.check(f"widget:{channel.pk}:{sender(channel, visitor)}", allowed=MESSAGES_PER_MINUTE, seconds=60)
    with transaction.atomic():
        conversations.lock_sender(channel.kind, sender(channel, visitor))
        taken = _take(channel, visitor, client_id, text, files, language)
        if files and taken.turn.new:
            fetching.ring(taken.turn.message)
            news = {"conversation": str(taken.turn.conversation.uuid), "message": str(taken.turn.message.uuid), "run": None}
            tell(visitor_group(channel, visitor), {"type": "conversation.begun", **news})
        return taken


def visitor_group(channel: Channel, visitor: str) -> str:
    """Of all tabs of this visitor, those too that were open before there was a conversation."""
    return f"visitor.{sender(channel, visitor)}"


def _take(channel: Channel, visitor: str, client_id: str, text: str, files: Sequence[File], language: str) -> runs.Taken:
    conversation = current(channel, visitor)
    inbound = Inbound(
        text=text,
        channel_kind=channel.kind,
        sender=sender(channel, visitor),
        external_id=client_id,
        channel_id=channel.pk,
        conversation=conversation.uuid if conversation and conversation.agent_id == channel.agent_id else None,
        files=files,
        language=language,
        metadata={"wordless": True} if files and not text.strip() else {},
    )
    return runs.take(Actor.system(channel.workspace, f"widget: {channel.name}"), channel.agent, inbound, queue=True)


def state(channel: Channel, visitor: str, asked_run: str) -> VisitorState:
    """The visitor's conversation so far, and the run to follow: the open one, or the one the browser was following."""
    conversation = current(channel, visitor)
    if conversation is None:
        return VisitorState(None, [], None, next_answer(channel.workspace))
    rows = _whole(conversation).order_by("-id")[:SHOWN_MESSAGES]
    open_run = conversation.runs.filter(state__in=Run.OPEN).first()
    followed = open_run or (conversation.runs.filter(uuid=asked_run).first() if _is_uuid(asked_run) else None)
    messages = [shown(row) for row in reversed(rows)]
    answers = next_answer(channel.workspace, conversation)
    return VisitorState(conversation.uuid, messages, str(followed.uuid) if followed else None, answers)


def conversation_uuid(channel: Channel, visitor: str) -> UUID | None:
    conversation = current(channel, visitor)
    return conversation.uuid if conversation else None


def who_answers(channel: Channel, visitor: str) -> str:
    """The visitor's next message: "assistant" or "person"."""
    return next_answer(channel.workspace, current(channel, visitor))


def shown(message: Message) -> dict[str, Any]:
    """A message as the widget draws it."""
    files = list(message.attachments.all())
    wordless = message.metadata.get("wordless") and message.text == attachments.said_without_words(files)
    return {
        "id": str(message.uuid),
        "role": ROLES[Message.Author(message.author)],
        "text": "" if wordless else message.text,
        "files": [_file(each) for each in files],
        "sources": shown_sources(message.sources),
        "created_at": message.created_at.isoformat(),
        "rating": message.rating or "none",
        "run": str(message.run_uuid) if message.run_uuid else None,
        "client_id": (message.external_id or None) if message.author == Message.Author.CUSTOMER else None,
        "name": message.user.get_short_name() if message.user else None,
    }


def _file(attachment: Attachment) -> dict[str, Any]:
    """`picture`: any browser can show it as one."""
    return {
        "id": str(attachment.uuid),
        "name": attachment.name,
        "media_type": attachment.media_type,
        "size": attachment.size,
        "url": attachments.link(attachment, seconds=LINK_SECONDS),
        "picture": attachment.is_picture,
        "width": attachment.width,
        "height": attachment.height,
    }


def _whole(conversation: Conversation) -> QuerySet[Message]:
    """Its messages, with the files that are here."""
    ready = Attachment.objects.filter(state=Attachment.State.READY).order_by("id")
    return conversation.messages.select_related("user").prefetch_related(Prefetch("attachments", ready))


def message_to_show(channel: Channel, visitor: str, message_uuid: str) -> dict[str, Any] | None:
    """A message that no run tells of: a person's, or the visitor's own from another tab."""
    conversation = current(channel, visitor)
    if conversation is None:
        return None
    message = _whole(conversation).filter(uuid=message_uuid).exclude(author=Message.Author.AI).first()
    return shown(message) if message else None


def own_run(channel: Channel, visitor: str, run_id: str) -> Run | None:
    """A run of this visitor's conversation; another visitor's does not exist."""
    conversation = current(channel, visitor)
    if conversation is None or not _is_uuid(run_id):
        return None
    return conversation.runs.filter(uuid=run_id).first()


def rate(channel: Channel, visitor: str, message_id: str, rating: str) -> None:
    conversation = current(channel, visitor)
    if conversation is not None and _is_uuid(message_id):
        conversations.rate(conversation, UUID(message_id), rating)


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
