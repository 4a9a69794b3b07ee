"""Deleting a customer with all that is known of them, bringing them back for thirty days, and forgetting them for good.

A deleted customer is in no list and no search. Whoever writes meanwhile from where they wrote is somebody new.
"""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from frontdesk.core.bell import SWEEPS
from frontdesk.core.events import emit
from frontdesk.core.jobs import Work, enqueue, job
from frontdesk.core.scoping import unscoped
from frontdesk.workspaces import audit
from frontdesk.workspaces.models import AuditEntry
from frontdesk.workspaces.permissions import Actor, require

from . import bin
from .contacts import lock, stop_answering
from .errors import ContactNotFound
from .models import KEPT, Contact, ContactMerge, Conversation, Identity


@transaction.atomic
def delete_contact(actor: Actor, contact: Contact) -> None:
    """Gone at once, with all conversations; an answer in the making is not sent."""
    require(actor, "manage_contacts")
    locked = lock(contact)
    stop_answering(actor, locked)
    identities = Identity.objects.filter(contact=locked)
    locked.former_identities = [list(pair) for pair in identities.values_list("channel_kind", "external_id")]
    identities.delete()
    locked.save(update_fields=["former_identities", "updated_at"])
    bin.mark(actor, locked)
    audit.record(actor, "contact.deleted", _name(locked))
    _tell(actor, locked)


def deleted_contacts() -> QuerySet[Contact]:
    """Those who can be brought back, the last deleted first."""
    return Contact.objects.filter(deleted_at__gt=timezone.now() - KEPT, removing=False).order_by("-deleted_at")


@transaction.atomic
def bring_back_contact(actor: Actor, uuid: UUID) -> Contact:
    """As before; where somebody new has written from the same place meanwhile, that stays with the new one."""
    require(actor, "manage_contacts")
    contact = _deleted(uuid)
    kept = [
        Identity(workspace=actor.workspace, contact=contact, channel_kind=kind, external_id=external_id)
        for kind, external_id in contact.former_identities
    ]
    Identity.objects.bulk_create(kept, ignore_conflicts=True)
    contact.former_identities = []
    contact.save(update_fields=["former_identities", "updated_at"])
    bin.unmark(contact)
    audit.record(actor, "contact.restored", contact)
    _tell(actor, contact)
    return contact


@transaction.atomic
def forget_contact(actor: Actor, uuid: UUID) -> None:
    """For good, before the thirty days are over."""
    require(actor, "manage_contacts")
    contact = _deleted(uuid)
    start_removing(contact)
    audit.record(actor, "contact.removed", _name(contact))
    _tell(actor, contact)


def start_removing(contact: Contact) -> None:
    """From now on it cannot be brought back. Called inside a transaction."""
    contact.removing = True
    contact.save(update_fields=["removing", "updated_at"])
    enqueue("conversations.remove_contact", workspace=contact.workspace, key=str(contact.pk), contact_id=contact.pk)


@job("conversations.remove_contact", lease=60)
def remove_contact(work: Work, *, contact_id: int) -> None:
    """Every row about the customer, also those of contacts that were merged into it, and their names in the audit."""
    contact = Contact.objects.filter(pk=contact_id, removing=True).first()
    if contact is not None:
        _remove(contact, work)


def _remove(contact: Contact, work: Work) -> None:
    for merged in Contact.objects.filter(merged_into=contact):
        _remove(merged, work)
    for conversation in Conversation.objects.filter(contact=contact).order_by("pk"):
        work.checkpoint()
        _forget_in_audit("conversation", conversation.pk)
        conversation.delete()
    _forget_in_audit("contact", contact.pk)
    contact.delete()


def _forget_in_audit(kind: str, pk: int) -> None:
    """What was done stays; whom it was about does not."""
    rows = AuditEntry.objects.filter(target__startswith=f"{kind} {pk}:")
    rows.update(target=f"{kind} {pk}", data={})


def remove_expired() -> None:
    """What was deleted or merged too long ago to be brought back. Every process may call it at any moment."""
    bin.remove_expired()
    before = timezone.now() - KEPT
    with unscoped(), transaction.atomic():
        rows = Contact.objects.select_for_update(skip_locked=True, of=("self",)).select_related("workspace")
        final = ContactMerge.objects.filter(undone_at=None, created_at__lt=before).values("merged")
        over = Q(deleted_at__lt=before) | Q(pk__in=final, merged_into__isnull=False)
        for contact in rows.filter(over, removing=False).order_by("pk")[:50]:
            start_removing(contact)


def _deleted(uuid: UUID) -> Contact:
    rows = Contact.objects.select_for_update(of=("self",)).select_related("workspace")
    found = rows.filter(uuid=uuid, removing=False, deleted_at__gt=timezone.now() - KEPT).first()
    if found is None:
        raise ContactNotFound()
    return found


def _name(contact: Contact) -> str:
    """For the audit: who was deleted is not named there for ever."""
    return f"contact {contact.pk}"


def _tell(actor: Actor, contact: Contact) -> None:
    emit(actor.workspace.uuid, "contact.changed", contact=str(contact.uuid))


SWEEPS.append(remove_expired)
