"""The passages that may hold an answer, and each one's score on every side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import orjson

from frontdesk.sdk.values import Passage
from frontdesk.workspaces.models import Workspace

from . import places, vectors
from .embedding import Space
from .fetching import array, current, fetch
from .fusion import Scores
from .lexical import ngrams, postings
from .lexical.postings import Statistics
from .lexical.terms import query_terms
from .models import KnowledgeBase
from .vectors import Vectors

BY_WORDS = 60
BY_MEANING = 40
# Without a vector of the question.
BY_WORDS_ALONE = postings.BEST
# N-grams are counted in at most so many characters of the candidates of each side, the best first.
NGRAM_CHARACTERS = 60_000


@dataclass(frozen=True, slots=True)
class Question:
    """A question as both sides see it. `vectors` holds one for each space whose model can read it."""

    text: str
    spaces: dict[int, Space]
    vectors: dict[str, Vectors]


class Row(NamedTuple):
    """A passage as it is loaded. `headings` and `place` are JSON; few are ever read."""

    id: int
    text: str
    title: str
    headings: str
    place: str
    source_id: int
    source_name: str
    url: str
    model: str
    windows: bytes


@dataclass(frozen=True, slots=True)
class Loaded:
    """Passages, best first, and how often the question's pieces of words stand in the first of them."""

    rows: list[Row]
    counts: ngrams.Counts

    @classmethod
    def of(cls, question: str, rows: list[Row]) -> Loaded:
        texts = [f"{row.title}. {' '.join(orjson.loads(row.headings))} {row.text}" for row in rows]
        characters = np.cumsum([len(text) for text in texts])
        return cls(rows, ngrams.count(question, texts[: max(10, int(np.searchsorted(characters, NGRAM_CHARACTERS)))]))

    def without(self, known: set[int]) -> Loaded:
        """The others of them."""
        at = [index for index, row in enumerate(self.rows) if row.id not in known]
        counted = [index for index in at if index < self.counts.lengths.size]
        return Loaded([self.rows[index] for index in at], self.counts.of(counted))


@dataclass(frozen=True, slots=True)
class ByWords:
    """What the words of a question bring up: `bases` as they are now, all that was found, the best passages."""

    bases: list[KnowledgeBase]
    found: postings.Found
    best: Loaded


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
            title=" › ".join(part for part in (row.title, *orjson.loads(row.headings)) if part),
            score=score,
            source_id=row.source_id,
            source_name=row.source_name,
            place=places.in_words(orjson.loads(row.place)),
            url=row.url,
            scores={name: round(float(scores[at]), 4) for name, scores in sides.items()},
        )


def by_words(bases: Sequence[KnowledgeBase], workspace: Workspace, question: str) -> ByWords:
    """What the words of a question bring up in those of the bases that are still there and the workspace's own."""
    bases = current(bases, workspace)
    statistics = Statistics(sum(base.passage_total for base in bases), sum(base.word_total for base in bases))
    spoken = {language for base in bases for language in base.languages}
    found = postings.search({base.pk: base.version for base in bases}, query_terms(question, spoken), statistics)
    return ByWords(bases, found, Loaded.of(question, _load(bases, found.best[:BY_WORDS])))


def further_by_words(said: ByWords, question: str) -> Loaded:
    """What comes next by words: for questions that no model reads."""
    return Loaded.of(question, _load(said.bases, said.found.best[BY_WORDS:]))


def by_meaning(bases: Sequence[KnowledgeBase], question: Question) -> Loaded:
    """What is nearest to the question in the bases whose model can read it."""
    near: list[Row] = []
    for base in bases:
        space = question.spaces.get(base.pk)
        if space is not None and space.name in question.vectors:
            vector = question.vectors[space.name]
            indexed = base.indexed_model == space.name
            statement = vectors.nearest_statement(base.pk, space.name, vector, limit=BY_MEANING, indexed=indexed)
            near += _rows([base], "distance", *statement)
    return Loaded.of(question.text, near)


def together(question: Question, said: ByWords, more: Loaded) -> Candidates:
    """All of them once, with every side's score of each."""
    best, others = said.best, more.without({row.id for row in said.best.rows})
    rows = best.rows + others.rows
    words, coverage = said.found.of([row.id for row in rows])
    meaning = np.zeros(len(rows), np.float32)
    for space, vector in question.vectors.items():
        at = [index for index, row in enumerate(rows) if row.model == space]
        meaning[at] = vectors.best_windows([rows[index].windows for index in at], vector)
    return Candidates(rows, words, _ngrams(best, others), meaning, coverage, said.found.hundredth)


def _ngrams(best: Loaded, others: Loaded) -> Scores:
    """Scores of the rows that were counted; the rest gets the lowest of these."""
    some = ngrams.scores([best.counts, others.counts])
    result = np.full(len(best.rows) + len(others.rows), some.min(initial=0.0), np.float32)
    first = best.counts.lengths.size
    result[:first] = some[:first]
    result[len(best.rows) : len(best.rows) + some.size - first] = some[first:]
    return result


def _load(bases: Sequence[KnowledgeBase], ids: Sequence[int]) -> list[Row]:
    """Those of the bases' passages that may be shown, in the order of their ids."""
    if not ids:
        return []
    return _rows(bases, "rank", "SELECT * FROM unnest(%s::bigint[]) WITH ORDINALITY AS given (chunk_id, rank)", [array(ids)])


def _rows(bases: Sequence[KnowledgeBase], order: str, wanted: str, values: Sequence[Any]) -> list[Row]:
    """The same of those that are `wanted`: SQL for their `chunk_id`s and for what they are put in order by."""
    statement = f"""
        WITH wanted AS MATERIALIZED ({wanted})
        SELECT c.id, c.text, c.title, c.headings::text, c.place::text, s.id, s.name, s.url,
               coalesce(v.model, ''), coalesce(v.windows, ''::bytea)
        FROM wanted
        JOIN knowledge_chunk c ON c.id = wanted.chunk_id AND c.base_id = ANY(%s::bigint[]) AND NOT c.excluded
        JOIN knowledge_source s ON s.id = c.source_id AND s.deleted_at IS NULL AND NOT s.excluded
        LEFT JOIN knowledge_chunkvector v ON v.chunk_id = c.id
        ORDER BY wanted.{order}"""  # noqa: S608
    return [Row._make(row) for row in fetch(statement, [*values, array(base.pk for base in bases)])]
