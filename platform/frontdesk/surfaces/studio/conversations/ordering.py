"""Keeping conversations in order: whose, how urgent, put off, tagged; and who the customer is."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.http import HttpResponse
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from frontdesk.conversations import assigning, contacts, queries, reading, snoozing, tagging
from frontdesk.conversations.models import Conversation
from frontdesk.core.errors import Invalid, Malformed

from ..page import partial, studio_page
from ..request import StudioRequest
from .places import place

EARLIER = 5


@require_safe
@studio_page("answer")
def choosing(request: StudioRequest, uuid: UUID) -> HttpResponse:
    """The menu, fetched when it is opened."""
    return _menu(request, queries.conversation_by_uuid(uuid))


@require_POST
@studio_page("answer")
def change(request: StudioRequest, uuid: UUID) -> HttpResponse:
    """One thing, named by `do`. Gives the menu as it is then."""
    found = queries.conversation_by_uuid(uuid)
    actor, value = request.actor, request.POST.get("value", "")
    match request.POST.get("do", ""):
        case "assign":
            assigning.assign(actor, found, assigning.teammate(_uuid(value)) if value else None)
        case "mine":
            assigning.assign(actor, found, actor.user)
        case "priority":
            assigning.set_priority(actor, found, value)
        case "snooze":
            snoozing.snooze(actor, found, _moment(request, value))
        case "wake":
            snoozing.wake(actor, found)
        case "tag":
            tagging.add_tag(actor, found, tagging.tag_by_uuid(_uuid(value)))
        case "untag":
            tagging.remove_tag(actor, found, tagging.tag_by_uuid(_uuid(value)))
        case "new_tag":
            tagging.add_tag(actor, found, tagging.create_tag(actor, value))
        case "unread":
            reading.mark_unread(actor, found)
        case _unknown:
            raise Malformed
    return _menu(request, queries.conversation_by_uuid(uuid))


@require_safe
@studio_page()
def customer(request: StudioRequest, uuid: UUID) -> HttpResponse:
    return _customer(request, queries.conversation_by_uuid(uuid))


@require_POST
@studio_page("answer")
def block(request: StudioRequest, uuid: UUID) -> HttpResponse:
    """Answer this customer no more, or again."""
    found = queries.conversation_by_uuid(uuid)
    done = contacts.block if request.POST.get("blocked") == "true" else contacts.unblock
    found.contact = done(request.actor, found.contact)
    return _customer(request, found)


def _menu(request: StudioRequest, found: Conversation) -> HttpResponse:
    return partial(
        request,
        "studio/conversations/order.html",
        conversation=found,
        team=assigning.assignable(),
        priorities=[(row.name.lower(), row.label, row.value) for row in Conversation.Priority],
        snoozes=snoozing.choices(request.actor.workspace),
        tags=tagging.tags(),
        tagged=set(found.tags.filter(deleted_at=None).values_list("pk", flat=True)),
    )


def _customer(request: StudioRequest, found: Conversation) -> HttpResponse:
    contact = contacts.alive().filter(pk=found.contact_id).prefetch_related("identities").first() or found.contact
    others = contact.conversations.exclude(pk=found.pk).filter(last_message_at__isnull=False)
    return partial(
        request,
        "studio/conversations/customer.html",
        conversation=found,
        contact=contact,
        places=[(place(identity.channel_kind), identity) for identity in contact.identities.all()],
        earlier=others.order_by("-last_message_at", "-id")[:EARLIER],
        same=contacts.same_person(contact)[:3],
    )


def _moment(request: StudioRequest, value: str) -> datetime:
    """One of the menu's choices by its key, or a date and time."""
    for choice in snoozing.choices(request.actor.workspace):
        if choice.key == value:
            return choice.until
    try:
        moment = parse_datetime(value)
    except ValueError:
        moment = None
    if moment is None:
        raise Invalid.field("until", _("Choose a date and a time."))
    return moment


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Malformed from None
