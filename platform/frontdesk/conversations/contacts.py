"""Customers: who they are, finding those who may be the same, and not answering some."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import Count, Max, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce, Lower
from django.utils import timezone
from django.utils.translation import gettext as _

from frontdesk.core.errors import Invalid
from frontdesk.core.events import emit
from frontdesk.workspaces import audit
from frontdesk.workspaces.permissions import Actor, require

from . import actions, activities, searching
from .errors import ContactNotFound
from .models import Activity, Contact, Conversation
from .signals import taken_over
from .words import Digits

LONGEST = {"name": 200, "phone": 40, "notes": 10_000}
MOST_FIELDS, LONGEST_FIELD, LONGEST_VALUE = 50, 60, 500
LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,2}")
PHONE = re.compile(r"\+?[\d\s()/.-]{3,39}")
# Shorter numbers say little about whose they are.
DIGITS_OF_ONE_PERSON = 7


def contacts(*, words: str = "", blocked: bool | None = None) -> QuerySet[Contact]:
    """Those who are there, the newest first."""
    rows = searching.contacts(" ".join(words.split())) if words.strip() else alive()
    if blocked is not None:
        rows = rows.filter(blocked_at__isnull=not blocked)
    return rows.order_by("-id")


def with_numbers(rows: QuerySet[Contact]) -> QuerySet[Contact]:
    """`conversation_count` and `last_message_at` beside each."""
    theirs = Conversation.objects.filter(contact=OuterRef("pk")).order_by()
    number = theirs.values("contact").annotate(number=Count("pk")).values("number")
    last = theirs.values("contact").annotate(last=Max("last_message_at")).values("last")
    return rows.annotate(conversation_count=Coalesce(Subquery(number), 0), last_message_at=Subquery(last))


def alive() -> QuerySet[Contact]:
    """Neither deleted nor merged into another."""
    return Contact.objects.filter(deleted_at=None, merged_into=None)


def contact_by_uuid(uuid: UUID) -> Contact:
    """Raises ContactNotFound."""
    found = alive().filter(uuid=uuid).prefetch_related("identities").first()
    if found is None:
        raise ContactNotFound()
    return found


def create_contact(actor: Actor, **details: Any) -> Contact:
    """Somebody who has not written yet. `details` as for `update_contact`."""
    require(actor, "answer")
    contact = Contact(workspace=actor.workspace, **_checked(details))
    if not (contact.name or contact.email or contact.phone):
        raise Invalid.field("name", _("Give a name, an e-mail address or a phone number."))
    contact.save()
    audit.record(actor, "contact.created", contact)
    _tell(contact)
    return contact


@transaction.atomic
def update_contact(actor: Actor, contact: Contact, **details: Any) -> Contact:
    """Any of name, email, phone, language, notes, and fields: {"Company": "Rose & Sons"}. Raises Invalid."""
    require(actor, "answer")
    locked = lock(contact)
    for name, value in _checked(details).items():
        setattr(locked, name, value)
    locked.save(update_fields=[*details, "updated_at"])
    audit.record(actor, "contact.changed", locked, fields=sorted(details))
    _tell(locked)
    return locked


@transaction.atomic
def block(actor: Actor, contact: Contact) -> Contact:
    """What they write is kept, but neither shown in the inbox nor answered; an answer in the making is not sent."""
    require(actor, "answer")
    locked = lock(contact)
    if locked.blocked_at is not None:
        return locked
    activities.note_each(stop_answering(actor, locked), Activity.Kind.BLOCKED, actor)
    locked.blocked_at = timezone.now()
    locked.save(update_fields=["blocked_at", "updated_at"])
    audit.record(actor, "contact.blocked", locked)
    _tell(locked)
    return locked


@transaction.atomic
def unblock(actor: Actor, contact: Contact) -> Contact:
    """What they write next is answered as ever."""
    require(actor, "answer")
    locked = lock(contact)
    if locked.blocked_at is None:
        return locked
    locked.blocked_at = None
    locked.save(update_fields=["blocked_at", "updated_at"])
    talks = list(Conversation.objects.filter(contact=locked))
    activities.note_each(talks, Activity.Kind.UNBLOCKED, actor)
    audit.record(actor, "contact.unblocked", locked)
    _tell(locked)
    return locked


def same_person(contact: Contact) -> QuerySet[Contact]:
    """Who has the same e-mail address or phone number, and of whom nobody has said that it is somebody else."""
    same = Q(pk__in=[])
    if contact.email:
        same |= Q(small_email=contact.email.lower())
    digits = re.sub(r"\D", "", contact.phone)
    if len(digits) >= DIGITS_OF_ONE_PERSON:
        same |= Q(digits=digits)
    others = alive().annotate(small_email=Lower("email"), digits=Digits("phone")).filter(same)
    return others.exclude(pk=contact.pk).exclude(uuid__in=contact.not_same).order_by("-id")


@transaction.atomic
def say_not_same(actor: Actor, contact: Contact, other: Contact) -> None:
    """The two are not suggested for each other any more."""
    require(actor, "answer")
    for row, also in ((contact, other), (other, contact)):
        locked = lock(row)
        locked.not_same = sorted({*locked.not_same, str(also.uuid)})
        locked.save(update_fields=["not_same", "updated_at"])
    audit.record(actor, "contact.not_same", contact, other=str(other))


def stop_answering(actor: Actor, contact: Contact) -> list[Conversation]:
    """Close what is open of a contact; an answer in the making is not sent. Gives all conversations, locked."""
    rows = Conversation.objects.select_for_update(of=("self",)).select_related("workspace").order_by("pk")
    talks = list(rows.filter(contact=contact))
    for conversation in talks:
        if conversation.status != Conversation.Status.CLOSED:
            actions.change_status(conversation, Conversation.Status.CLOSED, actor=actor)
            taken_over.send(Conversation, conversation=conversation)
    return talks


def lock(contact: Contact) -> Contact:
    """The contact as it is now. Raises ContactNotFound if it was deleted or merged meanwhile."""
    rows = alive().select_for_update(of=("self",)).select_related("workspace")
    found = rows.filter(pk=contact.pk).first()
    if found is None:
        raise ContactNotFound()
    return found


def _checked(details: dict[str, Any]) -> dict[str, Any]:
    checks = {"email": _email, "phone": _phone, "language": _language, "fields": _fields}
    unknown = details.keys() - checks.keys() - LONGEST.keys()
    if unknown:
        raise TypeError(f"a contact has no {', '.join(sorted(unknown))}")
    return {name: checks[name](value) if name in checks else _plain(name, value) for name, value in details.items()}


def _plain(name: str, value: str) -> str:
    text = value.replace("\x00", "").strip()
    if len(text) > LONGEST[name]:
        raise Invalid.field(name, _("This is longer than %(limit)s characters. Make it shorter.") % {"limit": LONGEST[name]})
    return text


def _email(value: str) -> str:
    text = value.replace("\x00", "").strip()
    try:
        if text:
            validate_email(text)
    except ValidationError:
        raise Invalid.field("email", _("This is no e-mail address.")) from None
    if len(text) > 254:
        raise Invalid.field("email", _("This is no e-mail address."))
    return text


def _phone(value: str) -> str:
    text = _plain("phone", value)
    if text and not PHONE.fullmatch(text):
        raise Invalid.field("phone", _("Write a phone number with digits, such as +49 30 1234567."))
    return text


def _language(value: str) -> str:
    text = value.strip()
    if text and (len(text) > 10 or not LANGUAGE.fullmatch(text)):
        raise Invalid.field("language", _("Write a language as its code, such as en or pt-BR."))
    return text


def _fields(value: dict[str, str]) -> dict[str, str]:
    if len(value) > MOST_FIELDS:
        raise Invalid.field("fields", _("A customer has at most %(limit)s own fields.") % {"limit": MOST_FIELDS})
    checked = {}
    for name, text in value.items():
        name, text = " ".join(name.replace("\x00", "").split()), text.replace("\x00", "").strip()
        if not name or len(name) > LONGEST_FIELD or len(text) > LONGEST_VALUE:
            limits = {"name": LONGEST_FIELD, "value": LONGEST_VALUE}
            raise Invalid.field(
                "fields", _("A field has a name of 1 to %(name)s characters and a value of at most %(value)s.") % limits
            )
        checked[name] = text
    return checked


def _tell(contact: Contact) -> None:
    emit(contact.workspace.uuid, "contact.changed", contact=str(contact.uuid))
