"""Answers on their way out: written in the commit of the answer itself, sent by a worker in the order of the conversation.

A part whose sender may or may not have been heard is "unknown" and stays so: only a person sends it again.
"""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet, Subquery
from django.dispatch import receiver
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from frontdesk.conversations.errors import AttachmentNotFound
from frontdesk.conversations.models import Attachment, Conversation, Message
from frontdesk.conversations.signals import answered
from frontdesk.core import limits
from frontdesk.core.errors import TooManyRequests
from frontdesk.core.jobs import Again, enqueue, enqueue_all
from frontdesk.core.prepared import Change, prepared, prepared_change
from frontdesk.core.saving import insert_all
from frontdesk.plugins import calling
from frontdesk.plugins.errors import PluginFailed, PluginResting
from frontdesk.runs import handing_over
from frontdesk.runs.events import FAILED
from frontdesk.runs.handing_over import Reason
from frontdesk.runs.models import Run
from frontdesk.runs.signals import ended
from frontdesk.runs.task import Task
from frontdesk.sdk.channel import Capabilities
from frontdesk.sdk.errors import DeliveryFailed, DeliveryUnknown, PluginError
from frontdesk.sdk.values import Button, Outbound, Receipt, Template

from . import window
from .errors import ChannelResting
from .kinds import Connected, capabilities_of, connected
from .models import Delivery, Thread
from .parts import as_link, as_value, can_take, parts_of
from .statuses import told

MAX_ATTEMPTS = 12
GIVE_UP = timedelta(hours=24)
SEND_SECONDS = 20.0
# Longer than a send can take: when it is over, whoever sent is gone.
LEASE = timedelta(seconds=45)
RESTING = timedelta(seconds=60)
# How soon to look again when another worker is sending in the same conversation.
NEXT_SECONDS = 0.5
LONGEST_WAIT = 600.0


@receiver(answered, dispatch_uid="put the answer into the outbox")
def put_in(sender: type[Message], conversation: Conversation, message: Message, **kwargs: Any) -> None:
    """One delivery for each part, in the transaction that keeps the answer."""
    if conversation.channel_id is None:
        return  # from the API: nobody waits on a messenger
    thread = _thread.first(conversation)
    if thread is None:
        return
    files = list(message.attachments.order_by("id")) if message.author == Message.Author.PERSON else []
    parts = parts_of(message, files, capabilities_of(thread.channel.kind))
    give_up_at = timezone.now() + GIVE_UP
    answers = _answered(message)
    deliveries = [
        Delivery(
            workspace_id=conversation.workspace_id,
            channel=thread.channel,
            conversation=conversation,
            message=message,
            part=number,
            text=part.text,
            markdown=part.markdown,
            attachment=part.attachment,
            buttons=list(part.buttons),
            template=part.template or {},
            reply_to="" if number else answers,
            recipient_id=thread.recipient_id,
            thread_id=thread.thread_id,
            give_up_at=give_up_at,
        )
        for number, part in enumerate(parts)
    ]
    insert_all(deliveries)
    # The message is of this very transaction: no other job can have its key.
    enqueue_all("channels.deliver", [(conversation.workspace, str(message.pk), {"message_id": message.pk})])


@prepared
def _thread(conversation: Any) -> QuerySet[Thread]:
    return Thread.objects.select_related("channel").filter(conversation=conversation).order_by("pk")[:1]


def _answered(message: Message) -> str:
    """The vendor's id of the message that this one answers; of an AI's, only where something came in between."""
    answered = message.reply_to
    if answered is None:
        return ""
    if answered.author != Message.Author.CUSTOMER:
        return answered.deliveries.order_by("part").values_list("external_id", flat=True).first() or ""
    if message.author == Message.Author.AI and not _later(answered.conversation_id, answered.pk):
        return ""
    return answered.external_id.partition("/")[2][:255]


@prepared
def _later(conversation: Any, after: Any) -> QuerySet[Message]:
    """Whether there is one."""
    rows = Message.objects.filter(conversation=conversation, author=Message.Author.CUSTOMER, pk__gt=after)
    return rows.only("pk").order_by("pk")[:1]


@receiver(ended, dispatch_uid="hand over what could not be answered")
def hand_over(sender: type[Run], run: Run, conversation: Conversation | None, how: str, **kwargs: Any) -> None:
    """On a messenger nobody sees that an answer failed: a person has to know."""
    if conversation is None or how != FAILED or conversation.status != Conversation.Status.ACTIVE:
        return
    if Thread.objects.filter(conversation=conversation).exists():
        content = Task.model_validate(run.task).content
        handing_over.pass_on(conversation, content, Reason(_("The AI could not answer.")))


def ring(message: Message) -> None:
    """Have a worker deliver a message, at commit."""
    enqueue("channels.deliver", workspace=message.workspace, key=str(message.pk), message_id=message.pk)


def deliver(message_id: int) -> None:
    """Send what is open of a message, after all that is open before it. Raises Again when it must wait."""
    more = True
    while more:
        found = _next(message_id)
        if not found:
            return
        head, more = found[0], len(found) > 1
        with translation.override(head.workspace.language):
            if _claim(head):
                _send(head)
            more = more or head.state in Delivery.OPEN


@prepared
def _next(until: Any) -> QuerySet[Delivery]:
    """The next part of a conversation that is open, up to this message's last, and one more if there is one."""
    related = ("workspace", "channel__workspace", "conversation", "message", "attachment")
    conversation = Message.objects.filter(pk=until).values("conversation")
    rows = Delivery.objects.filter(conversation=Subquery(conversation), message__lte=until, state__in=Delivery.OPEN)
    return rows.select_related(*related).order_by("message_id", "part")[:2]


def _claim(head: Delivery) -> bool:
    """Take a part to send it, if it is to be sent and still as it was read: of several workers one changes the row."""
    if _is_over(head):
        return False
    seen = (head.state, head.attempts, head.updated_at)
    now = timezone.now()
    head.state, head.attempts, head.lease_until = Delivery.State.SENDING, head.attempts + 1, now + LEASE
    return bool(_taken(head.pk, *seen, head.attempts, head.lease_until, now))


@prepared_change
def _taken(pk: Any, state: Any, attempts: Any, updated_at: Any, attempt: Any, lease_until: Any, now: Any) -> Change:
    as_seen = Delivery.objects.filter(pk=pk, state=state, attempts=attempts, updated_at=updated_at)
    return Change(as_seen, state=Delivery.State.SENDING, attempts=attempt, lease_until=lease_until, updated_at=now)


def _is_over(head: Delivery) -> bool:
    """Whether a part must not be sent any more, which is then noted. Raises Again when it must not be sent yet."""
    now = timezone.now()
    if head.state == Delivery.State.SENDING:
        if head.lease_until and head.lease_until > now:
            raise Again(NEXT_SECONDS)
        _end(head, Delivery.State.UNKNOWN, _("Frontdesk was stopped while it sent this. The customer may have it."))
        return True
    if head.channel is None:
        _end(head, Delivery.State.FAILED, _("The channel was deleted."))
        return True
    if head.give_up_at <= now:
        _end(head, Delivery.State.FAILED, head.problem or _("It could not be sent for a whole day."))
        return True
    if problem := window.closed(head):
        _end(head, Delivery.State.FAILED, problem)
        return True
    if head.not_before and head.not_before > now:
        raise Again((head.not_before - now).total_seconds())
    _keep_pace(head)
    return False


def _keep_pace(head: Delivery) -> None:
    """As many messages a second as the vendor takes from one channel."""
    pace = capabilities_of(head.channel.kind).per_second
    seconds = 1.0 if pace >= 1 else 1 / pace
    try:
        limits.check(f"channel:{head.channel_id}", allowed=max(1, int(pace * seconds)), seconds=seconds)
    except TooManyRequests as error:
        raise Again(error.retry_after) from error


def _send(delivery: Delivery) -> None:
    """What the vendor said is noted, or that it said nothing."""
    try:
        channel = connected(delivery.channel)
        receipt = _hand_to_plugin(channel, delivery)
    except AttachmentNotFound:
        _end(delivery, Delivery.State.FAILED, _("The file is not here any more. Send it again from your own device."))
    except (ChannelResting, PluginResting) as error:
        _wait(delivery, str(error), RESTING.total_seconds(), counts=False)
    except DeliveryFailed as error:
        if error.permanent or delivery.attempts >= MAX_ATTEMPTS:
            _end(delivery, Delivery.State.FAILED, str(error))
        else:
            _wait(delivery, str(error), max(error.retry_after or 0.0, _back_off(delivery.attempts)))
    except DeliveryUnknown as error:
        _end(delivery, Delivery.State.UNKNOWN, str(error))
    except PluginError as error:
        _end(delivery, Delivery.State.FAILED, str(error))
    except PluginFailed as error:
        _end(delivery, Delivery.State.UNKNOWN, str(error))
    else:
        if _sent(delivery.pk, delivery.state, delivery.attempts, receipt.external_id[:255], timezone.now()):
            delivery.state = Delivery.State.SENT
            told(delivery)


@prepared_change
def _sent(pk: Any, state: Any, attempts: Any, external_id: Any, now: Any) -> Change:
    """As `_end`, for what nearly every attempt ends with."""
    mine = Delivery.objects.filter(Q(state=state) | Q(state=Delivery.State.UNKNOWN), pk=pk, attempts=attempts)
    fields = {"problem": "", "external_id": external_id, "lease_until": None, "sent_at": now, "updated_at": now}
    return Change(mine, state=Delivery.State.SENT, **fields)


def _hand_to_plugin(channel: Connected, delivery: Delivery) -> Receipt:
    message = _as_value(delivery, channel.kind.capabilities)
    return calling.call_and_wait(
        channel.plugin,
        channel.part,
        channel.kind.send,
        message,
        channel.context(),
        seconds=SEND_SECONDS,
        workspace=delivery.workspace.uuid,
        answers=Receipt,
    )


def _as_value(delivery: Delivery, can: Capabilities) -> Outbound:
    """As the plugin sends it. Raises AttachmentNotFound."""
    text, files = delivery.text, []
    for file in _files(delivery, can):
        if can_take(file, can):
            files.append(as_value(file))
        else:
            text = f"{text}\n\n{as_link(file)}".strip()
    return Outbound(
        delivery.recipient_id,
        text,
        str(delivery.uuid),
        delivery.thread_id,
        attachments=tuple(files),
        markdown=delivery.markdown if text == delivery.text else "",
        buttons=tuple(Button(str(each["id"]), str(each["label"])) for each in delivery.buttons),
        reply_to=delivery.reply_to,
        template=Template(**{**delivery.template, "values": tuple(delivery.template["values"])}) if delivery.template else None,
        by_person=delivery.message.author == Message.Author.PERSON,
    )


def _files(delivery: Delivery, can: Capabilities) -> list[Attachment]:
    if can.together and delivery.message.author == Message.Author.PERSON:
        is_last = not delivery.message.deliveries.filter(part__gt=delivery.part).exists()
        return list(delivery.message.attachments.order_by("id")) if is_last else []
    return [delivery.attachment] if delivery.attachment else []


def _back_off(attempts: int) -> float:
    return min(LONGEST_WAIT, 2.0**attempts) * random.uniform(0.7, 1.3)  # noqa: S311


def _wait(delivery: Delivery, problem: str, seconds: float, *, counts: bool = True) -> None:
    fields = {"not_before": timezone.now() + timedelta(seconds=seconds), "attempts": delivery.attempts - (not counts)}
    _end(delivery, Delivery.State.QUEUED, problem, **fields)


@transaction.atomic
def _end(delivery: Delivery, state: str, problem: str, **fields: Any) -> None:
    """Note how this attempt ended, unless the delivery has gone on without us. After a refused part the rest is not sent."""
    mine = Delivery.objects.filter(pk=delivery.pk, state__in=[delivery.state, Delivery.State.UNKNOWN], attempts=delivery.attempts)
    changes = {"state": state, "problem": problem[:500], "lease_until": None, "updated_at": timezone.now(), **fields}
    if not mine.update(**changes):
        return
    if state == Delivery.State.FAILED:
        rest = Delivery.objects.filter(message=delivery.message_id, part__gt=delivery.part, state=Delivery.State.QUEUED)
        rest.update(state=state, problem=_("The part before it was not delivered."), updated_at=timezone.now())
    delivery.state = state
    told(delivery)
