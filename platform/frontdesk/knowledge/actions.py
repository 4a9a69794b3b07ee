"""Every change to knowledge: permission → transaction → event → audit. Learning itself goes on in the worker (`jobs`)."""

from __future__ import annotations

import io
from datetime import timedelta
from hashlib import sha256
from typing import IO, Any
from uuid import uuid4

from django.conf import settings
from django.core.exceptions import SuspiciousFileOperation, ValidationError
from django.core.files.base import File
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import F, Sum
from django.utils import timezone
from django.utils.text import get_valid_filename
from django.utils.translation import gettext as _

from frontdesk.core import jobs as core_jobs
from frontdesk.core.errors import FrontdeskError, Invalid
from frontdesk.core.events import emit
from frontdesk.core.http import FetchRefused, check_url
from frontdesk.workspaces import audit
from frontdesk.workspaces.permissions import Actor, require

from . import jobs, originals, queries
from .errors import AlreadyHere, BaseFull, BaseNotFound, EmptyFile, FileTooLarge, NothingToStop, PassageNotFound, SourceNotFound
from .models import Chunk, Crawl, KnowledgeBase, Source
from .originals import plain_file_name

EDITABLE = frozenset(
    {
        *("name", "description", "update_interval", "embedding_type", "chunk_size", "chunk_overlap", "retrieval_method"),
        *("reranking_enabled", "top_k", "top_k_after_reranking", "sparse_weightage"),
    }
)
# A change of these makes other passages or vectors out of the same sources.
RESHAPING = frozenset({"embedding_type", "chunk_size", "chunk_overlap"})
SHORTEST_INTERVAL = timedelta(minutes=5)
# Of a link that must be read although the page did not change.
UNREAD = {"etag": "", "last_modified": "", "digest": ""}
Content = bytes | IO[bytes] | File


# --- bases ----------------------------------------------------------------------------------------------------------


@transaction.atomic
def create_base(actor: Actor, name: str, **fields: Any) -> KnowledgeBase:
    """Make a knowledge base. Raises Invalid for a wrong value."""
    require(actor, "edit_knowledge")
    base = KnowledgeBase(workspace=actor.workspace, name=name)
    _assign(base, fields)
    base.save()
    audit.record(actor, "knowledge_base.created", base)
    emit(actor.workspace.uuid, "base.changed", base=str(base.uuid))
    return base


@transaction.atomic
def update_base(actor: Actor, base: KnowledgeBase, **changes: Any) -> KnowledgeBase:
    """Change what an owner may change (`EDITABLE`); everything is learned again when passages or vectors become others."""
    require(actor, "edit_knowledge")
    if RESHAPING & changes.keys():
        _lock_sources(base)
    current = lock_base(base)
    before = {name: getattr(current, name) for name in RESHAPING}
    _assign(current, changes)
    current.save()
    if any(getattr(current, name) != value for name, value in before.items()):
        Source.objects.filter(base=current, kind=Source.Kind.LINK).update(**UNREAD)
        # Pages of a site are read with it.
        for source in Source.objects.select_related("workspace").filter(base=current, deleted_at=None, site=None):
            source.base = current
            learn_again(source)
    audit.record(actor, "knowledge_base.changed", current, fields=sorted(changes))
    emit(actor.workspace.uuid, "base.changed", base=str(current.uuid))
    return current


@transaction.atomic
def base_of_agent(actor: Actor, agent_id: int, name: str) -> KnowledgeBase:
    """An agent's own base, made on first use."""
    require(actor, "edit_knowledge")
    # One that was deleted can be brought back, but is no longer the agent's own.
    KnowledgeBase.objects.filter(agent_id=agent_id, deleted_at__isnull=False).update(agent=None)
    base, made = KnowledgeBase.objects.get_or_create(
        agent_id=agent_id, defaults={"workspace": actor.workspace, "name": name[:200]}
    )
    if made:
        audit.record(actor, "knowledge_base.created", base)
        emit(actor.workspace.uuid, "base.changed", base=str(base.uuid))
    return base


# --- sources --------------------------------------------------------------------------------------------------------


def add_file(
    actor: Actor,
    base: KnowledgeBase,
    name: str,
    content: Content,
    *,
    kind: str = Source.Kind.FILE,
    metadata: dict[str, Any] | None = None,
    once: bool = False,
) -> Source:
    """Store an upload and have it learned; `once`: unless the base has a file of the same content.

    Raises FileTooLarge, EmptyFile, BaseFull, AlreadyHere.
    """
    require(actor, "edit_knowledge")
    source = Source(workspace=actor.workspace, base=base, kind=kind, name=plain_file_name(name), metadata=metadata or {})
    _store(source, content)
    try:
        return _add(actor, source, once=once)
    except FrontdeskError:
        originals.forget(actor.workspace, source.file)
        raise


def add_text(
    actor: Actor,
    base: KnowledgeBase,
    title: str,
    text: str,
    *,
    kind: str = Source.Kind.TEXT,
    metadata: dict[str, Any] | None = None,
) -> Source:
    """Have a typed text learned."""
    require(actor, "edit_knowledge")
    source = Source(workspace=actor.workspace, base=base, kind=kind, metadata=metadata or {})
    _write_text(source, title, text)
    return _add(actor, source)


def add_answer(
    actor: Actor, base: KnowledgeBase, question: str, answer: str, *, metadata: dict[str, Any] | None = None
) -> Source:
    """Have an owner's answer learned: found by its question, said as it is written."""
    require(actor, "edit_knowledge")
    if not question.replace("\x00", "").strip():
        raise Invalid.field("question", _("Write the question that customers ask."))
    source = Source(workspace=actor.workspace, base=base, kind=Source.Kind.ANSWER, metadata=metadata or {})
    _write_text(source, question, answer)
    return _add(actor, source)


def add_link(
    actor: Actor,
    base: KnowledgeBase,
    url: str,
    *,
    title: str = "",
    grabber_enabled: bool = False,
    metadata: dict[str, Any] | None = None,
) -> Source:
    """Have a web page learned, and again every `update_interval`."""
    require(actor, "edit_knowledge")
    source = Source(
        workspace=actor.workspace, base=base, kind=Source.Kind.LINK, metadata=metadata or {}, grabber_enabled=grabber_enabled
    )
    _write_link(source, url, title)
    return _add(actor, source)


def replace_file(actor: Actor, source: Source, content: Content, *, name: str = "") -> Source:
    """Put a newer file in the place of a source's file. It keeps its id; only what changed is embedded again."""
    require(actor, "edit_knowledge")
    fresh = Source(workspace=actor.workspace, base=source.base, name=plain_file_name(name) if name else source.name)
    _store(fresh, content)
    with transaction.atomic():
        current = lock_source(source)
        old = current.file
        current.file, current.size, current.digest, current.name = fresh.file, fresh.size, fresh.digest, fresh.name
        current.url = current.body = ""
        learn_again(current)
        changed(actor, "source.replaced", current)
        if old:
            originals.forget(actor.workspace, old)
    return current


@transaction.atomic
def update_source(
    actor: Actor, source: Source, *, title: str | None = None, text: str | None = None, url: str | None = None, **fields: Any
) -> Source:
    """Change a text, a link's address, the name, `grabber_enabled` or `metadata` in place; learns again when content changed."""
    require(actor, "edit_knowledge")
    current = lock_source(source)
    before = (current.url, current.is_site)
    for name in fields.keys() & {"grabber_enabled", "metadata"}:
        setattr(current, name, fields[name])
    if current.kind == Source.Kind.ANSWER and title is not None and text is None:
        # The question is learned with its answer.
        text = current.body
    if text is not None and not current.url and not current.file:
        _write_text(current, title or current.name, text)
    elif url is not None and current.kind == Source.Kind.LINK:
        _write_link(current, url, title if title is not None else current.name)
    elif title is not None:
        current.name = title.strip()[:255] or current.name
    if (current.url, current.is_site) != before:
        # What is known of the former site goes, and with the next reading what was learned there.
        Crawl.objects.filter(source=current).delete()
        current.etag = current.last_modified = ""
    if text is not None or url is not None or current.is_site != before[1]:
        learn_again(current)
    current.save()
    changed(actor, "source.changed", current)
    return current


@transaction.atomic
def refresh_source(actor: Actor, source: Source) -> Source:
    """Read a source again: a page that may have changed, or one that could not be learned."""
    require(actor, "edit_knowledge")
    current = lock_source(source)
    learn_again(current)
    changed(actor, "source.refreshed", current)
    return current


@transaction.atomic
def cancel_source(actor: Actor, source: Source) -> Source:
    """Stop learning. What was learned of an earlier version stays."""
    require(actor, "edit_knowledge")
    current = lock_source(source)
    if current.state not in jobs.UNFINISHED:
        raise NothingToStop
    if current.job is not None:
        core_jobs.cancel(current.job)
        current.job.refresh_from_db()
    if current.job is None or current.job.state == core_jobs.Job.State.CANCELLED:
        current.state = Source.State.CANCELLED
        current.save(update_fields=["state", "updated_at"])
    changed(actor, "source.stopped", current)
    return current


@transaction.atomic
def exclude_passage(actor: Actor, chunk: Chunk, *, excluded: bool = True) -> Chunk:
    """Leave a passage out of answers, or take it in again."""
    require(actor, "edit_knowledge")
    current = Chunk.objects.select_for_update(of=("self",)).select_related("source", "base").filter(pk=chunk.pk).first()
    if current is None:
        raise PassageNotFound
    current.excluded = excluded
    current.save(update_fields=["excluded", "updated_at"])
    jobs.start_indexing(current.source)
    audit.record(actor, "passage.excluded" if excluded else "passage.included", current)
    emit(actor.workspace.uuid, "source.changed", id=current.source_id, base=str(current.base.uuid), state=current.source.state)
    return current


def note_used(source_ids: set[int]) -> None:
    """Sources that an answer rested on were used once more."""
    Source.objects.filter(pk__in=source_ids).update(used_count=F("used_count") + 1, last_used_at=timezone.now())


# --- inside ---------------------------------------------------------------------------------------------------------


def _assign(base: KnowledgeBase, fields: dict[str, Any]) -> None:
    for name, value in fields.items():
        if name not in EDITABLE:
            raise Invalid.field(name, _("This cannot be changed."))
        setattr(base, name, value)
    try:
        base.clean_fields(exclude={"workspace", "agent"})
    except ValidationError as error:
        raise Invalid(
            errors=[{"field": field, "message": " ".join(texts)} for field, texts in error.message_dict.items()]
        ) from error
    if base.chunk_overlap * 2 > base.chunk_size:
        raise Invalid.field("chunk_overlap", _("The overlap must be at most half of the passage size."))
    if base.update_interval < SHORTEST_INTERVAL:
        raise Invalid.field("update_interval", _("Links can be refreshed every five minutes at most."))


def _add(actor: Actor, source: Source, *, once: bool = False) -> Source:
    with transaction.atomic():
        source.base = lock_base(source.base)
        check_room(source.base)
        # The base is locked: of two that come at the same moment only one is taken.
        if once and (twin := queries.twin(source.base, source.digest)):
            raise AlreadyHere(twin)
        source.save()
        jobs.start_learning(source)
        changed(actor, "source.added", source, kind=str(source.kind))
    return source


def check_room(base: KnowledgeBase) -> None:
    sources = Source.objects.filter(base=base, deleted_at=None)
    if (sources.aggregate(pages=Sum("pages"))["pages"] or 0) >= settings.KNOWLEDGE_MAX_PAGES:
        raise BaseFull(settings.KNOWLEDGE_MAX_PAGES)


def _lock_sources(base: KnowledgeBase) -> None:
    """All of a base, before it and in one order, as the worker locks what it has learned."""
    rows = Source.objects.select_for_update(of=("self",)).filter(base=base, deleted_at=None)
    list(rows.order_by("pk").values_list("pk", flat=True))


def lock_base(base: KnowledgeBase) -> KnowledgeBase:
    current = (
        KnowledgeBase.objects.select_for_update(of=("self",))
        .select_related("workspace")
        .filter(pk=base.pk, deleted_at=None)
        .first()
    )
    if current is None:
        raise BaseNotFound
    return current


def lock_source(source: Source) -> Source:
    rows = Source.objects.select_for_update(of=("self",)).select_related("job", "base", "workspace")
    current = rows.filter(pk=source.pk, deleted_at=None, base__deleted_at=None).first()
    if current is None:
        raise SourceNotFound
    return current


def learn_again(source: Source) -> None:
    """A new revision: what is being learned of the old one is stopped, and would not be taken any more."""
    if source.job is not None:
        core_jobs.cancel(source.job)
    source.revision += 1
    source.save()
    jobs.start_learning(source)


def changed(actor: Actor, verb: str, source: Source, **data: Any) -> None:
    audit.record(actor, verb, source, **data)
    emit(actor.workspace.uuid, "source.changed", id=source.pk, base=str(source.base.uuid), state=str(source.state))


def _store(source: Source, content: Content) -> None:
    """Put the bytes into the storage under the workspace's own folder; counts them on the way."""
    stream = io.BytesIO(content) if isinstance(content, bytes) else content
    data = stream.read(settings.UPLOAD_MAX_BYTES + 1)
    if len(data) > settings.UPLOAD_MAX_BYTES:
        raise FileTooLarge(settings.UPLOAD_MAX_BYTES)
    if not data:
        raise EmptyFile
    source.size, source.digest = len(data), sha256(data).hexdigest()
    try:
        safe = get_valid_filename(source.name)[-80:]
    except (ValidationError, ValueError, SuspiciousFileOperation):
        safe = "file"
    folder = f"{source.workspace.uuid}/knowledge/{uuid4().hex}"
    source.file = default_storage.save(f"{folder}/{safe}", File(io.BytesIO(data), name=safe))


def _write_text(source: Source, title: str, text: str) -> None:
    text = text.replace("\x00", "")
    if not text.strip():
        raise Invalid.field("text", _("Write something for it to learn."))
    size = len(text.encode("utf-8", "replace"))
    if size > settings.UPLOAD_MAX_BYTES:
        raise FileTooLarge(settings.UPLOAD_MAX_BYTES)
    source.name = title.replace("\x00", "").strip()[:255] or text.strip().splitlines()[0][:80]
    source.body, source.size, source.media_type = text, size, "text/plain"
    source.digest = sha256(text.encode("utf-8", "replace")).hexdigest()


def _write_link(source: Source, url: str, title: str) -> None:
    url = url.strip()
    try:
        check_url(url)
    except FetchRefused as error:
        raise Invalid.field("url", error.message) from error
    if len(url) > 2000:
        raise Invalid.field("url", _("This address is too long."))
    source.url, source.name = url, title.strip()[:255] or url[:255]
