"""From a file, a page or a text to passages that can be searched.

Everything is prepared outside, embedded passages are put aside as they come, and one short transaction swaps the old
passages of a source for the new ones. So a search never sees half a source, a killed worker loses at most one batch,
and doing it twice changes nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from frontdesk.core.jobs import Work

from . import chunking, contents, embedding, store
from .chunking import Piece
from .embedding import Space
from .models import Chunk, ChunkVector, Source, StagedVector
from .reading.document import Document
from .sentences import windows

# Stretches of text embedded between two looks at "stop" and two steps of the progress bar: less than a second on one core.
STEP = 64


@dataclass(frozen=True, slots=True)
class Fresh:
    """A passage of the new version, and its vectors when they are known already."""

    piece: Piece
    digest: str


def learn(source: Source, work: Work, *, trial: bool = False) -> None:
    """Read a source and make it searchable. `trial`: as in `store.swap`.

    Raises what `contents.read` raises, ProviderError, JobCancelled or `store.OutOfDate`.
    """
    try:
        document = contents.read(source, work)
    except contents.NotModified:
        if Chunk.objects.filter(source=source).exclude(original="").exists():
            learn_edits(source, work)
        raise
    learn_document(source, document, work, trial=trial)


def learn_document(source: Source, document: Document, work: Work, *, trial: bool = False) -> None:
    """Make what was read of a source searchable. Raises ProviderError, JobCancelled or `store.OutOfDate`."""
    title = document.title or source.name
    pieces = chunking.split(
        document.blocks,
        chunk_size=source.base.chunk_size,
        chunk_overlap=source.base.chunk_overlap,
        slides=document.media_type.endswith("presentation"),
    )
    _take(source, document, title, _with_edits(source, pieces), work, trial)


def learn_edits(source: Source, work: Work, *, trial: bool = False) -> None:
    """Learn the passages as they stand in the database, where an owner changed some, without reading the source again.

    Raises ProviderError, JobCancelled or `store.OutOfDate`.
    """
    rows = Chunk.objects.filter(source=source).order_by("position")
    pieces = [Piece(row.text, tuple(row.headings), row.place, row.original) for row in rows]
    _take(source, None, source.title or source.name, pieces, work, trial)


def _with_edits(source: Source, pieces: list[Piece]) -> list[Piece]:
    """An owner's words stay in the place of those that they replaced, as long as the source still says these."""
    edits = dict(Chunk.objects.filter(source=source).exclude(original="").values_list("original", "text"))
    return (
        [replace(piece, text=edits[piece.text], original=piece.text) if piece.text in edits else piece for piece in pieces]
        if edits
        else pieces
    )


def _take(source: Source, document: Document | None, title: str, pieces: Sequence[Piece], work: Work, trial: bool) -> None:
    """Embed what is new and make it searchable; without a document only the passages changed."""
    fresh = [Fresh(piece, piece.digest(title)) for piece in pieces]
    with asyncio.Runner() as runner:
        space = runner.run(embedding.space_of(source.workspace, source.base.embedding_type))
        _embed(source, title, fresh, space, work, runner)
        runner.run(embedding.close())
    work.progress(len(fresh), len(fresh), "saving")
    store.swap(source, document, title, [(item.piece, item.digest) for item in fresh], space, trial=trial)


def _embed(source: Source, title: str, fresh: Sequence[Fresh], space: Space, work: Work, runner: asyncio.Runner) -> None:
    """Put aside the vectors of all passages that have none yet in this space."""
    known = set(StagedVector.objects.filter(source_id=source.pk, model=space.name).values_list("digest", flat=True))
    learned = ChunkVector.objects.filter(source_id=source.pk, model=space.name).values("chunk_id")
    known |= set(Chunk.objects.filter(source=source, pk__in=learned).values_list("digest", flat=True))
    missing = list({item.digest: item for item in fresh if item.digest not in known}.values())
    done = len(fresh) - len(missing)
    work.progress(done, len(fresh), "learning")
    for batch, stretches in _steps(title, missing):
        packed = runner.run(embedding.embed_stretches(source.workspace, space, stretches))
        rows = [
            StagedVector(source_id=source.pk, digest=item.digest, model=space.name, windows=rows_of_item)
            for item, rows_of_item in zip(batch, packed, strict=True)
        ]
        StagedVector.objects.bulk_create(rows, ignore_conflicts=True)
        done += len(batch)
        work.progress(done, len(fresh), "learning")


def _steps(title: str, items: Sequence[Fresh]) -> Iterator[tuple[list[Fresh], list[list[str]]]]:
    """Passages and what is embedded of each, in groups that one call of the model takes."""
    batch: list[Fresh] = []
    stretches: list[list[str]] = []
    for item in items:
        of_item = windows(title, item.piece.text)
        if batch and sum(map(len, stretches)) + len(of_item) > STEP:
            yield batch, stretches
            batch, stretches = [], []
        batch.append(item)
        stretches.append(of_item)
    if batch:
        yield batch, stretches
