"""What the screen of a rehearsal shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from frontdesk.conversations.models import Conversation
from frontdesk.sdk.rehearsal import Customer, Double, Faults, Line
from frontdesk.sdk.values import Attachment

from ..errors import FileNotThere, NoRehearsal
from ..kinds import offer_of
from ..models import Channel, Thread
from .memory import Remembered


@dataclass(frozen=True, slots=True)
class Phone:
    """A customer's phone as it is now. `customer` is None while there is nobody; `typing` is the business."""

    double: type[Double]
    customers: Sequence[Customer]
    customer: Customer | None
    lines: Sequence[Line]
    faults: Faults
    typing: bool

    @property
    def version(self) -> str:
        """Another one when something changed that is seen."""
        seen = repr((self.customer, self.lines, self.faults, self.typing))
        return sha256(seen.encode()).hexdigest()[:16]


def phone(channel: Channel, customer_id: str = "") -> Phone:
    """Of that customer, or of the newest. Raises NoRehearsal."""
    double = double_kind(channel)
    memory = Remembered(channel)
    customers = memory.customers()
    customer = next((each for each in customers if each.id == customer_id), customers[0] if customers else None)
    lines = memory.lines(customer.id) if customer else []
    typing = customer is not None and customer.typing_until > memory.now()
    return Phone(double, customers, customer, lines, memory.faults, typing)


def double_kind(channel: Channel) -> type[Double]:
    """Raises NoRehearsal."""
    double = offer_of(channel.workspace, channel.kind).item.double if channel.rehearsal else None
    if double is None:
        raise NoRehearsal()
    return double


def file(channel: Channel, reference: str) -> Attachment:
    """Raises FileNotThere."""
    found = Remembered(channel).file(reference)
    if found is None:
        raise FileNotThere()
    return found


def conversation_of(channel: Channel, customer_id: str) -> Conversation | None:
    """Where the business sees this customer."""
    thread = (
        Thread.objects.filter(channel=channel, recipient_id=customer_id).select_related("conversation").order_by("-id").first()
    )
    return thread.conversation if thread else None
