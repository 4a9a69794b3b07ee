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
from .fetching import current, fetch
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
class ByWords:
    """What the words of a question bring up. `bases` are as they are now, `rows` the best passages; `counts` belong to the first
    of these.
    """

    bases: list[KnowledgeBase]
    found: postings.Found
    rows: list[Row]
    counts: ngrams.Counts


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
    found = postings.search([base.pk for base in bases], query_terms(question, spoken), statistics)
    rows = _load(found.best(BY_WORDS))
    return ByWords(bases, found, rows, _counted(question, rows))


def by_meaning(bases: Sequence[KnowledgeBase], question: Question) -> list[Row]:
    """What is nearest to the question in the bases whose model can read it."""
    near: list[Row] = []
    for base in bases:
        space = question.spaces.get(base.pk)
        if space is not None and space.name in question.vectors:
            vector = question.vectors[space.name]
            indexed = base.indexed_model == space.name
            near += _rows("distance", *vectors.nearest_statement(base.pk, space.name, vector, limit=BY_MEANING, indexed=indexed))
    return near


def together(question: Question, said: ByWords, near: Sequence[Row]) -> Candidates:
    """All of them once, with every side's score of each."""
    more = near if question.vectors else _load(said.found.best(BY_WORDS_ALONE)[BY_WORDS:])
    known = {row.id for row in said.rows}
    others = [row for row in more if row.id not in known]
    rows = [*said.rows, *others]
    words, coverage = said.found.of([row.id for row in rows])
    meaning = np.zeros(len(rows), np.float32)
    for space, vector in question.vectors.items():
        at = [index for index, row in enumerate(rows) if row.model == space]
        meaning[at] = vectors.best_windows([rows[index].windows for index in at], vector)
    pieces = _ngrams(said, others, _counted(question.text, others))
    return Candidates(rows, words, pieces, meaning, coverage, said.found.hundredth())


def _counted(question: str, rows: Sequence[Row]) -> ngrams.Counts:
    """Pieces of words in as many of the rows as are looked into, the first ones."""
    texts = [f"{row.title}. {' '.join(orjson.loads(row.headings))} {row.text}" for row in rows]
    characters = np.cumsum([len(text) for text in texts])
    return ngrams.count(question, texts[: max(10, int(np.searchsorted(characters, NGRAM_CHARACTERS)))])


def _ngrams(said: ByWords, others: Sequence[Row], counts: ngrams.Counts) -> Scores:
    """Scores of the rows that were counted; the rest gets the lowest of these."""
    some = ngrams.scores([said.counts, counts])
    first, looked = said.counts.lengths.size, counts.lengths.size
    result = np.full(len(said.rows) + len(others), some.min(initial=0.0), np.float32)
    result[:first] = some[:first]
    result[len(said.rows) : len(said.rows) + looked] = some[first:]
    return result


def _load(ids: Sequence[int]) -> list[Row]:
    """Those of the passages that may be shown, in the order of their ids."""
    if not ids:
        return []
    return _rows("rank", "SELECT * FROM unnest(%s::bigint[]) WITH ORDINALITY AS given (chunk_id, rank)", [list(ids)])


def _rows(order: str, wanted: str, values: Sequence[Any]) -> list[Row]:
    """Those of the passages that may be shown: `wanted` is SQL for their `chunk_id`s and for what they are put in order by."""
    statement = f"""
        WITH wanted AS MATERIALIZED ({wanted})
        SELECT c.id, c.text, c.title, c.headings::text, c.place::text, s.id, s.name, s.url,
               coalesce(v.model, ''), coalesce(v.windows, ''::bytea)
        FROM wanted
        JOIN knowledge_chunk c ON c.id = wanted.chunk_id AND NOT c.excluded
        JOIN knowledge_source s ON s.id = c.source_id AND s.deleted_at IS NULL AND NOT s.excluded
        LEFT JOIN knowledge_chunkvector v ON v.chunk_id = c.id
        ORDER BY wanted.{order}"""  # noqa: S608
    return [Row._make(row) for row in fetch(statement, values)]
