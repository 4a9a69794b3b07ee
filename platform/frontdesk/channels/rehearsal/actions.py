"""What an owner does in a rehearsal: begin one, play the customer, have the vendor make trouble.

Only `begin` is in the audit: what a made-up customer writes changes nothing of the business.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Literal

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from frontdesk.agents.models import Agent
from frontdesk.conversations.models import Conversation, Message
from frontdesk.core.crypto import new_token
from frontdesk.core.errors import FrontdeskError, Invalid
from frontdesk.core.events import emit
from frontdesk.plugins.config import split
from frontdesk.sdk.rehearsal import Customer, Double, Faults, Line, Refused
from frontdesk.sdk.values import Attachment
from frontdesk.workspaces import audit
from frontdesk.workspaces.permissions import Actor, require

from .. import kinds
from ..actions import tell_vendor
from ..errors import NoRehearsal, RehearsalRefused
from ..models import Channel, Delivery, Thread
from .memory import Remembered
from .playing import configured, double_of, guarded

LONGEST_TEXT = 20_000
LONGEST_NAME = 80
LONGEST_SUBJECT = 200
REASONS = {
    "empty": gettext_lazy("The message is empty. Write something first."),
    "blocked": gettext_lazy("This customer has blocked you. Take that back first."),
    "cannot": gettext_lazy("Customers cannot do that there."),
    "gone": gettext_lazy("This message is not there any more."),
    "no_button": gettext_lazy("This button is not there any more."),
    "not_theirs": gettext_lazy("Customers can only change what they wrote themselves."),
    "too_large": gettext_lazy("This file is too large to be sent there."),
}


def begin(actor: Actor, kind: str, agent_id: int, *, name: str) -> Channel:
    """A channel of this kind that needs no account: a local double stands for the vendor.

    Raises UnknownKind, NoRehearsal where the plugin brings no double, or ConnectionFailed.
    """
    require(actor, "manage_channels")
    offer = kinds.offer_of(actor.workspace, kind)
    if offer.item.double is None:
        raise NoRehearsal()
    agent = Agent.objects.filter(pk=agent_id, deleted_at__isnull=True).first()
    if agent is None:
        raise Invalid.field("agent_id", _("Choose one of your agents."))
    settings, secrets = split(offer.item.config_model, configured(offer.item.double, offer.item.config_model), kept={})
    with transaction.atomic():
        channel = Channel.objects.create(
            workspace=actor.workspace,
            agent=agent,
            kind=kind,
            name=name.strip()[:LONGEST_NAME] or _("%(name)s (rehearsal)") % {"name": offer.item.label},
            webhook_token=new_token("hook"),
            settings=settings,
            secrets=secrets,
            rehearsal=True,
        )
        audit.record(actor, "channel.created", channel, kind=kind, rehearsal=True)
        emit(actor.workspace.uuid, "channel.changed", channel=str(channel.uuid))
    try:
        tell_vendor(channel)
    except FrontdeskError:
        channel.delete()
        raise
    return channel


@contextmanager
def playing(actor: Actor, channel: Channel) -> Iterator[Double]:
    """The double, in a transaction. Raises NoRehearsal, ChannelResting, PluginFailed, RehearsalRefused."""
    require(actor, "manage_channels")
    if not channel.rehearsal:
        raise NoRehearsal()
    served = kinds.connected(channel)
    try:
        with transaction.atomic(), guarded(served):
            yield double_of(served)
    except Refused as refused:
        raise RehearsalRefused(REASONS[refused.reason]) from refused


def meet(actor: Actor, channel: Channel, name: str = "") -> Customer:
    """Somebody new who may write."""
    with playing(actor, channel) as double:
        return double.meet(name.replace("\x00", "").strip()[:LONGEST_NAME] or _("A customer"))


def write(
    actor: Actor,
    channel: Channel,
    customer_id: str,
    text: str,
    *,
    files: Sequence[Attachment] = (),
    reply_to: str = "",
    subject: str = "",
) -> str:
    """The customer writes, with a subject where messages have one. Gives the id of the message."""
    text = text.replace("\x00", "").strip()
    if len(text) > LONGEST_TEXT:
        raise Invalid.field(
            "text", _("The message is longer than %(limit)s characters. Make it shorter.") % {"limit": LONGEST_TEXT}
        )
    with _as_customer(actor, channel, customer_id) as double:
        return double.write(customer_id, text, files, reply_to, " ".join(subject.split())[:LONGEST_SUBJECT]).id


def press(actor: Actor, channel: Channel, line_id: str, button_id: str) -> None:
    with playing(actor, channel) as double:
        double.press(line_id, button_id)


def edit(actor: Actor, channel: Channel, line_id: str, text: str) -> None:
    text = text.replace("\x00", "").strip()[:LONGEST_TEXT]
    if not text:
        raise RehearsalRefused(REASONS["empty"])
    with playing(actor, channel) as double:
        double.edit(line_id, text)


def delete(actor: Actor, channel: Channel, line_id: str) -> None:
    with playing(actor, channel) as double:
        double.delete(line_id)


def react(actor: Actor, channel: Channel, line_id: str, emoji: str) -> None:
    """ "" takes it back."""
    with playing(actor, channel) as double:
        double.react(line_id, emoji[:8])


def read(actor: Actor, channel: Channel, customer_id: str) -> int:
    with _as_customer(actor, channel, customer_id) as double:
        return double.read(customer_id)


def block(actor: Actor, channel: Channel, customer_id: str, *, blocked: bool) -> None:
    with _as_customer(actor, channel, customer_id) as double:
        double.block(customer_id, blocked=blocked)


def switch(actor: Actor, channel: Channel, **faults: Any) -> Faults:
    """Other faults from now on; those left out are off."""
    with playing(actor, channel) as double:
        double.switch(Faults(**faults))
        return double.memory.faults


@contextmanager
def _as_customer(actor: Actor, channel: Channel, customer_id: str) -> Iterator[Double]:
    with playing(actor, channel) as double:
        if double.memory.customer(customer_id) is None:
            raise Refused("gone")
        yield double


@transaction.atomic
def recall(actor: Actor, channel: Channel, customer: Customer, conversation: Conversation) -> None:
    """A conversation that was held before, as it would stand on the customer's phone; it goes on from there."""
    require(actor, "manage_channels")
    about = {"workspace": channel.workspace, "channel": channel, "conversation": conversation, "recipient_id": customer.id}
    Thread.objects.create(**about)
    memory = Remembered(channel)
    for message in conversation.messages.order_by("id"):
        ours = message.author != Message.Author.CUSTOMER
        line_id = f"{customer.id}:{memory.number()}"
        at = message.created_at
        author: Literal["business", "customer"] = "business" if ours else "customer"
        memory.keep_line(Line(line_id, customer.id, author, message.text, at.timestamp(), "delivered"))
        if ours:
            sent = {"state": Delivery.State.SENT, "external_id": line_id, "attempts": 1, "sent_at": at, "give_up_at": at}
            Delivery.objects.create(**about, message=message, text=message.text, **sent)
