"""Looking at bases: every night, and when somebody asks."""

from __future__ import annotations

from django.utils import timezone

from frontdesk.core.events import emit
from frontdesk.core.jobs import Work, enqueue, job
from frontdesk.core.models import Job
from frontdesk.core.periodic import daily, due
from frontdesk.core.scoping import unscoped

from ..models import KnowledgeBase, Source
from . import comparing, findings, looking, second_look
from .findings import Kind
from .models import Checkup

COMPARED = [Kind.CONTRADICTING, Kind.DUPLICATE]


def start(base: KnowledgeBase) -> Job:
    """Have a base looked at; a look that has not ended is given instead. Called inside a transaction."""
    checkup, _made = Checkup.objects.get_or_create(base=base, defaults={"workspace_id": base.workspace_id})
    checkup.job = enqueue("knowledge.check", workspace=base.workspace, key=str(base.pk), base_id=base.pk)
    checkup.save(update_fields=["job", "updated_at"])
    return checkup.job


@job("knowledge.check", lease=120, max_attempts=3)
def check(work: Work, *, base_id: int) -> None:
    """What can be told of each source, then what their passages say against each other, if any of them changed."""
    base = KnowledgeBase.objects.select_related("workspace").filter(pk=base_id, deleted_at=None).first()
    if base is None:
        return
    checkup, _made = Checkup.objects.get_or_create(base=base, defaults={"workspace_id": base.workspace_id})
    now = timezone.localtime()
    chunks = comparing.compared(base)
    findings.keep(base, looking.failing(base), [Kind.FAILING])
    stale = [*looking.old(base, now, checkup.old_after), *looking.past(base, chunks, now)]
    findings.keep(base, stale, [Kind.STALE])
    findings.keep(base, looking.unused(base, now), [Kind.UNUSED])
    model = second_look.who_looks(base.workspace)
    digest = comparing.digest(base, judged=model is not None)
    if digest != checkup.digest:
        found, checkup.not_compared = comparing.compare(chunks, work.progress)
        work.checkpoint()
        if model is not None:
            found = second_look.looked(base, found, model, work.checkpoint)
        findings.keep(base, found, COMPARED)
        checkup.digest = digest
    checkup.checked_at = now
    checkup.save(update_fields=["digest", "not_compared", "checked_at", "updated_at"])
    emit(base.workspace.uuid, "base.changed", base=str(base.uuid))


def note_failed(source: Source) -> None:
    """Shown at once, not only after the next look."""
    source.refresh_from_db(fields=["problem_code", "digest"])
    findings.keep_one(source.base, looking.failed(source))


@job("knowledge.check_all", lease=120)
def check_all(work: Work) -> None:
    """A look at every base that has sources."""
    with unscoped():
        with_sources = Source.objects.filter(deleted_at=None).values("base")
        for base in KnowledgeBase.objects.select_related("workspace").filter(deleted_at=None, pk__in=with_sources).iterator():
            start(base)


due("knowledge.check_all", daily(at=3))
