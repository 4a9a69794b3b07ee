"""What rooms below tell, as events. Receivers run inside the transaction of what they are told."""

from __future__ import annotations

from typing import Any

from django.db.models.signals import post_save
from django.dispatch import receiver

from frontdesk.channels.models import Delivery
from frontdesk.channels.signals import delivery_failed
from frontdesk.conversations.models import Contact, Conversation, Message
from frontdesk.conversations.signals import answered, changed, received
from frontdesk.core.scoping import get_scope
from frontdesk.runs.events import COMPLETED, FAILED
from frontdesk.runs.models import Run
from frontdesk.runs.signals import ended

from . import shapes
from .publishing import publish

OF_CHANGE = {
    "opened": "conversation.opened",
    "status": "conversation.status",
    "reopened": "conversation.status",
    "closed": "conversation.closed",
}
OF_ENDING = {COMPLETED: "run.completed", FAILED: "run.failed"}


@receiver(received, dispatch_uid="webhooks: a customer wrote")
def _received(sender: type[Message], conversation: Conversation, message: Message, **kwargs: Any) -> None:
    publish(conversation.workspace, "message.received", lambda: shapes.of_message(conversation, message))


@receiver(answered, dispatch_uid="webhooks: somebody answered")
def _answered(sender: type[Message], conversation: Conversation, message: Message, **kwargs: Any) -> None:
    publish(conversation.workspace, "message.answered", lambda: shapes.of_message(conversation, message))


@receiver(changed, dispatch_uid="webhooks: a conversation changed")
def _changed(sender: type[Conversation], conversation: Conversation, what: str, **kwargs: Any) -> None:
    publish(conversation.workspace, OF_CHANGE[what], lambda: {"conversation": shapes.of_conversation(conversation)})


@receiver(ended, dispatch_uid="webhooks: a run ended")
def _ended(sender: type[Run], run: Run, conversation: Conversation | None, how: str, **kwargs: Any) -> None:
    """The owner's own trials are nobody's business outside."""
    if how in OF_ENDING and not (run.test and conversation is None):
        publish(run.workspace, OF_ENDING[how], lambda: shapes.of_run(run, conversation))


@receiver(delivery_failed, dispatch_uid="webhooks: an answer was not delivered")
def _not_delivered(sender: type[Delivery], delivery: Delivery, **kwargs: Any) -> None:
    publish(delivery.workspace, "delivery.failed", lambda: shapes.of_delivery(delivery.pk))


@receiver(post_save, sender=Contact, dispatch_uid="webhooks: a contact changed")
def _contact(sender: type[Contact], instance: Contact, created: bool, **kwargs: Any) -> None:
    if not created and get_scope().get("workspace"):
        publish(instance.workspace, "contact.changed", lambda: {"contact": shapes.of_contact(instance)})
