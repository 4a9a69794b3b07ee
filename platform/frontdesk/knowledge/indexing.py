"""Learning all sources of some bases at once, as one job that can be followed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from django.db import transaction
from django.utils import translation

from frontdesk.core.errors import NotFound
from frontdesk.core.jobs import Again, Work, enqueue, job
from frontdesk.core.models import Job
from frontdesk.workspaces import audit
from frontdesk.workspaces.permissions import Actor, require

from . import jobs
from .models import KnowledgeBase, Source

KIND = "knowledge.index_documents"
LOOK_AGAIN_SECONDS = 1.0
STEP = 200
MOST_SHOWN = 100


@transaction.atomic
def start(actor: Actor, bases: Sequence[KnowledgeBase]) -> Job:
    """Have all sources of these bases read again; what did not change is not embedded again."""
    require(actor, "edit_knowledge")
    for base in bases:
        audit.record(actor, "knowledge_base.indexed", base)
    return enqueue(KIND, workspace=actor.workspace, base_ids=[base.pk for base in bases])


@dataclass(frozen=True, slots=True)
class Task:
    """How indexing stands. `result` is None while it goes on, then `{indexed, failed: [{id, name, problem}]}`."""

    status: Literal["PENDING", "SUCCESS", "FAILURE"]
    result: dict[str, Any] | None


def task(actor: Actor, task_id: str) -> Task:
    """Raises NotFound also for a task of another workspace, and for what is no id."""
    require(actor, "view")
    row = Job.objects.filter(kind=KIND, workspace=actor.workspace, uuid=_uuid(task_id)).first()
    if row is None:
        raise NotFound
    if row.state in {Job.State.QUEUED, Job.State.RUNNING}:
        return Task("PENDING", None)
    if row.state != Job.State.DONE:
        return Task("FAILURE", None)
    all_failed = row.result["failed"] and not row.result["indexed"]
    return Task("FAILURE" if all_failed else "SUCCESS", row.result)


@job(KIND, lease=60)
def index_documents(work: Work, *, base_ids: list[int], last_id: int | None = None) -> dict[str, Any]:
    """Begins everything, then looks from time to time whether all has ended. `last_id` is the newest source that it waits for."""
    sources = Source.objects.filter(base__in=base_ids, site=None, deleted_at=None, base__deleted_at=None)
    if last_id is None:
        newest = sources.order_by("-pk").values_list("pk", flat=True).first()
        last_id = _begin_all(work, sources, newest or 0)
        Job.objects.filter(pk=work.row.pk).update(arguments={"base_ids": base_ids, "last_id": last_id})
    mine = sources.filter(pk__lte=last_id)
    total, left = mine.count(), mine.filter(state__in=jobs.UNFINISHED).count()
    work.progress(total - left, total)
    if left:
        raise Again(LOOK_AGAIN_SECONDS)
    failed = mine.exclude(state=Source.State.READY).order_by("pk")
    with translation.override(work.row.workspace.language):
        shown = [{"id": each.pk, "name": each.name, "problem": _why(each)} for each in failed[:MOST_SHOWN]]
    return {"indexed": total - failed.count(), "failed": shown}


def _why(source: Source) -> str:
    return source.problem or str(source.get_state_display())


def _begin_all(work: Work, sources: Any, newest: int) -> int:
    """Those that are being learned already go on. In steps, each of which locks a few sources for a moment."""
    done = 0
    while done < newest:
        work.checkpoint()
        with transaction.atomic():
            rows = sources.select_for_update(of=("self",)).select_related("base", "workspace").defer("body")
            step = list(rows.filter(pk__gt=done, pk__lte=newest).order_by("pk")[:STEP])
            for source in step:
                if source.state not in jobs.UNFINISHED:
                    jobs.start_learning(source)
        done = step[-1].pk if step else newest
    return newest


def _uuid(value: str) -> UUID | None:
    try:
        return UUID(value)
    except ValueError:
        return None
