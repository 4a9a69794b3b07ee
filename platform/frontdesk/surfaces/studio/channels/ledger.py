"""What became of an answer on its way to a customer, as one line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from frontdesk.channels.models import Delivery
from frontdesk.conversations.models import Conversation, Message

# The part that is least far speaks for all; trouble speaks loudest.
LOUDEST = ["failed", "unknown", "queued", "sending", "sent", "delivered", "read"]


@dataclass(frozen=True, slots=True)
class Ledger:
    """`received` is when the customer had asked, None where a person wrote unasked."""

    message: Message
    parts: Sequence[Delivery]
    received: datetime | None

    @property
    def slowest(self) -> Delivery:
        return min(self.parts, key=lambda part: LOUDEST.index(part.state))

    @property
    def is_open(self) -> bool:
        return any(part.state in Delivery.OPEN for part in self.parts)

    @property
    def is_troubled(self) -> bool:
        return any(part.state in Delivery.TROUBLED for part in self.parts)

    @property
    def can_go_again(self) -> bool:
        return any(part.state in Delivery.TROUBLED and part.channel_id for part in self.parts)

    @property
    def sent(self) -> datetime | None:
        """When the last part was, once all are."""
        times = [part.sent_at for part in self.parts]
        return max(time for time in times if time) if all(times) and times else None


def ledger(message: Message) -> Ledger | None:
    """None for a message that went to no channel. Reads `message.deliveries`, which may be prefetched."""
    parts = sorted(message.deliveries.all(), key=lambda part: part.part)
    if not parts:
        return None
    return Ledger(message, parts, message.reply_to.created_at if message.reply_to_id else None)


def with_ledgers(conversation: Conversation, messages: QuerySet[Message]) -> list[Message]:
    """The messages, each with its `ledger`; one query more where answers go to a channel."""
    if conversation.channel_id is None:
        return list(messages)
    found = list(messages.select_related("user", "reply_to").prefetch_related("deliveries"))
    for message in found:
        message.ledger = ledger(message)
    return found
