"""The passages that may hold an answer, and each one's score on every side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import orjson
import psycopg
from django.db import connection
from psycopg.types.json import set_json_loads

from frontdesk.sdk.values import Passage

from . import places, vectors
from .embedding import Space
from .fusion import Scores
from .lexical import ngrams, postings
from .lexical.postings import Statistics
from .lexical.terms import query_terms
from .models import KnowledgeBase
from .vectors import Vectors

BY_WORDS = 60
BY_MEANING = 40
# Without a vector of the question.
BY_WORDS_ALONE = 100
# N-grams are counted in at most so many characters of candidates, the best by words and meaning first.
NGRAM_CHARACTERS = 120_000


@dataclass(frozen=True, slots=True)
class Question:
    """A question as both sides see it. `vectors` holds one for each space whose model can read it."""

    text: str
    spaces: dict[int, Space]
    vectors: dict[str, Vectors]


class Row(NamedTuple):
    """A passage as it is loaded."""

    id: int
    text: str
    title: str
    headings: list[str]
    place: dict[str, Any]
    source_id: int
    source_name: str
    url: str
    model: str
    windows: bytes


@dataclass(frozen=True, slots=True)
class Candidates:
    """Passages and their scores on each side, all in one order. `words_from` is the hundredth best score of all passages."""

    rows: list[Row]
    words: Scores
    ngrams: Scores
    meaning: Scores
    coverage: Scores
    words_from: float

    def passage(self, at: int, score: float) -> Passage:
        """What the rest of Frontdesk sees of one of them."""
        row = self.rows[at]
        sides = {"words": self.words, "ngrams": self.ngrams, "meaning": self.meaning}
        return Passage(
            id=row.id,
            text=row.text,
            title=" › ".join(part for part in (row.title, *row.headings) if part),
            score=score,
            source_id=row.source_id,
            source_name=row.source_name,
            place=places.in_words(row.place),
            url=row.url,
            scores={name: round(float(scores[at]), 4) for name, scores in sides.items()},
        )


def by_words(bases: Sequence[KnowledgeBase], question: str) -> postings.Found:
    """What the words of a question bring up in some bases, whose rows are fresh (`queries.current`)."""
    statistics = Statistics(sum(base.passage_total for base in bases), sum(base.word_total for base in bases))
    spoken = {language for base in bases for language in base.languages}
    return postings.search([base.pk for base in bases], query_terms(question, spoken), statistics)


def find(bases: Sequence[KnowledgeBase], question: Question, found: postings.Found) -> Candidates:
    """What words or meaning bring up, with every side's score of each."""
    near: list[int] = []
    for base in bases:
        space = question.spaces.get(base.pk)
        if space is not None and space.name in question.vectors:
            indexed = base.indexed_model == space.name
            near += vectors.nearest(base.pk, space.name, question.vectors[space.name], limit=BY_MEANING, indexed=indexed)
    best = found.best(BY_WORDS if question.vectors else BY_WORDS_ALONE)
    return _score(question, found, _load(list(dict.fromkeys([*best, *near]))))


def _score(question: Question, found: postings.Found, rows: list[Row]) -> Candidates:
    words, coverage = found.of([row.id for row in rows])
    meaning = np.zeros(len(rows), np.float32)
    for space, vector in question.vectors.items():
        at = [index for index, row in enumerate(rows) if row.model == space]
        meaning[at] = vectors.best_windows([rows[index].windows for index in at], vector)
    pieces = [f"{row.title}. {' '.join(row.headings)} {row.text}" for row in rows]
    return Candidates(rows, words, _ngrams(question.text, pieces, words, meaning), meaning, coverage, found.hundredth())


def _ngrams(question: str, pieces: Sequence[str], words: Scores, meaning: Scores) -> Scores:
    """Scores of as many candidates as are looked into; the others get the lowest of these."""
    order = np.argsort(-(words / max(float(words.max(initial=0.0)), 1e-9) + meaning), kind="stable")
    characters = np.cumsum([len(pieces[index]) for index in order])
    looked = order[: max(20, int(np.searchsorted(characters, NGRAM_CHARACTERS)))]
    some = ngrams.scores(question, [pieces[index] for index in looked])
    result = np.full(len(pieces), some.min(initial=0.0), np.float32)
    result[looked] = some
    return result


def _load(ids: Sequence[int]) -> list[Row]:
    """Those of the passages that may be shown, in the order of their ids."""
    if not ids:
        return []
    query = """
        SELECT c.id, c.text, c.title, c.headings, c.place, s.id, s.name, s.url,
               coalesce(v.model, ''), coalesce(v.windows, ''::bytea)
        FROM knowledge_chunk c
        JOIN knowledge_source s ON s.id = c.source_id AND s.deleted_at IS NULL
        LEFT JOIN knowledge_chunkvector v ON v.chunk_id = c.id
        WHERE c.id = ANY(%s) AND NOT c.excluded"""
    connection.ensure_connection()
    # Django's own cursors read bytes as text, at twice the size.
    with psycopg.Cursor(connection.connection) as cursor:
        set_json_loads(orjson.loads, cursor)
        rows = map(Row._make, cursor.execute(query, [list(ids)], binary=True).fetchall())
    position = {key: index for index, key in enumerate(ids)}
    return sorted(rows, key=lambda row: position[row.id])
