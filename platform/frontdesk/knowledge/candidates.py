"""The passages that may hold an answer, and each one's score on every side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import psycopg
from django.db import connection

from frontdesk.sdk.values import Passage

from . import places, vectors
from .embedding import Space
from .fusion import Scores
from .lexical import ngrams, postings
from .lexical.postings import Statistics
from .lexical.terms import query_terms
from .models import Chunk, KnowledgeBase
from .vectors import Vectors

BY_WORDS = 150
BY_MEANING = 100
# N-grams are counted in at most so many characters of candidates, the best by words and meaning first.
NGRAM_CHARACTERS = 120_000


@dataclass(frozen=True, slots=True)
class Question:
    """A question as both sides see it. `vectors`: one for each space whose model can read it; empty when meaning does not count."""

    text: str
    spaces: dict[int, Space]
    vectors: dict[str, Vectors]


@dataclass(frozen=True, slots=True)
class Candidates:
    """Passages (ids, texts, …) and their scores, all in one order."""

    ids: list[int]
    texts: list[str]
    words: Scores
    ngrams: Scores
    meaning: Scores
    coverage: Scores


NONE = Candidates([], [], *(np.empty(0, np.float32) for _ in range(4)))


def find(bases: Sequence[KnowledgeBase], question: Question, *, by_words: bool = True) -> Candidates:
    """Everything that words or meaning bring up in some bases, whose rows are fresh (`queries.current`)."""
    statistics = Statistics(sum(base.passage_total for base in bases), sum(base.word_total for base in bases))
    spoken = {language for base in bases for language in base.languages}
    terms = query_terms(question.text, spoken) if by_words else []
    found = postings.search([base.pk for base in bases], terms, statistics)
    near: list[int] = []
    for base in bases:
        space = question.spaces.get(base.pk)
        if space is not None and space.name in question.vectors:
            indexed = base.indexed_model == space.name
            near += vectors.nearest(base.pk, space.name, question.vectors[space.name], limit=BY_MEANING, indexed=indexed)
    return _score(question, found, list(dict.fromkeys([*found.best(BY_WORDS), *near])))


def _score(question: Question, found: postings.Found, wanted: Sequence[int]) -> Candidates:
    loaded = _load(wanted)
    if not loaded:
        return NONE
    ids = [row[0] for row in loaded]
    words, coverage = found.of(ids)
    meaning = np.zeros(len(ids), np.float32)
    for space, vector in question.vectors.items():
        at = [index for index, row in enumerate(loaded) if row[4] == space]
        meaning[at] = vectors.best_windows([loaded[index][5] for index in at], vector)
    pieces = [f"{title}. {' '.join(headings)} {text}" for _id, text, title, headings, _model, _windows in loaded]
    return Candidates(ids, [row[1] for row in loaded], words, _ngrams(question.text, pieces, words, meaning), meaning, coverage)


def _ngrams(question: str, pieces: Sequence[str], words: Scores, meaning: Scores) -> Scores:
    """Scores of as many candidates as are looked into; the others get the lowest of these."""
    order = np.argsort(-(words / max(float(words.max()), 1e-9) + meaning), kind="stable")
    characters = np.cumsum([len(pieces[index]) for index in order])
    looked = order[: max(20, int(np.searchsorted(characters, NGRAM_CHARACTERS)))]
    some = ngrams.scores(question, [pieces[index] for index in looked])
    result = np.full(len(pieces), some.min(initial=0.0), np.float32)
    result[looked] = some
    return result


def _load(ids: Sequence[int]) -> list[tuple[int, str, str, list[str], str, bytes]]:
    """Id, text, title, headings, vector space and windows of those that may be shown."""
    if not ids:
        return []
    query = """
        SELECT c.id, c.text, c.title, c.headings, coalesce(v.model, ''), coalesce(v.windows, ''::bytea)
        FROM knowledge_chunk c
        JOIN knowledge_source s ON s.id = c.source_id AND s.deleted_at IS NULL
        LEFT JOIN knowledge_chunkvector v ON v.chunk_id = c.id
        WHERE c.id = ANY(%s) AND NOT c.excluded"""
    connection.ensure_connection()
    # Django's own cursors read bytes as text, at twice the size.
    with psycopg.Cursor(connection.connection) as cursor:
        rows = cursor.execute(query, [list(ids)], binary=True).fetchall()
    position = {key: index for index, key in enumerate(ids)}
    return sorted(rows, key=lambda row: position[row[0]])


def passages(ids: Sequence[int], scores: Sequence[float], sides: Sequence[dict[str, float]]) -> list[Passage]:
    """What the rest of Frontdesk sees of the passages that were chosen."""
    rows = Chunk.objects.filter(pk__in=list(ids)).select_related("source").defer("source__body").in_bulk()
    return [
        Passage(
            id=key,
            text=rows[key].text,
            title=" › ".join(part for part in (rows[key].title, *rows[key].headings) if part),
            score=score,
            source_id=rows[key].source_id,
            source_name=rows[key].source.name,
            place=places.in_words(rows[key].place),
            url=rows[key].source.url,
            scores=side,
        )
        for key, score, side in zip(ids, scores, sides, strict=True)
        if key in rows
    ]
