"""What vendors say became of messages that were sent to them: late, twice and in any order."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.db.models import Q

from frontdesk.core.events import emit
from frontdesk.core.jobs import Again
from frontdesk.sdk.values import Status, Watermark
from frontdesk.sdk.words import said

from .models import Channel, Delivery
from .signals import delivery_failed

# A state replaces those before it; "unknown" is replaced by any, and what failed may yet be read.
ORDER = [Delivery.State.QUEUED, Delivery.State.SENDING, Delivery.State.UNKNOWN, Delivery.State.SENT, Delivery.State.FAILED]
ORDER += [Delivery.State.DELIVERED, Delivery.State.READ]
# The vendor may be faster than our own note of its receipt.
SOON = 1.0
# Our note of a receipt is a little later than the vendor's own time of the message.
CLOCKS = timedelta(seconds=1)


def note(channel: Channel, status: Status) -> None:
    """Move a delivery on, never back. Raises Again while the message that it may be about is being sent."""
    delivery = _delivery(channel, status.external_id)
    if delivery is None:
        if Delivery.objects.filter(channel=channel, state=Delivery.State.SENDING).exists():
            raise Again(SOON)
        return
    if ORDER.index(Delivery.State(status.state)) <= ORDER.index(Delivery.State(delivery.state)):
        return
    delivery.state = status.state
    problem = said(status.problem, delivery.workspace.language)
    delivery.problem = problem[:500] if status.state == Delivery.State.FAILED else ""
    delivery.save(update_fields=["state", "problem", "updated_at"])
    told(delivery)


def note_all(channel: Channel, mark: Watermark) -> None:
    """Move all that a customer was sent until a moment on."""
    until = datetime.fromtimestamp(mark.until, UTC) + CLOCKS
    before = ORDER[: ORDER.index(Delivery.State(mark.state))]
    where = {"channel": channel, "recipient_id": mark.recipient_id[:255], "thread_id": mark.thread_id[:255]}
    rows = Delivery.objects.filter(**where, sent_at__lte=until, state__in=before).select_related("workspace", "conversation")
    for delivery in rows.select_for_update(of=("self",)).order_by("pk"):
        delivery.state, delivery.problem = mark.state, ""
        delivery.save(update_fields=["state", "problem", "updated_at"])
        told(delivery)


def told(delivery: Delivery) -> None:
    """Tell open pages, and rooms above what was not delivered."""
    where = {"conversation": str(delivery.conversation.uuid), "message": delivery.message_id}
    emit(delivery.workspace.uuid, "delivery.changed", **where, state=delivery.state)
    if delivery.state in Delivery.TROUBLED:
        delivery_failed.send(Delivery, delivery=delivery)


def _delivery(channel: Channel, external_id: str) -> Delivery | None:
    named = Q(external_id=external_id[:255])
    try:
        named |= Q(uuid=UUID(external_id))
    except ValueError:
        pass
    rows = Delivery.objects.select_for_update(of=("self",)).select_related("workspace", "conversation")
    return rows.filter(named, channel=channel).first() if external_id else None
