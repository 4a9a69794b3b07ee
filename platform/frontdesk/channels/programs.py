"""Messages that a program of the owner's brings and sends, instead of a vendor: `channels/event` and `channels/send` of the API.

Any name of a channel is good. Where exactly one channel of that kind is connected, what is answered or sent goes out through it;
elsewhere the program fetches it, or is told by a webhook.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from frontdesk.agents.errors import AgentNotLive
from frontdesk.agents.models import Agent
from frontdesk.billing.errors import PaymentRequired
from frontdesk.conversations import actions as conversations
from frontdesk.conversations import queries as conversation_queries
from frontdesk.conversations.actions import Turn
from frontdesk.conversations.errors import ConversationOfAnotherAgent
from frontdesk.conversations.models import Conversation, Message
from frontdesk.core.errors import Invalid
from frontdesk.core.jobs import enqueue
from frontdesk.plugins.host import host
from frontdesk.runs import actions as runs
from frontdesk.workspaces.permissions import Actor, require

from .intake import fitting
from .models import Channel, Thread


@dataclass(frozen=True, slots=True)
class Place:
    """Whom a program writes about: a customer as their channel knows them, and the connected channel if there is exactly one."""

    kind: str
    person: str
    channel: Channel | None

    @property
    def sender(self) -> str:
        """The customer's identity, as messages that a vendor brings have it."""
        if self.channel is None or _shares_senders(self.kind):
            return fitting(self.person)
        return fitting(f"{self.channel.pk}:{self.person}")

    def own_id(self, message_id: str) -> str:
        return f"{self.channel.pk}/{fitting(message_id)}" if self.channel else fitting(message_id)


def _shares_senders(kind: str) -> bool:
    offer = host().offers("channels").get(kind)
    return offer is not None and offer.item.shared_senders


def place_of(kind: str, person: str) -> Place:
    found = list(Channel.objects.select_related("workspace").filter(kind=kind, enabled=True, public_key=None)[:2])
    return Place(kind, person, found[0] if len(found) == 1 else None)


@transaction.atomic
def receive(actor: Actor, agent: Agent, place: Place, *, message_id: str, text: str) -> Turn:
    """Keep a customer's message, once for its id, this agent and this kind of channel; a worker answers it, or a person does."""
    require(actor, "answer")
    conversations.lock_sender(place.kind, place.person)
    known = _known(agent, place, message_id)
    if known is not None:
        return Turn(known.conversation, known, new=False)
    begun = _conversation(agent, place)
    inbound = conversations.Inbound(
        text=text,
        channel_kind=place.kind,
        sender=place.sender,
        external_id=place.own_id(message_id),
        channel_id=place.channel.pk if place.channel else None,
        conversation=begun.uuid if begun else None,
    )
    turn = _answered_by_a_worker(actor, agent, inbound)
    _bind(turn.conversation, place)
    return turn


def _known(agent: Agent, place: Place, message_id: str) -> Message | None:
    where = {"conversation__agent": agent, "conversation__channel_kind": place.kind}
    rows = Message.objects.filter(author=Message.Author.CUSTOMER, external_id=place.own_id(message_id), **where)
    return rows.select_related("conversation").first()


def _conversation(agent: Agent, place: Place) -> Conversation | None:
    """Where this customer writes with this agent: the vendor's thread if it is known, else what they had last."""
    if place.channel is not None:
        thread = _thread(place)
        known = thread.conversation if thread else None
        return known if known and known.agent_id == agent.pk and known.contact.deleted_at is None else None
    last = conversation_queries.conversation_of(place.kind, place.sender)
    return last if last and last.agent_id == agent.pk and not last.test else None


def _thread(place: Place) -> Thread | None:
    rows = Thread.objects.select_related("conversation__workspace", "conversation__contact")
    return rows.filter(channel=place.channel, recipient_id=place.person[:255], thread_id="").first()


def _answered_by_a_worker(actor: Actor, agent: Agent, inbound: conversations.Inbound) -> Turn:
    try:
        with transaction.atomic():
            taken = runs.take(actor, agent, inbound, queue=True)
    except (AgentNotLive, PaymentRequired) as error:
        turn = conversations.receive(actor.workspace, agent.pk, inbound)
        if turn.new and turn.conversation.status == Conversation.Status.ACTIVE:
            conversations.hand_over(turn.conversation.pk, reason=str(error.message))
            turn.conversation.refresh_from_db(fields=["status", "status_reason"])
        return turn
    if taken.run is not None and taken.turn.new:
        enqueue("runs.execute", workspace=actor.workspace, key=str(taken.run.uuid), run_id=taken.run.pk)
    return taken.turn


def _bind(conversation: Conversation, place: Place) -> None:
    """What is said in this conversation goes out through the connected channel from now on."""
    if place.channel is None:
        return
    thread = _thread(place)
    if thread is None:
        where = {"recipient_id": place.person[:255], "thread_id": ""}
        Thread.objects.create(workspace=place.channel.workspace, channel=place.channel, conversation=conversation, **where)
    elif thread.conversation_id != conversation.pk:
        thread.conversation = conversation
        thread.save(update_fields=["conversation", "updated_at"])
    if conversation.channel_id is None:
        conversation.channel = place.channel
        conversation.save(update_fields=["channel", "updated_at"])


@transaction.atomic
def edit(actor: Actor, agent: Agent, place: Place, *, message_id: str, text: str) -> Message | None:
    """A customer changed what they had written. None when that message never came."""
    require(actor, "answer")
    known = _known(agent, place, message_id)
    return conversations.edit(known.conversation, known.external_id, text) if known else None


@transaction.atomic
def send(actor: Actor, agent: Agent, place: Place, *, text: str, conversation_id: UUID | None) -> Message:
    """Write to a customer, as a person does. Begins a conversation where there is none.

    Raises ConversationNotFound, ConversationOfAnotherAgent, or Invalid for a conversation with somebody else or elsewhere.
    """
    require(actor, "answer")
    conversations.lock_sender(place.kind, place.person)
    if conversation_id is not None:
        conversation = _named(agent, place, conversation_id)
    else:
        conversation = _conversation(agent, place) or _begun(actor, agent, place)
    _bind(conversation, place)
    return conversations.reply_as_person(actor, conversation, text)


def _named(agent: Agent, place: Place, conversation_id: UUID) -> Conversation:
    conversation = conversation_queries.conversation_by_uuid(conversation_id)
    if conversation.agent_id != agent.pk:
        raise ConversationOfAnotherAgent
    if conversation.channel_kind != place.kind:
        words = {"channel": conversation.channel_kind}
        raise Invalid.field("channel", _("This conversation is held on the channel %(channel)s.") % words)
    known = {place.person, place.sender, *([f"{conversation.channel_id}:{place.person}"] if conversation.channel_id else [])}
    if not conversation.contact.identities.filter(channel_kind=place.kind, external_id__in=known).exists():
        raise Invalid.field("external_user_id", _("This conversation is with another customer."))
    return conversation


def _begun(actor: Actor, agent: Agent, place: Place) -> Conversation:
    channel_id = place.channel.pk if place.channel else None
    inbound = conversations.Inbound("", place.kind, place.sender, channel_id=channel_id)
    return conversations.start_conversation(actor.workspace, agent.pk, inbound)
