"""What is looked up for every message that comes in."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from frontdesk.core.prepared import prepared

from .models import Conversation, Identity, Message


@prepared
def by_the_customer(conversation: Any, external_id: Any) -> QuerySet[Message]:
    rows = Message.objects.filter(conversation=conversation, author=Message.Author.CUSTOMER, external_id=external_id)
    return rows.order_by("pk")[:1]


@prepared
def conversation(uuid: Any) -> QuerySet[Conversation]:
    rows = Conversation.objects.select_for_update(of=("self",)).select_related("contact")
    return rows.filter(uuid=uuid, contact__deleted_at=None)


@prepared
def identity(workspace: Any, channel_kind: Any, external_id: Any) -> QuerySet[Identity]:
    # Locked, so that a contact who is being merged right now gets the conversation on the side that is kept.
    rows = Identity.objects.select_for_update(of=("self",), no_key=True).select_related("contact")
    return rows.filter(workspace=workspace, channel_kind=channel_kind, external_id=external_id).order_by("pk")[:1]
