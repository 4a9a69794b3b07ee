"""Deleting knowledge, bringing it back for thirty days, and taking it away for good.

A deleted base is left as it is, only nobody finds it. A deleted source leaves the base's statistics at once; the worker puts
its postings and vectors aside and back (`store.place`), so nothing is learned again.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from frontdesk.core import jobs as core_jobs
from frontdesk.core.events import emit
from frontdesk.core.jobs import enqueue
from frontdesk.core.models import Job
from frontdesk.workspaces import audit
from frontdesk.workspaces.permissions import Actor, require

from . import jobs, store
from .actions import changed, check_room, learn_again, lock_base, lock_source
from .crawling import sites
from .errors import BaseNotFound, SourceNotFound
from .models import BIN, KnowledgeBase, Source


@transaction.atomic
def delete_base(actor: Actor, base: KnowledgeBase) -> None:
    """Gone from every list and search at once, with all that is in it."""
    require(actor, "edit_knowledge")
    current = lock_base(base)
    _mark(actor, KnowledgeBase.objects.filter(pk=current.pk))
    learning = Source.objects.filter(base=current, state=Source.State.LEARNING).values("job")
    for job in Job.objects.filter(pk__in=learning, state=Job.State.RUNNING):
        core_jobs.cancel(job)
    _base_changed(actor, "knowledge_base.deleted", current)


@transaction.atomic
def delete_source(actor: Actor, source: Source) -> None:
    """Gone from lists and searches at once."""
    require(actor, "edit_knowledge")
    current = lock_source(source)
    if current.job is not None:
        core_jobs.cancel(current.job)
    _mark(actor, Source.objects.filter(pk=current.pk), revision=F("revision") + 1)
    _place(current, -1)
    if current.is_site:
        current.refresh_from_db(fields=["deleted_at"])
        sites.delete_pages(actor, current, current.deleted_at)
    changed(actor, "source.deleted", current)


@transaction.atomic
def bring_back_base(actor: Actor, uuid: UUID) -> KnowledgeBase:
    """Everything in it works as before; what was not learned yet is learned now. Raises BaseNotFound."""
    require(actor, "edit_knowledge")
    current = _deleted_base(uuid)
    _unmark(current)
    for source in Source.objects.filter(base=current, deleted_at=None, state__in=jobs.UNFINISHED).select_related(
        "workspace", "job"
    ):
        source.base = current
        learn_again(source)
    _base_changed(actor, "knowledge_base.restored", current)
    return current


@transaction.atomic
def bring_back_source(actor: Actor, uuid: UUID) -> Source:
    """Found again without being learned again. Raises SourceNotFound, BaseFull."""
    require(actor, "edit_knowledge")
    current = _deleted_source(uuid)
    check_room(current.base)
    if current.is_site:
        sites.bring_back_pages(actor, current, current.deleted_at)
    _unmark(current)
    if current.state in jobs.UNFINISHED:
        learn_again(current)
    _place(current, 1)
    changed(actor, "source.restored", current)
    return current


@transaction.atomic
def remove_base(actor: Actor, uuid: UUID) -> None:
    """For good, before its thirty days are over. Raises BaseNotFound."""
    require(actor, "edit_knowledge")
    current = _deleted_base(uuid)
    jobs.start_removing(current)
    _base_changed(actor, "knowledge_base.removed", current)


@transaction.atomic
def remove_source(actor: Actor, uuid: UUID) -> None:
    """For good, before its thirty days are over. Raises SourceNotFound."""
    require(actor, "edit_knowledge")
    current = _deleted_source(uuid)
    jobs.start_removing(current)
    changed(actor, "source.removed", current)


def _mark(actor: Actor, row: QuerySet[Any], **values: Any) -> None:
    row.update(deleted_at=timezone.now(), deleted_by=f"{actor.kind}: {actor.name}"[:200], updated_at=timezone.now(), **values)


def _unmark(row: KnowledgeBase | Source) -> None:
    row.deleted_at, row.deleted_by = None, ""
    row.save(update_fields=["deleted_at", "deleted_by", "updated_at"])


def _deleted_base(uuid: UUID) -> KnowledgeBase:
    rows = KnowledgeBase.objects.select_for_update(of=("self",)).select_related("workspace")
    found = rows.filter(BIN, uuid=uuid).first()
    if found is None:
        raise BaseNotFound
    return found


def _deleted_source(uuid: UUID) -> Source:
    rows = Source.objects.select_for_update(of=("self",)).select_related("base", "workspace", "job")
    found = rows.filter(BIN, uuid=uuid, base__deleted_at=None).first()
    if found is None:
        raise SourceNotFound
    return found


def _place(source: Source, sign: int) -> None:
    """Out of the base's statistics or into them, and the worker moves the rows."""
    key = f"{source.pk}:{timezone.now().timestamp()}"
    enqueue("knowledge.place_source", workspace=source.workspace, key=key, source_id=source.pk)
    if not source.excluded:
        store.add_to_base(source.base_id, sign * source.chunk_count, sign * source.word_total)


def _base_changed(actor: Actor, verb: str, base: KnowledgeBase) -> None:
    audit.record(actor, verb, base)
    emit(actor.workspace.uuid, "base.changed", base=str(base.uuid))
