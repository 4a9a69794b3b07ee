"""What an owner does with single passages: put other words in their place, take these back, leave some out of answers."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction
from django.utils.translation import gettext as _

from frontdesk.core.errors import Invalid
from frontdesk.core.events import emit
from frontdesk.workspaces import audit
from frontdesk.workspaces.permissions import Actor, require

from . import jobs
from .actions import lock_source
from .chunking import Piece
from .errors import PassageNotFound, SourceNotReady
from .models import Chunk, ChunkVector, Source

LONGEST = 20_000


@transaction.atomic
def edit_passage(actor: Actor, chunk: Chunk, text: str) -> Chunk:
    """Put an owner's words in the place of a passage's. It keeps its id and is learned anew; the words stay when the source is
    read again, as long as that says what it said. Raises Invalid, PassageNotFound, SourceNotReady.
    """
    require(actor, "edit_knowledge")
    source, current = _lock(chunk)
    text = checked(text)
    said = current.original or current.text
    return _say(actor, source, current, text, "" if text == said else said)


def checked(text: str) -> str:
    """An owner's words as they are kept. Raises Invalid."""
    text = text.replace("\x00", "").replace("\r\n", "\n").strip()
    if not text:
        raise Invalid.field("text", _("Write something for it to know, or leave this passage out of answers."))
    if len(text) > LONGEST:
        raise Invalid.field("text", _("A passage can have %(most)s letters at most.") % {"most": LONGEST})
    return text


@transaction.atomic
def restore_passage(actor: Actor, chunk: Chunk) -> Chunk:
    """Say again what the source says. Raises PassageNotFound, SourceNotReady."""
    require(actor, "edit_knowledge")
    source, current = _lock(chunk)
    return _say(actor, source, current, current.original or current.text, "")


@transaction.atomic
def exclude_passages(actor: Actor, source: Source, ids: Sequence[int], *, excluded: bool = True) -> int:
    """Leave some of a source's passages out of answers, or take them in again; gives how many changed."""
    require(actor, "edit_knowledge")
    current = lock_source(source)
    changed = Chunk.objects.filter(source=current, pk__in=ids).exclude(excluded=excluded).update(excluded=excluded)
    if changed:
        jobs.start_indexing(current)
        audit.record(actor, "passage.excluded" if excluded else "passage.included", current, passages=changed)
        emit(actor.workspace.uuid, "source.changed", id=current.pk, base=str(current.base.uuid), state=str(current.state))
    return changed


def _lock(chunk: Chunk) -> tuple[Source, Chunk]:
    source = lock_source(chunk.source)
    current = Chunk.objects.select_for_update(of=("self",)).filter(pk=chunk.pk, source=source).first()
    if current is None:
        raise PassageNotFound
    if source.state != Source.State.READY:
        raise SourceNotReady
    return source, current


def _say(actor: Actor, source: Source, chunk: Chunk, text: str, original: str) -> Chunk:
    chunk.source = source
    if (chunk.text, chunk.original) == (text, original):
        return chunk
    chunk.original = original
    put(chunk, text)
    source.revision += 1
    source.save(update_fields=["revision", "updated_at"])
    jobs.start_learning(source, reread=False)
    audit.record(actor, "passage.changed" if original else "passage.restored", chunk)
    return chunk


def put(chunk: Chunk, text: str) -> None:
    """Write a passage's words; they are found once its source's edits are learned."""
    chunk.text = text
    chunk.digest = Piece(text, tuple(chunk.headings)).digest(chunk.title)
    chunk.save(update_fields=["text", "original", "digest", "updated_at"])
    ChunkVector.objects.filter(chunk_id=chunk.pk).delete()
