"""What workers do for channels: read what came in, send what goes out, and look for whatever was left lying."""

from __future__ import annotations

from datetime import timedelta

from asgiref.sync import async_to_sync
from django.utils import timezone

from frontdesk.conversations.models import Attachment, Contact, Message
from frontdesk.conversations.naming import as_name
from frontdesk.core.bell import SWEEPS, hourly
from frontdesk.core.jobs import Work, enqueue, job
from frontdesk.core.scoping import unscoped
from frontdesk.plugins import calling

from . import fetching, outbox, polling, receiving
from .kinds import connected
from .models import Arrival, Delivery, Early, Thread

# What has not moved for so long has perhaps lost its job.
LEFT_LYING = timedelta(seconds=90)
KEEP = timedelta(days=14)
TYPING_SECONDS = 5.0
NAME_SECONDS = 10.0


@job("channels.receive", lease=30)
def receive(work: Work, *, arrival_id: int) -> None:
    receiving.receive(arrival_id, last_attempt=work.last_attempt)


@job("channels.deliver", lease=30)
def deliver(work: Work, *, message_id: int) -> None:
    outbox.deliver(message_id)


@job("channels.poll", lease=30, max_attempts=1)
def poll(work: Work, *, channel_id: int) -> None:
    polling.poll(channel_id)


@job("channels.fetch", lease=60)
def fetch(work: Work, *, message_id: int) -> None:
    fetching.fetch(message_id)


@job("channels.name", max_attempts=3)
def name(work: Work, *, conversation_id: int) -> None:
    """Ask the vendor for the name of a customer who has none yet."""
    thread = Thread.objects.select_related("channel__workspace", "conversation__contact").get(conversation=conversation_id)
    channel, contact = connected(thread.channel), thread.conversation.contact
    found = async_to_sync(calling.call)(
        channel.plugin,
        f"{channel.part}, names",
        channel.kind.name_of,
        thread.recipient_id,
        channel.context(),
        seconds=NAME_SECONDS,
        answers=str,
    )
    if known := as_name(found):
        Contact.objects.filter(pk=contact.pk, name="").update(name=known)


@job("channels.typing", max_attempts=1)
def typing(work: Work, *, conversation_id: int) -> None:
    """A kindness: when it fails, nothing is lost."""
    thread = Thread.objects.select_related("channel__workspace").get(conversation=conversation_id)
    channel = connected(thread.channel)
    async_to_sync(calling.call)(
        channel.plugin,
        f"{channel.part}, typing",
        channel.kind.typing,
        thread.recipient_id,
        thread.thread_id,
        _last_of_the_customer(conversation_id),
        channel.context(),
        seconds=TYPING_SECONDS,
    )


def _last_of_the_customer(conversation_id: int) -> str:
    """The vendor's id of the message that is being answered (`receiving.own_id` put the channel's before it)."""
    theirs = Message.objects.filter(conversation=conversation_id, author=Message.Author.CUSTOMER).order_by("-pk")
    return (theirs.values_list("external_id", flat=True).first() or "").partition("/")[2]


def sweep() -> int:
    """Ring again for what is open and has no job; gives how many."""
    before = timezone.now() - LEFT_LYING
    with unscoped():
        arrivals = Arrival.objects.filter(state=Arrival.State.RECEIVED, created_at__lt=before).select_related("workspace")[:200]
        for arrival in arrivals:
            enqueue("channels.receive", workspace=arrival.workspace, key=str(arrival.pk), arrival_id=arrival.pk)
        deliveries = Delivery.objects.filter(state__in=Delivery.OPEN, updated_at__lt=before).select_related("message__workspace")
        messages = {delivery.message for delivery in deliveries[:200]}
        for message in messages:
            outbox.ring(message)
        pending = Attachment.objects.filter(state=Attachment.State.PENDING, updated_at__lt=before)
        expecting = Message.objects.filter(pk__in=pending.values("message_id")[:200], conversation__channel__isnull=False)
        for message in expecting.select_related("workspace"):
            fetching.ring(message)
    return len(arrivals) + len(messages) + len(expecting)


def forget_old() -> None:
    """Requests are kept for two weeks; those that could not be read, until somebody decides."""
    with unscoped():
        before = timezone.now() - KEEP
        Arrival.objects.filter(state=Arrival.State.DONE, created_at__lt=before).delete()
        Early.objects.filter(created_at__lt=before).delete()


SWEEPS += [sweep, polling.ring_for_due, hourly(forget_old)]
