"""Two contacts who are the same customer become one, and two again if that was wrong."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from frontdesk.core.events import emit
from frontdesk.workspaces import audit
from frontdesk.workspaces.permissions import Actor, require

from . import activities
from .errors import ContactNotFound, MergeNotFound, MergeNotPossible
from .models import KEPT, Activity, Contact, ContactMerge, Conversation, Identity

FILLED = ("name", "email", "phone", "language")


@transaction.atomic
def merge(actor: Actor, kept: Contact, merged: Contact) -> ContactMerge:
    """Everything of `merged` becomes `kept`'s: channels, conversations, notes, and details that `kept` has not.

    Can be undone for thirty days. Raises MergeNotPossible, and ContactNotFound when one is gone meanwhile.
    """
    require(actor, "answer")
    if kept.pk == merged.pk:
        raise MergeNotPossible(_("Choose two different customers."))
    kept, merged = _locked(kept.pk, merged.pk)
    if (kept.blocked_at is None) != (merged.blocked_at is None):
        raise MergeNotPossible(_("One of the two is blocked. Unblock or block both first."))
    identities = list(Identity.objects.filter(contact=merged).values_list("pk", flat=True))
    Identity.objects.filter(pk__in=identities).update(contact=kept)
    talks = list(Conversation.objects.filter(contact=merged).select_related("workspace"))
    Conversation.objects.filter(pk__in=[talk.pk for talk in talks]).update(contact=kept)
    before = {name: getattr(kept, name) for name in (*FILLED, "notes", "fields")}
    after = _filled(kept, merged)
    _write(kept, after)
    moved = {"identities": identities, "conversations": [talk.pk for talk in talks], "before": before, "after": after}
    row = ContactMerge.objects.create(
        workspace=actor.workspace, kept=kept, merged=merged, moved=moved, merged_by=f"{actor.kind}: {actor.name}"[:200]
    )
    merged.merged_into = kept
    merged.save(update_fields=["merged_into", "updated_at"])
    activities.note_each(talks, Activity.Kind.MERGED, actor, other=str(merged))
    audit.record(actor, "contact.merged", kept, other=str(merged))
    _tell(actor, kept, merged)
    return row


@transaction.atomic
def split(actor: Actor, uuid: UUID) -> ContactMerge:
    """Make them two again: what came from the other goes back, what came since stays. Raises MergeNotFound, MergeNotPossible."""
    require(actor, "answer")
    row = undoable().filter(uuid=uuid).first()
    if row is None:
        raise MergeNotFound()
    pair = {each.pk: each for each in _lock([row.kept_id, row.merged_id])}
    kept, merged = pair[row.kept_id], pair[row.merged_id]
    row.refresh_from_db()
    if row.undone_at is not None:
        raise MergeNotFound()
    if kept.deleted_at is not None:
        raise MergeNotPossible(_("This customer was deleted. Bring the customer back first."))
    if kept.merged_into_id is not None:
        raise MergeNotPossible(_("This customer was merged once more since. Undo that first."))
    Identity.objects.filter(pk__in=row.moved["identities"], contact=kept).update(contact=merged)
    talks = list(Conversation.objects.filter(pk__in=row.moved["conversations"], contact=kept).select_related("workspace"))
    Conversation.objects.filter(pk__in=[talk.pk for talk in talks]).update(contact=merged)
    before, after = row.moved["before"], row.moved["after"]
    _write(kept, {name: before[name] for name, value in after.items() if getattr(kept, name) == value})
    merged.merged_into, merged.blocked_at = None, kept.blocked_at
    merged.save(update_fields=["merged_into", "blocked_at", "updated_at"])
    row.undone_at = timezone.now()
    row.save(update_fields=["undone_at", "updated_at"])
    activities.note_each(talks, Activity.Kind.SPLIT, actor, other=str(kept))
    audit.record(actor, "contact.split", kept, other=str(merged))
    _tell(actor, kept, merged)
    return row


def undoable() -> QuerySet[ContactMerge]:
    """Merges that can still be undone, the last first."""
    rows = ContactMerge.objects.filter(undone_at=None, created_at__gt=timezone.now() - KEPT)
    return rows.select_related("kept", "merged").order_by("-id")


def _locked(kept: int, merged: int) -> tuple[Contact, Contact]:
    found = {each.pk: each for each in _lock([kept, merged])}
    if len(found) < 2 or any(each.deleted_at for each in found.values()):
        raise ContactNotFound()
    if any(each.merged_into_id for each in found.values()):
        raise MergeNotPossible(_("One of the two was merged with somebody meanwhile. Look again."))
    return found[kept], found[merged]


def _lock(ids: list[int]) -> QuerySet[Contact]:
    """Always in the same order, so that two who merge at once wait for each other only one way."""
    return Contact.objects.select_for_update().filter(pk__in=ids).order_by("pk")


def _filled(kept: Contact, merged: Contact) -> dict[str, Any]:
    """What `kept` gets that it had not."""
    news = {name: getattr(merged, name) for name in FILLED if getattr(merged, name) and not getattr(kept, name)}
    if merged.notes:
        news["notes"] = f"{kept.notes}\n\n{merged.notes}".strip()
    if merged.fields.keys() - kept.fields.keys():
        news["fields"] = {**merged.fields, **kept.fields}
    return news


def _write(contact: Contact, values: dict[str, Any]) -> None:
    for name, value in values.items():
        setattr(contact, name, value)
    contact.save(update_fields=[*values, "updated_at"])


def _tell(actor: Actor, *found: Contact) -> None:
    for contact in found:
        emit(actor.workspace.uuid, "contact.changed", contact=str(contact.uuid))
