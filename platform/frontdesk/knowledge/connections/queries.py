"""Every read of connected places that a surface needs."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _

from frontdesk.core.models import Job

from ..jobs import UNFINISHED
from ..models import KnowledgeBase, Source, SourceConnection
from . import loaders, problems
from .errors import ConnectionNotFound, LoaderGone, LoaderOff


def connections() -> QuerySet[SourceConnection]:
    """All places of the workspace, by name, with `item_count` and how many of them are being learned (`learning_count`)."""
    kept = Q(sources__deleted_at=None)
    return (
        SourceConnection.objects.filter(leaving=False, base__deleted_at=None)
        .select_related("base", "workspace", "job")
        .annotate(
            item_count=Count("sources", filter=kept),
            learning_count=Count("sources", filter=kept & Q(sources__state__in=UNFINISHED)),
        )
        .order_by("name", "id")
    )


def connections_of(base: KnowledgeBase) -> QuerySet[SourceConnection]:
    return connections().filter(base=base)


def connection(uuid: UUID) -> SourceConnection:
    """One place. Raises ConnectionNotFound."""
    found = connections().filter(uuid=uuid).first()
    if found is None:
        raise ConnectionNotFound
    return found


def sources(of: SourceConnection) -> QuerySet[Source]:
    """What was learned there, newest first."""
    return Source.objects.filter(connection=of, deleted_at=None).select_related("job").defer("body").order_by("-id")


@dataclass(frozen=True, slots=True)
class Progress:
    """How a place is. `state` is looking, learning, fresh, resting or problem; `percent` is None while the whole is unknown."""

    state: str
    sentence: str
    percent: int | None = None

    @property
    def busy(self) -> bool:
        return self.state in {"looking", "learning"}


def progress(of: SourceConnection) -> Progress:
    """For a row that `connections` gave."""
    job = of.job
    if job is not None and job.state in {Job.State.QUEUED, Job.State.RUNNING}:
        return Progress("looking", _("Looking there: %(n)s found so far") % {"n": job.done} if job.done else _("Looking there"))
    if of.learning_count:
        done = of.item_count - of.learning_count
        said = _("Learned %(done)s of %(total)s") % {"done": done, "total": of.item_count}
        return Progress("learning", said, 100 * done // of.item_count)
    try:
        loaders.offer_of(of)
    except (LoaderOff, LoaderGone) as error:
        return Progress("resting", str(error.message))
    if code := of.problem_code or _unsaid(job):
        return Progress("problem", problems.in_words(code, of.problem_parameters))
    return Progress("fresh", "")


def _unsaid(job: Job | None) -> str:
    """A worker that was killed each time, or a run that was stopped before it began, said nothing."""
    codes = {Job.State.FAILED: "ERROR", Job.State.CANCELLED: problems.STOPPED}
    return codes.get(Job.State(job.state), "") if job is not None else ""
