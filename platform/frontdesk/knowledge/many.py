"""What is done to many sources of a base at once, and pausing a base. Each is one transaction with few queries, one line in the
audit and one event, however many sources there are; those that cannot be changed are left as they are.

`rows` are sources of the base as `queries.sources` gives them, filtered as wanted; each action gives how many it changed.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import F, Q, QuerySet, Sum
from django.utils import timezone

from frontdesk.core.events import emit
from frontdesk.core.jobs import enqueue_all
from frontdesk.core.models import Job
from frontdesk.workspaces import audit
from frontdesk.workspaces.permissions import Actor, require

from . import jobs, store
from .actions import RESHAPING, UNREAD, check_room, lock_base
from .errors import ComesFromAPlace
from .models import BIN, KnowledgeBase, Source

# As many as one transaction changes.
MOST = 5_000


@transaction.atomic
def learn_again(actor: Actor, base: KnowledgeBase, rows: QuerySet[Source]) -> int:
    """Have sources read again, whether they are ready, failed or were stopped."""
    current, ids = _lock(actor, base, rows)
    if ids:
        jobs.start_learning_all(current, ids)
    return _changed(actor, "sources.refreshed", current, len(ids))


def retry(actor: Actor, base: KnowledgeBase, rows: QuerySet[Source]) -> int:
    """Have those read again that could not be learned or were stopped."""
    return learn_again(actor, base, rows.filter(state__in=[Source.State.FAILED, Source.State.CANCELLED]))


@transaction.atomic
def stop(actor: Actor, base: KnowledgeBase, rows: QuerySet[Source]) -> int:
    """Stop learning; what was learned of an earlier version stays."""
    current, ids = _lock(actor, base, rows.filter(state__in=jobs.UNFINISHED))
    jobs.stop_learning(ids)
    # One that a worker has in hand says itself that it has stopped.
    resting = Source.objects.filter(pk__in=ids).exclude(job__state=Job.State.RUNNING)
    resting.update(state=Source.State.CANCELLED, updated_at=timezone.now())
    return _changed(actor, "sources.stopped", current, len(ids))


@transaction.atomic
def exclude(actor: Actor, base: KnowledgeBase, rows: QuerySet[Source], *, excluded: bool = True) -> int:
    """Leave whole sources out of answers, or take them in again. They are kept and refreshed all the same."""
    current, ids = _lock(actor, base, rows.exclude(excluded=excluded), with_pages=True)
    Source.objects.filter(pk__in=ids).update(excluded=excluded, updated_at=timezone.now())
    _count(current, ids, -1 if excluded else 1)
    _start_placing(current, ids)
    return _changed(actor, "sources.excluded" if excluded else "sources.included", current, len(ids))


@transaction.atomic
def move(actor: Actor, base: KnowledgeBase, rows: QuerySet[Source], target: KnowledgeBase) -> int:
    """Move sources to another base. They are learned again only where passages or vectors are made in another way there.
    Raises BaseFull, BaseNotFound, and ComesFromAPlace when nothing but connected things was chosen.
    """
    if base.pk == target.pk:
        return 0
    current, ids = _lock(actor, base, rows.filter(connection=None), with_pages=True)
    into = lock_base(target)
    check_room(into)
    if not ids and rows.exists():
        raise ComesFromAPlace
    spoken = set(Source.objects.filter(pk__in=ids).exclude(language="").values_list("language", flat=True).distinct())
    jobs.stop_learning(ids)
    unfinished = list(Source.objects.filter(pk__in=ids, state__in=jobs.UNFINISHED).values_list("pk", flat=True))
    Source.objects.filter(pk__in=ids).update(base=into, revision=F("revision") + 1, updated_at=timezone.now())
    searched = _searched(ids)
    _count(current, searched, -1)
    _count(into, searched, 1, spoken)
    _start_placing(into, ids)
    reshaped = any(getattr(current, name) != getattr(into, name) for name in RESHAPING)
    if reshaped:
        Source.objects.filter(pk__in=ids, kind=Source.Kind.LINK).update(**UNREAD)
    # Pages of a site are read with it.
    if again := list(Source.objects.filter(pk__in=ids if reshaped else unfinished, site=None).values_list("pk", flat=True)):
        jobs.start_learning_all(into, again)
    _changed(actor, "sources.moved", into, len(ids), came_from=str(base.uuid))
    emit(actor.workspace.uuid, "base.changed", base=str(base.uuid))
    return len(ids)


@transaction.atomic
def delete(actor: Actor, base: KnowledgeBase, rows: QuerySet[Source]) -> tuple[int, datetime]:
    """Gone from lists and searches at once; gives how many, and the moment by which `bring_back` finds them."""
    current, ids = _lock(actor, base, rows, with_pages=True)
    now = timezone.now()
    jobs.stop_learning(ids)
    Source.objects.filter(pk__in=ids).update(
        deleted_at=now, deleted_by=f"{actor.kind}: {actor.name}"[:200], updated_at=now, revision=F("revision") + 1
    )
    _count(current, _searched(ids), -1)
    _start_placing(current, ids)
    return _changed(actor, "sources.deleted", current, len(ids)), now


@transaction.atomic
def bring_back(actor: Actor, base: KnowledgeBase, moment: datetime, *, site: Source | None = None) -> int:
    """Undo `delete`, of all or of the pages of a site. What was not learned yet is learned now. Raises BaseFull."""
    require(actor, "edit_knowledge")
    current = lock_base(base)
    check_room(current)
    rows = Source.objects.select_for_update(of=("self",)).filter(BIN, base=current, deleted_at=moment)
    ids = list((rows.filter(site=site) if site else rows).values_list("pk", flat=True))
    Source.objects.filter(pk__in=ids).update(deleted_at=None, deleted_by="", updated_at=timezone.now())
    _count(current, _searched(ids), 1)
    _start_placing(current, ids)
    if again := list(Source.objects.filter(pk__in=ids, state__in=jobs.UNFINISHED).values_list("pk", flat=True)):
        jobs.start_learning_all(current, again)
    return _changed(actor, "sources.restored", current, len(ids))


# --- pausing --------------------------------------------------------------------------------------------------------


@transaction.atomic
def pause(actor: Actor, base: KnowledgeBase) -> int:
    """Stop learning in a base for now: what waits goes on waiting, what is being learned goes on later where it was. What
    agents know already they go on knowing. Gives how many wait.
    """
    current, ids = _lock(actor, base, Source.objects.filter(base=base, deleted_at=None, state__in=jobs.UNFINISHED))
    KnowledgeBase.objects.filter(pk=current.pk).update(paused=True, updated_at=timezone.now())
    jobs.stop_learning(ids)
    Source.objects.filter(pk__in=ids).update(state=Source.State.WAITING, updated_at=timezone.now())
    _changed(actor, "knowledge_base.paused", current, len(ids), always=True)
    return len(ids)


@transaction.atomic
def resume(actor: Actor, base: KnowledgeBase) -> int:
    """Go on learning what waits; gives how many."""
    current, ids = _lock(actor, base, Source.objects.filter(base=base, deleted_at=None, state__in=jobs.UNFINISHED))
    KnowledgeBase.objects.filter(pk=current.pk).update(paused=False, updated_at=timezone.now())
    current.paused = False
    began = current.batch_from
    if ids:
        jobs.start_learning_all(current, ids)
        # The batch goes on; it does not begin anew.
        KnowledgeBase.objects.filter(pk=current.pk).update(batch_from=began)
    _changed(actor, "knowledge_base.resumed", current, len(ids), always=True)
    return len(ids)


# --- inside ---------------------------------------------------------------------------------------------------------


def _lock(
    actor: Actor, base: KnowledgeBase, rows: QuerySet[Source], *, with_pages: bool = False
) -> tuple[KnowledgeBase, list[int]]:
    """The base and the ids of the rows, both locked; of sites with the pages that were found there. Sources come before their
    base and in one order, as everywhere: the worker that takes what it has learned waits for nobody who waits for it.
    """
    require(actor, "edit_knowledge")
    chosen = rows.filter(Q(base=base, deleted_at=None)).order_by("pk").values_list("pk", flat=True)[:MOST]
    ids = list(chosen)
    wanted = Q(pk__in=ids) | Q(site__in=ids) if with_pages else Q(pk__in=ids)
    locked = Source.objects.select_for_update(of=("self",)).filter(wanted, base=base, deleted_at=None)
    found = list(locked.order_by("pk").values_list("pk", flat=True))
    return lock_base(base), found


def _searched(ids: list[int]) -> list[int]:
    return list(Source.objects.filter(pk__in=ids, excluded=False).values_list("pk", flat=True))


def _count(base: KnowledgeBase, ids: list[int], sign: int, spoken: Iterable[str] = ()) -> None:
    """Into a base's statistics or out of them."""
    sums = Source.objects.filter(pk__in=ids).aggregate(passages=Sum("chunk_count"), words=Sum("word_total"))
    store.add_to_base(base.pk, sign * (sums["passages"] or 0), sign * (sums["words"] or 0), spoken)


def _start_placing(base: KnowledgeBase, ids: list[int]) -> None:
    """The worker moves the rows."""
    moment = timezone.now().timestamp()
    enqueue_all("knowledge.place_source", [(base.workspace, f"{pk}:{moment}", {"source_id": pk}) for pk in ids])


def _changed(actor: Actor, verb: str, base: KnowledgeBase, number: int, *, always: bool = False, **data: str) -> int:
    if number or always:
        audit.record(actor, verb, base, sources=number, **data)
        emit(actor.workspace.uuid, "base.changed", base=str(base.uuid))
    return number
