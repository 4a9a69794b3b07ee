"""What an owner does about findings."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from frontdesk.core import jobs as core_jobs
from frontdesk.core.errors import Invalid
from frontdesk.core.events import emit
from frontdesk.core.models import Job
from frontdesk.workspaces import audit
from frontdesk.workspaces.permissions import Actor, require

from ..models import KnowledgeBase
from . import jobs
from .models import Checkup, Finding

OLDEST = 120


@transaction.atomic
def check(actor: Actor, base: KnowledgeBase) -> Job:
    """Look at a base now."""
    require(actor, "edit_knowledge")
    return jobs.start(base)


@transaction.atomic
def stop(actor: Actor, base: KnowledgeBase) -> None:
    """What was found before stays."""
    require(actor, "edit_knowledge")
    checkup = Checkup.objects.select_related("job").filter(base=base).first()
    if checkup is not None and checkup.job is not None:
        core_jobs.cancel(checkup.job)


@transaction.atomic
def dismiss(actor: Actor, uuids: Sequence[UUID]) -> int:
    """ "This is fine": not shown again while the content stays as it is. Gives how many were open."""
    by = f"{actor.kind}: {actor.name}"[:200]
    return _change(actor, uuids, "findings.dismissed", open_=True, dismissed_at=timezone.now(), dismissed_by=by)


@transaction.atomic
def reopen(actor: Actor, uuids: Sequence[UUID]) -> int:
    """Show them again. Gives how many were dismissed."""
    return _change(actor, uuids, "findings.reopened", open_=False, dismissed_at=None, dismissed_by="")


@transaction.atomic
def set_old_after(actor: Actor, base: KnowledgeBase, months: int) -> Checkup:
    """After how many months a file is called old, 0 for never; counted anew at once. Raises Invalid."""
    require(actor, "edit_knowledge")
    if not 0 <= months <= OLDEST:
        raise Invalid.field("old_after", _("Choose at most ten years."))
    checkup, _made = Checkup.objects.get_or_create(base=base, defaults={"workspace": actor.workspace})
    checkup.old_after = months
    checkup.save(update_fields=["old_after", "updated_at"])
    audit.record(actor, "findings.threshold_changed", base, months=months)
    jobs.start(base)
    return checkup


def _change(actor: Actor, uuids: Sequence[UUID], verb: str, *, open_: bool, **values: object) -> int:
    require(actor, "edit_knowledge")
    rows = Finding.objects.select_related("base").filter(uuid__in=list(uuids), dismissed_at__isnull=open_)
    bases = {row.base_id: row.base for row in rows}
    changed = Finding.objects.filter(pk__in=[row.pk for row in rows]).update(**values, updated_at=timezone.now())
    for base in bases.values():
        audit.record(actor, verb, base, number=changed)
        emit(actor.workspace.uuid, "base.changed", base=str(base.uuid))
    return changed
