"""A person takes a conversation over while the AI answers: the model stops writing, and what it wrote is not sent."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.db import transaction
from django.dispatch import receiver

from frontdesk.conversations.models import Conversation
from frontdesk.conversations.signals import taken_over

from . import service
from .models import Run


@receiver(taken_over, dispatch_uid="stop the answer in the making")
def stop_answering(sender: type[Conversation], conversation: Conversation, **kwargs: Any) -> None:
    """The mark decides at the moment of sending (`endings.commit`), under the lock that the sender of this signal holds."""
    run = Run.objects.filter(conversation=conversation, state__in=Run.OPEN).values("pk", "uuid").first()
    if run is not None:
        Run.objects.filter(pk=run["pk"]).update(taken_over=True, cancel_requested=True)
        transaction.on_commit(partial(service.tell_cancel, str(run["uuid"])))
