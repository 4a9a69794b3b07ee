"""How long after a customer's message a business may write freely, where a vendor has such a rule."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from frontdesk.conversations.models import Conversation, Message

from .kinds import capabilities_of
from .models import Delivery


def open_until(conversation: Conversation, *, by_person: bool = True) -> datetime | None:
    """Until when, or since when no more. None where there is no rule, or the customer has never written."""
    can = capabilities_of(conversation.channel_kind)
    hours = (by_person and can.person_window_hours) or can.window_hours
    if not hours or conversation.channel_id is None:
        return None
    theirs = Conversation.objects.filter(contact=conversation.contact_id, channel=conversation.channel_id)
    wrote = theirs.aggregate(last=Max("last_inbound_at"))["last"]
    return wrote + timedelta(hours=hours) if wrote else None


def closed(delivery: Delivery) -> str:
    """Why this may not be sent now, and what can be done; empty when it may."""
    if delivery.template:
        return ""
    by_person = delivery.message.author == Message.Author.PERSON
    until = open_until(delivery.conversation, by_person=by_person)
    if until is None or until > timezone.now():
        return ""
    if capabilities_of(delivery.conversation.channel_kind).templates:
        return _("The customer has not written for too long. Send one of your approved templates, or wait until they write.")
    return _("The customer has not written for too long, so nothing may be sent to them. Wait until they write.")
