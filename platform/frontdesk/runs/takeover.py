"""A person takes a conversation over while the AI answers: the model stops writing, and what it wrote is not sent.

A run that waits for somebody to allow a tool is marked, and what it wants stays to be decided: whoever only looked and gives the
conversation back may still allow it. Once a person has written to the customer, or closed the conversation, the matter is theirs:
what was to be decided is withdrawn, for the agent knows nothing of what they said.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from django.db import transaction
from django.dispatch import receiver

from frontdesk.conversations.models import Conversation, Message
from frontdesk.conversations.signals import answered, taken_over

from . import approvals, service
from .models import Run


@receiver(taken_over, dispatch_uid="stop the answer in the making")
def stop_answering(sender: type[Conversation], conversation: Conversation, **kwargs: Any) -> None:
    """The mark decides at the moment of sending (`endings.commit`), under the lock that the sender of this signal holds."""
    run = Run.objects.filter(conversation=conversation, state__in=Run.OPEN).values("pk", "uuid").first()
    if run is not None:
        Run.objects.filter(pk=run["pk"]).update(taken_over=True, cancel_requested=True)
        transaction.on_commit(partial(service.tell_cancel, str(run["uuid"])))
    Run.objects.filter(conversation=conversation, state=Run.State.PAUSED, approvals__open=True).update(taken_over=True)
    if conversation.status == Conversation.Status.CLOSED:
        approvals.withdraw(conversation)


@receiver(answered, dispatch_uid="a person has answered instead")
def withdraw(sender: type[Message], conversation: Conversation, message: Message, **kwargs: Any) -> None:
    if message.author == Message.Author.PERSON:
        approvals.withdraw(conversation)
