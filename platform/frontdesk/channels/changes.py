"""What customers do to messages that were sent before: change them, take them back, put an emoji on them.

Vendors keep no order: what comes before its message waits for it (`Early`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.db.models import QuerySet

from frontdesk.conversations import actions as conversations
from frontdesk.conversations import changes
from frontdesk.conversations.models import Message
from frontdesk.core.jobs import Again
from frontdesk.core.prepared import prepared
from frontdesk.sdk.values import Deleted, Edited, Inbound, Reaction

from .intake import fitting
from .models import Channel, Delivery, Early, Thread
from .statuses import SOON

What = Early.What


def note(channel: Channel, came: Edited | Deleted | Reaction) -> None:
    """Do it to the message, or keep it until the message comes. Raises Again while ours that it may be about is being sent."""
    thread = thread_of(channel, came.sender_id, came.thread_id)
    message = theirs(channel, thread, came.external_id)
    match came:
        case Edited():
            if message is None:
                _wait(channel, came.external_id, What.EDITED, came.text, came.sent_at)
            else:
                conversations.edit(message.conversation, message.external_id, came.text, sent_at=came.sent_at)
        case Deleted():
            if message is None:
                _wait(channel, came.external_id, What.DELETED)
            else:
                changes.take_back(message)
        case Reaction():
            message = message or ours(channel, came.external_id)
            if message is not None:
                changes.react(message, came.emoji, sent_at=came.sent_at)
            elif thread and Delivery.objects.filter(conversation=thread.conversation, state=Delivery.State.SENDING).exists():
                raise Again(SOON)
            else:
                _wait(channel, came.external_id, What.REACTION, came.emoji, came.sent_at)


def thread_of(channel: Channel, recipient_id: str, thread_id: str) -> Thread | None:
    return _thread.first(channel, recipient_id[:255], thread_id[:255])


@prepared
def _thread(channel: Any, recipient_id: Any, thread_id: Any) -> QuerySet[Thread]:
    rows = Thread.objects.select_related("conversation__workspace", "conversation__contact")
    return rows.filter(channel=channel, recipient_id=recipient_id, thread_id=thread_id).order_by("pk")[:1]


def own_id(channel: Channel, external_id: str) -> str:
    """A vendor's id of a message is its own in one channel only."""
    return f"{channel.pk}/{fitting(external_id)}"


def theirs(channel: Channel, thread: Thread | None, external_id: str) -> Message | None:
    """A message of the customer's, also in a conversation that they had here before."""
    if thread is None or not external_id:
        return None
    rows = Message.objects.select_related("conversation__workspace", "workspace")
    named = {"author": Message.Author.CUSTOMER, "external_id": own_id(channel, external_id)}
    return rows.filter(conversation__contact=thread.conversation.contact_id, **named).first()


def ours(channel: Channel, external_id: str) -> Message | None:
    """A message that was sent to the customer, by its receipt."""
    if not external_id:
        return None
    rows = Delivery.objects.select_related("message__conversation__workspace", "message__workspace")
    found = rows.filter(channel=channel, external_id=external_id[:255]).first()
    return found.message if found else None


def _wait(channel: Channel, external_id: str, what: str, value: str = "", sent_at: float = 0.0) -> None:
    """Of several changes the last one counts."""
    named = {"channel": channel, "external_id": fitting(external_id), "what": what}
    row, made = Early.objects.get_or_create(
        **named, defaults={"workspace": channel.workspace, "value": value, "sent_at": sent_at}
    )
    if not made and sent_at >= row.sent_at:
        row.value, row.sent_at = value, sent_at
        row.save(update_fields=["value", "sent_at", "updated_at"])


def waiting_for(channel: Channel, external_id: str) -> Sequence[Early]:
    """What has happened to a message already that comes only now."""
    return _early(channel, fitting(external_id))


@prepared
def _early(channel: Any, external_id: Any) -> QuerySet[Early]:
    return Early.objects.filter(channel=channel, external_id=external_id)


def as_changed(inbound: Inbound, early: Sequence[Early]) -> tuple[Inbound, dict[str, object]]:
    """The message as it is by now, and what is remembered of that."""
    edit = next((row for row in early if row.what == What.EDITED), None)
    if edit is None or edit.sent_at and edit.sent_at < inbound.sent_at:
        return inbound, {}
    return replace(inbound, text=edit.value), {"before_edit": inbound.text, "edited_at": edit.sent_at}


def is_taken_back(early: Sequence[Early]) -> bool:
    return any(row.what == What.DELETED for row in early)


def done(message: Message, early: Sequence[Early]) -> None:
    """The message is here: do to it what waited, and forget that."""
    for row in early:
        if row.what == What.DELETED:
            changes.take_back(message)
        elif row.what == What.REACTION:
            changes.react(message, row.value, sent_at=row.sent_at)
        row.delete()
