"""Small things that were deleted and can be brought back for thirty days: tags and canned replies."""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from frontdesk.core.errors import Conflict
from frontdesk.core.scoping import unscoped
from frontdesk.workspaces import audit
from frontdesk.workspaces.permissions import Actor

from .models import KEPT, CannedReply, Contact, Tag


def mark(actor: Actor, row: Tag | CannedReply | Contact) -> None:
    """Out of every list from now on. Saved by the caller's transaction."""
    row.deleted_at, row.deleted_by = timezone.now(), f"{actor.kind}: {actor.name}"[:200]
    row.save(update_fields=["deleted_at", "deleted_by", "updated_at"])


def unmark(row: Tag | CannedReply | Contact) -> None:
    row.deleted_at, row.deleted_by = None, ""
    row.save(update_fields=["deleted_at", "deleted_by", "updated_at"])


def bring_back(actor: Actor, row: Tag | CannedReply, verb: str) -> None:
    """Raises Conflict while another one has its name."""
    try:
        with transaction.atomic():
            unmark(row)
    except IntegrityError:
        raise Conflict(_("There is another one of this name by now. Rename that one first.")) from None
    audit.record(actor, verb, row)


def remove_expired() -> None:
    """What was deleted too long ago to be brought back. Every process may call it at any moment."""
    before = timezone.now() - KEPT
    with unscoped():
        for model in (Tag, CannedReply):
            model.objects.filter(deleted_at__lt=before).delete()
