"""What each teammate has read."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Value
from django.db.models.functions import Greatest

from frontdesk.workspaces.permissions import Actor, require

from .models import Conversation, Seen


def mark_seen(actor: Actor, conversation: Conversation, up_to: datetime) -> None:
    """`up_to` is the `created_at` of the last message on the screen. Never goes back. A program reads nothing."""
    require(actor, "view")
    if actor.user is None:
        return
    Seen.objects.bulk_create(
        [Seen(workspace=actor.workspace, conversation=conversation, user=actor.user, up_to=up_to)], ignore_conflicts=True
    )
    mine = Seen.objects.filter(conversation=conversation, user=actor.user)
    mine.update(up_to=Greatest("up_to", Value(up_to)))


def mark_unread(actor: Actor, conversation: Conversation) -> None:
    """As if the customer's last message had not been read."""
    require(actor, "view")
    if actor.user is None or conversation.last_inbound_at is None:
        return
    before = conversation.last_inbound_at - timedelta(microseconds=1)
    Seen.objects.update_or_create(
        conversation=conversation, user=actor.user, defaults={"workspace": actor.workspace, "up_to": before}
    )
