"""Passages in the database: swapping a source's old ones for new ones, and taking them away."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from django.db import connection, transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from frontdesk.core.events import emit

from . import originals
from .chunking import Piece
from .embedding import Space
from .lexical import postings
from .lexical.languages import detect
from .lexical.terms import terms
from .models import Chunk, ChunkVector, KnowledgeBase, Posting, Source, StagedVector
from .reading.document import Document
from .tables import storage
from .vectors import as_text, direction, unpack

REMOVE_STEP = 500
# Rows changed in one transaction; a vector that goes into an index takes longest.
STEPS = {"knowledge_posting": 5_000, "knowledge_chunkvector": 200}


class OutOfDate(Exception):
    """The source was changed or deleted while this version was being prepared."""


def swap(
    source: Source,
    document: Document | None,
    title: str,
    fresh: Sequence[tuple[Piece, str]],
    space: Space,
    *,
    trial: bool = False,
) -> None:
    """Make the new version of a source the one that is searched. Passages that say the same keep their ids. Without a document
    only passages changed. A `trial` is taken back, and leaves the row of the base alone, which others wait for.
    """
    title = title[:500]
    changes = storage.changes_to(source, document.tables) if document is not None else []
    counted = [_count(title, piece) for piece, _digest in fresh]
    with transaction.atomic():
        kept = Source.objects.select_for_update(of=("self",)).filter(deleted_at=None, base__deleted_at=None)
        current = kept.filter(pk=source.pk, revision=source.revision).first()
        if current is None:
            raise OutOfDate
        before = (current.chunk_count, current.word_total)
        edited = _originals(current)
        chunks = _place_chunks(current, title, fresh, [language for _counts, language in counted])
        _write_vectors(current, chunks, space)
        _write_postings(current, chunks, [counts for counts, _language in counted])
        if document is not None:
            storage.replace(current, document.tables, changes)
        StagedVector.objects.filter(source_id=source.pk).delete()
        current.title = title
        current.chunk_count = len(chunks)
        current.word_total = sum(counts.total() for counts, _language in counted)
        current.language = Counter(language for _counts, language in counted).most_common(1)[0][0] if counted else ""
        # A site is ready when all its pages are.
        current.state = Source.State.LEARNING if current.is_site and document is not None else Source.State.READY
        current.problem_code, current.problem_parameters = "", {}
        if document is not None:
            _describe(current, source, document)
            if edited - {chunk.original for chunk in chunks}:
                current.warnings = [*current.warnings, "edits_lost"]
        current.save()
        if current.searched and not trial:
            spoken = {language for _counts, language in counted if language}
            add_to_base(current.base_id, current.chunk_count - before[0], current.word_total - before[1], spoken)
        emit(source.workspace.uuid, "source.changed", id=current.pk, base=str(source.base.uuid), state=current.state)


def _count(title: str, piece: Piece) -> tuple[Counter[str], str]:
    """The terms of a passage, with its title and headings, and the language that shaped them."""
    language = detect(piece.text)
    lead = " ".join((title, *piece.headings))
    return Counter(terms(f"{lead}\n{piece.text}", language)), language


def _describe(current: Source, read: Source, document: Document) -> None:
    current.warnings = list(document.warnings)
    current.media_type = document.media_type or current.media_type
    current.pages = document.pages
    current.size = read.size
    current.digest, current.etag, current.last_modified = read.digest, read.etag, read.last_modified
    current.last_refreshed_at = timezone.now()


def _originals(source: Source) -> set[str]:
    """What the source said where an owner put other words in its place."""
    return set(Chunk.objects.filter(source=source).exclude(original="").values_list("original", flat=True))


def _place_chunks(source: Source, title: str, fresh: Sequence[tuple[Piece, str]], spoken: Sequence[str]) -> list[Chunk]:
    """The rows of the new version in order: kept where the digest is the same, new or gone otherwise."""
    old: defaultdict[str, list[Chunk]] = defaultdict(list)
    for chunk in Chunk.objects.filter(source=source).order_by("-position"):
        old[chunk.digest].append(chunk)
    # Passages that stay left out though their title or headings changed.
    left_out = {chunk.original or chunk.text for chunks in old.values() for chunk in chunks if chunk.excluded}
    placed: list[Chunk] = []
    moved: list[Chunk] = []
    for position, ((piece, digest), language) in enumerate(zip(fresh, spoken, strict=True)):
        if old[digest]:
            chunk = old[digest].pop()
            if (chunk.position, chunk.place, chunk.original) != (position, piece.place, piece.original):
                chunk.position, chunk.place, chunk.original = position, piece.place, piece.original
                moved.append(chunk)
        else:
            chunk = Chunk(
                workspace_id=source.workspace_id, base_id=source.base_id, source=source, position=position, text=piece.text,
                title=title, headings=list(piece.headings), place=piece.place, digest=digest, language=language,
                original=piece.original, excluded=(piece.original or piece.text) in left_out,
            )  # fmt: skip
        placed.append(chunk)
    gone = [chunk.pk for chunks in old.values() for chunk in chunks]
    ChunkVector.objects.filter(chunk_id__in=gone).delete()
    Chunk.objects.filter(pk__in=gone).delete()
    Chunk.objects.bulk_update(moved, ["position", "place", "original"], batch_size=500)
    Chunk.objects.bulk_create([chunk for chunk in placed if chunk.pk is None], batch_size=500)
    return placed


def _write_vectors(source: Source, chunks: Sequence[Chunk], space: Space) -> None:
    """Vectors for the passages that have none in this space; those of another space go."""
    ChunkVector.objects.filter(source_id=source.pk).exclude(model=space.name).delete()
    have = set(ChunkVector.objects.filter(source_id=source.pk).values_list("chunk_id", flat=True))
    staged = dict(StagedVector.objects.filter(source_id=source.pk, model=space.name).values_list("digest", "windows"))
    twins = _windows_of(source, {chunk.digest for chunk in chunks if chunk.pk not in have and chunk.digest not in staged})
    columns = "chunk_id, base_id, source_id, model, dimensions, embedding, windows"
    with connection.cursor() as cursor, cursor.copy(f"COPY knowledge_chunkvector ({columns}) FROM STDIN") as copy:
        for chunk in chunks:
            if chunk.pk in have:
                continue
            windows = bytes(staged.get(chunk.digest) or twins[chunk.digest])
            rows = unpack(windows, space.model.dimensions)
            copy.write_row(
                (chunk.pk, _shelf(source, chunk), source.pk, space.name, rows.shape[1], as_text(direction(rows)), windows)
            )


def _windows_of(source: Source, digests: Iterable[str]) -> dict[str, bytes]:
    """A passage that now stands in the text once more than before: the vectors of its twin."""
    ids = dict(Chunk.objects.filter(source=source, digest__in=list(digests)).values_list("pk", "digest"))
    found = ChunkVector.objects.filter(chunk_id__in=ids).values_list("chunk_id", "windows")
    return {ids[chunk_id]: windows for chunk_id, windows in found}


def _shelf(source: Source, chunk: Chunk) -> int:
    """The `base_id` of a passage's vectors."""
    return -source.base_id if chunk.excluded else source.shelf


def _write_postings(source: Source, chunks: Sequence[Chunk], counted: Sequence[Mapping[str, int]]) -> None:
    """The words of all passages, in order, that are not left out."""
    _forget_elsewhere(source, Posting.objects.filter(source_id=source.pk))
    Posting.objects.filter(source_id=source.pk).delete()
    kept = [(chunk.pk, counts) for chunk, counts in zip(chunks, counted, strict=True) if not chunk.excluded]
    with connection.cursor() as cursor:
        statement = "COPY knowledge_posting (base_id, term, source_id, block, entries) FROM STDIN (FORMAT BINARY)"
        with cursor.copy(statement) as copy:
            copy.set_types(["int8", "int8", "int8", "int2", "bytea"])
            for term, block, entries in postings.pack(kept):
                copy.write_row((source.shelf, term, source.pk, block, entries))


def add_to_base(base_id: int, passages: int, words: int, spoken: Iterable[str] = ()) -> None:
    """Last in the transaction: it locks the base's row, which other sources are waiting for."""
    base = KnowledgeBase.objects.select_for_update().only("languages").get(pk=base_id)
    languages = sorted({*base.languages, *spoken})
    KnowledgeBase.objects.filter(pk=base_id).update(
        passage_total=F("passage_total") + passages, word_total=F("word_total") + words, languages=languages
    )


def forget(base_id: int) -> None:
    """Have searches read a base's postings anew: another version of its row. Last in the transaction, as `add_to_base`."""
    KnowledgeBase.objects.filter(pk=base_id).update(passage_total=F("passage_total"))


def _forget_elsewhere(source: Source, rows: QuerySet[Posting]) -> None:
    """As `forget`, of other bases that the rows are still in. Later, because nobody locks two bases but who moves sources."""
    for base_id in {abs(found) for found in rows.values_list("base_id", flat=True).distinct()} - {source.base_id}:
        transaction.on_commit(partial(forget, base_id))


def place(source_id: int) -> bool:
    """Put some of a source's postings and vectors where searches look, or while it is deleted or left out under the negative of
    its base's id, where none looks: so searches need no condition, and bringing back needs no learning. The same for the vectors
    of its passages that are left out, and for all that was moved to another base. False once all are in place.
    """
    with transaction.atomic():
        source = Source.objects.select_for_update().filter(pk=source_id).first()
        if source is None:
            return False
        out = list(Chunk.objects.filter(source=source, excluded=True).values_list("pk", flat=True))
        right = {
            "knowledge_chunk": ("%s", [source.base_id]),
            "knowledge_posting": ("%s", [source.shelf]),
            "knowledge_chunkvector": ("CASE WHEN chunk_id = ANY(%s) THEN %s ELSE %s END", [out, -source.base_id, source.shelf]),
        }
        _forget_elsewhere(source, Posting.objects.filter(source_id=source_id).exclude(base_id=source.shelf))
        # Under the source's lock nobody else writes these rows, so their places in the table hold.
        changed = [
            _execute(
                f"UPDATE {table} SET base_id = {shelf} WHERE ctid = ANY(ARRAY("  # noqa: S608
                f"SELECT ctid FROM {table} WHERE source_id = %s AND base_id <> {shelf} LIMIT %s))",
                [*values, source_id, *values, STEPS.get(table, REMOVE_STEP)],
            )
            for table, (shelf, values) in right.items()
        ]
        if not any(changed):
            forget(source.base_id)
    return any(changed)


def index_again(source_id: int) -> None:
    """Write the words of a source's passages anew after some of them were left out or taken in. Nothing to do while it is being
    learned, or was since: that writes them, too.
    """
    source = Source.objects.filter(pk=source_id, state=Source.State.READY).first()
    if source is None:
        return
    chunks = list(Chunk.objects.filter(source=source).order_by("position"))
    counted = [_count(chunk.title, Piece(chunk.text, tuple(chunk.headings))) for chunk in chunks]
    with transaction.atomic():
        now = Source.objects.select_for_update(of=("self",)).filter(pk=source_id, revision=source.revision).first()
        if now is None or now.state != Source.State.READY:
            return
        _write_postings(now, chunks, [counts for counts, _language in counted])
        before, now.word_total = now.word_total, sum(counts.total() for counts, _language in counted)
        now.save(update_fields=["word_total"])
        if now.searched:
            add_to_base(now.base_id, 0, now.word_total - before, {language for _counts, language in counted if language})


def remove_source(source: Source, between: Callable[[], None]) -> None:
    """Take a source that is being removed, and the pages of its site, out of the database, in steps that block nobody; `between`
    is called after each.
    """
    for page in Source.objects.filter(site=source):
        remove_source(page, between)
    for table, step in STEPS.items():
        chosen = f"SELECT ctid FROM {table} WHERE source_id = %s LIMIT %s"  # noqa: S608
        while _execute(f"DELETE FROM {table} WHERE ctid = ANY(ARRAY({chosen}))", [source.pk, step]):  # noqa: S608
            between()
    while ids := list(Chunk.objects.filter(source=source).values_list("pk", flat=True)[:REMOVE_STEP]):
        Chunk.objects.filter(pk__in=ids).delete()
        between()
    StagedVector.objects.filter(source_id=source.pk).delete()
    with transaction.atomic():
        Source.objects.filter(pk=source.pk).delete()
        if source.file:
            originals.forget(source.workspace, source.file)
        forget(source.base_id)


def _execute(statement: str, values: list[Any]) -> int:
    """How many rows it changed."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.rowcount
