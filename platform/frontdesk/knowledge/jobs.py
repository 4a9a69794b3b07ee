"""Background work on knowledge: learning, refreshing, indexing, taking away."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

from django.db import transaction
from django.db.models import F
from django.utils import timezone, translation

from frontdesk.core.bell import SWEEPS
from frontdesk.core.errors import FrontdeskError, Unavailable
from frontdesk.core.events import emit
from frontdesk.core.jobs import Again, JobCancelled, JobFailed, Work, enqueue, enqueue_all, job
from frontdesk.core.models import Job
from frontdesk.core.scoping import unscoped
from frontdesk.sdk.errors import LoaderError, ProviderError

from . import contents, ingest, problems, store, vectors
from .crawling import refreshing
from .health import jobs as health
from .models import BIN, KEPT, ChunkVector, KnowledgeBase, Source, SourceConnection

logger = logging.getLogger(__name__)
UNFINISHED = [Source.State.WAITING, Source.State.LEARNING]


def start_learning(source: Source, *, reread: bool = True) -> None:
    """Have this revision of a source learned; when only its passages changed, without reading it again. In a base that is paused
    it waits until that goes on. Called inside the action's transaction.
    """
    _begin_batch(source.base_id, [source.pk])
    order = {"source_id": source.pk, "revision": source.revision, "reread": reread}
    source.job = None
    if not source.base.paused:
        source.job = enqueue("knowledge.ingest", workspace=source.workspace, key=f"{source.pk}:{source.revision}", **order)
    source.state, source.problem_code, source.problem_parameters = Source.State.WAITING, "", {}
    source.save(update_fields=["job", "state", "problem_code", "problem_parameters", "updated_at"])
    _tell(source)


def start_learning_all(base: KnowledgeBase, ids: Sequence[int]) -> None:
    """New revisions of these sources of a base, learned as one batch. Called inside the action's transaction, with their rows
    locked: what was being learned of them is stopped, and would not be taken any more.
    """
    _begin_batch(base.pk, ids)
    rows = Source.objects.filter(pk__in=ids)
    stop_learning(ids)
    fresh = {"state": Source.State.WAITING, "problem_code": "", "problem_parameters": {}, "job": None}
    rows.update(revision=F("revision") + 1, updated_at=timezone.now(), **fresh)
    if base.paused:
        return
    keys = {f"{pk}:{revision}": (pk, revision) for pk, revision in rows.order_by("pk").values_list("pk", "revision")}
    enqueue_all(
        "knowledge.ingest",
        [(base.workspace, key, {"source_id": pk, "revision": revision}) for key, (pk, revision) in keys.items()],
    )
    jobs = Job.objects.filter(kind="knowledge.ingest", key__in=keys, state=Job.State.QUEUED).values_list("key", "pk")
    Source.objects.bulk_update([Source(pk=keys[key][0], job_id=pk) for key, pk in jobs], ["job"], batch_size=500)


def stop_learning(ids: Sequence[int]) -> None:
    """Ask the jobs of these sources to stop; those that have not begun end at once."""
    jobs = Job.objects.filter(pk__in=Source.objects.filter(pk__in=ids, state__in=UNFINISHED).values("job"))
    jobs.filter(state=Job.State.QUEUED).update(state=Job.State.CANCELLED, cancel_requested=True, finished_at=timezone.now())
    jobs.filter(state=Job.State.RUNNING).update(cancel_requested=True)


def _begin_batch(base_id: int, ids: Sequence[int]) -> None:
    """Progress is counted from when a base began to learn while nothing else was being learned in it."""
    if not Source.objects.filter(base=base_id, deleted_at=None, state__in=UNFINISHED).exclude(pk__in=ids).exists():
        KnowledgeBase.objects.filter(pk=base_id).update(batch_from=timezone.now())


@job("knowledge.ingest", lease=20, max_attempts=4)
def learn_source(work: Work, *, source_id: int, revision: int, reread: bool = True) -> None:
    """Learn one revision of a source. It ends Ready, stopped, or with the reason in the owner's words."""
    kept = Source.objects.filter(deleted_at=None, base__deleted_at=None)
    source = kept.select_related("base", "workspace").filter(pk=source_id, revision=revision).first()
    if source is None or source.base.paused:
        return
    with translation.override(source.workspace.language):
        try:
            _set_state(source, Source.State.LEARNING)
            learn = _reader(source) if reread else ingest.learn_edits
            learn(source, work)
            if source.is_site and reread:
                _set_state(source, Source.State.READY, last_refreshed_at=timezone.now())
        except Again:
            raise
        except store.OutOfDate:
            return
        except contents.NotModified:
            _set_state(source, Source.State.READY, last_refreshed_at=timezone.now())
        except JobCancelled:
            _stopped(source, work)
            raise
        except Exception as error:
            if _may_pass(error) and not work.last_attempt:
                raise
            code, parameters = problems.problem_of(error)
            _set_state(source, Source.State.FAILED, problem_code=code, problem_parameters=parameters)
            if not isinstance(error, LoaderError | FrontdeskError | ProviderError):
                logger.exception("source %s could not be learned", source_id)
            raise JobFailed(problems.in_words(code, parameters)) from error
    _index_if_large(source.base_id)


def _reader(source: Source) -> Callable[[Source, Work], None]:
    """What reads it: a link page after page, anything else in one go."""
    # Reading a site adds and deletes sources, and the actions that do this start jobs.
    from .crawling import crawl

    return crawl.learn if source.kind == Source.Kind.LINK else ingest.learn


def _may_pass(error: Exception) -> bool:
    """Whether trying again may help."""
    if isinstance(error, ProviderError):
        return error.retryable
    return isinstance(error, Unavailable) or not isinstance(error, LoaderError | FrontdeskError)


def _set_state(source: Source, state: str, **values: object) -> None:
    current = Source.objects.filter(pk=source.pk, revision=source.revision)
    if current.update(state=state, updated_at=timezone.now(), **values):
        source.state = state
        if state == Source.State.FAILED:
            health.note_failed(source)
        _tell(source)


def _stopped(source: Source, work: Work) -> None:
    """Stopped by somebody; not when another worker has taken over and goes on, nor when the base was deleted or paused, which
    may be learned later."""
    wanted = Source.objects.filter(pk=source.pk, base__deleted_at=None, base__paused=False).exists()
    if wanted and Job.objects.filter(pk=work.row.pk, cancel_requested=True).exists():
        _set_state(source, Source.State.CANCELLED)


def _tell(source: Source) -> None:
    emit(source.workspace.uuid, "source.changed", id=source.pk, base=str(source.base.uuid), state=str(source.state))


@job("knowledge.place_source", lease=60)
def place_source(work: Work, *, source_id: int) -> None:
    """Out of the search's way once a source is deleted or left out, back once it is brought back, along once it is moved."""
    while store.place(source_id):
        work.checkpoint()


def start_indexing(source: Source) -> None:
    """Called inside the action's transaction."""
    key = f"{source.pk}:{timezone.now().timestamp()}"
    enqueue("knowledge.index_source", workspace=source.workspace, key=key, source_id=source.pk)


@job("knowledge.index_source", lease=60)
def index_source(work: Work, *, source_id: int) -> None:
    """After passages of a source were left out or taken in again."""
    store.index_again(source_id)
    while store.place(source_id):
        work.checkpoint()


@job("knowledge.remove_source", lease=60)
def remove_source(work: Work, *, source_id: int) -> None:
    source = Source.objects.filter(pk=source_id, removing=True).first()
    if source is not None:
        store.remove_source(source, work.checkpoint)


@job("knowledge.remove_base", lease=60)
def remove_base(work: Work, *, base_id: int) -> None:
    """The index first: taking vectors out of it one by one would be slow."""
    base = KnowledgeBase.objects.filter(pk=base_id, removing=True).first()
    if base is None:
        return
    vectors.drop_index(base)
    for source in Source.objects.filter(base=base).iterator(chunk_size=100):
        store.remove_source(source, work.checkpoint)
    base.delete()


def start_removing(row: KnowledgeBase | Source) -> None:
    """From now on it cannot be brought back. Called inside a transaction."""
    if isinstance(row, Source) and row.connection_id is not None and row.version:
        _leave_out(row)
    row.removing = True
    row.save(update_fields=["removing", "updated_at"])
    name = "base" if isinstance(row, KnowledgeBase) else "source"
    enqueue(f"knowledge.remove_{name}", workspace=row.workspace, key=str(row.pk), **{f"{name}_id": row.pk})


def _leave_out(source: Source) -> None:
    """What an owner deleted does not come back because it is still there where it came from."""
    connection = SourceConnection.objects.select_for_update(of=("self",)).filter(pk=source.connection_id).first()
    if connection is not None:
        connection.left_out = sorted({*connection.left_out, source.external_id})
        connection.save(update_fields=["left_out", "updated_at"])


def remove_expired() -> None:
    """What was deleted too long ago to be brought back. Every process may call it at any moment."""
    before = timezone.now() - KEPT
    with unscoped(), transaction.atomic():
        for model in (KnowledgeBase, Source):
            rows = model.objects.select_for_update(skip_locked=True, of=("self",)).select_related("workspace")
            for row in rows.filter(BIN, deleted_at__lt=before).order_by("deleted_at")[:50]:
                start_removing(row)


@job("knowledge.index_base", lease=120, max_attempts=3)
def index_base(work: Work, *, base_id: int) -> None:
    """Give a large base an index of its own. Searches go on meanwhile; they compare all passages."""
    base = KnowledgeBase.objects.filter(pk=base_id, deleted_at=None).first()
    if base is not None:
        vectors.create_index(base)


def _index_if_large(base_id: int) -> None:
    base = KnowledgeBase.objects.select_related("workspace").get(pk=base_id)
    if base.passage_total < vectors.INDEX_FROM:
        return
    model = ChunkVector.objects.filter(base_id=base_id).values_list("model", flat=True).order_by("-chunk_id").first()
    if model and model != base.indexed_model:
        enqueue("knowledge.index_base", workspace=base.workspace, key=str(base_id), base_id=base_id)


def refresh_due() -> None:
    """Learn again the links for which it is time. Every process may call it at any moment."""
    with unscoped(), transaction.atomic():
        due = refreshing.due().select_for_update(skip_locked=True, of=("self",)).select_related("base", "workspace")
        for source in due[:50]:
            start_learning(source)


def close_abandoned() -> None:
    """Sources whose job ended without a word: the worker was killed each time, or the job was stopped before it began."""
    ended = [Job.State.FAILED, Job.State.CANCELLED, Job.State.DONE]
    with unscoped():
        kept = Source.objects.filter(deleted_at=None, base__deleted_at=None, base__paused=False)
        abandoned = kept.select_related("base", "workspace", "job").filter(state__in=UNFINISHED, job__state__in=ended)
        for source in abandoned[:100]:
            if source.job is not None and source.job.state == Job.State.CANCELLED:
                _set_state(source, Source.State.CANCELLED)
            else:
                _set_state(source, Source.State.FAILED, problem_code=problems.INTERRUPTED)


SWEEPS.extend([refresh_due, close_abandoned, remove_expired])
