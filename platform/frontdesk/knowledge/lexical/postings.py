"""Postings: packed numbers in PostgreSQL, BM25 over them in numpy.

An entry is one unsigned 64-bit number: passage id (40 bits), length of the passage in terms (16), count of the term (8).
PostgreSQL finds and joins the entries of a question's terms, numpy scores them: ten times as fast as summing rows in SQL.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import psycopg
from django.db import connection
from numpy.typing import NDArray

from .terms import term_id

# Robertson & Zaragoza 2009; values that did best on the tuning questions (docs/measurements/knowledge.md).
K1 = 0.9
B = 0.6
# Entries in one row: 2 kB, which an index of PostgreSQL can hold (2.7 kB).
BLOCK = 256


@dataclass(frozen=True, slots=True)
class Statistics:
    """Of all bases searched together: passages and the terms in them."""

    passages: int
    words: int

    @property
    def mean_length(self) -> float:
        return self.words / self.passages if self.passages else 1.0


@dataclass(frozen=True, slots=True)
class Found:
    """All passages with any of the question's terms, by id: BM25, and how much of the question each covers (0…1)."""

    ids: NDArray[np.int64]
    scores: NDArray[np.float32]
    coverage: NDArray[np.float32]

    def best(self, limit: int) -> list[int]:
        """Ids of the best, best first."""
        if limit < self.ids.size:
            some = np.argpartition(-self.scores, limit)[:limit]
        else:
            some = np.arange(self.ids.size)
        return self.ids[some[np.argsort(-self.scores[some], kind="stable")]].tolist()

    def hundredth(self) -> float:
        """The score of the hundredth best, the foot of the scale on which the others are compared; 0 when there are fewer."""
        if self.ids.size < 100:
            return 0.0
        return float(-np.partition(-self.scores, 99)[99])

    def of(self, ids: Sequence[int]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Scores and coverage of some passages; 0 where no term stands."""
        if not self.ids.size:
            return np.zeros(len(ids), np.float32), np.zeros(len(ids), np.float32)
        wanted = np.asarray(ids, np.int64)
        at = np.minimum(np.searchsorted(self.ids, wanted), self.ids.size - 1)
        there = self.ids[at] == wanted
        return np.where(there, self.scores[at], 0).astype(np.float32), np.where(there, self.coverage[at], 0).astype(np.float32)


NOTHING = Found(np.empty(0, np.int64), np.empty(0, np.float32), np.empty(0, np.float32))


def pack(passages: Sequence[tuple[int, Mapping[str, int]]]) -> Iterator[tuple[int, int, bytes]]:
    """Passage ids with their term counts → (term id, number of the block, its entries), in the order of the terms."""
    rows: dict[int, list[int]] = {}
    for passage, counts in passages:
        head = passage << 24 | min(sum(counts.values()), 0xFFFF) << 8
        for term, count in counts.items():
            rows.setdefault(term_id(term), []).append(head | min(count, 0xFF))
    for term in sorted(rows):
        entries = np.array(rows[term], np.dtype("<u8"))
        for block, start in enumerate(range(0, entries.size, BLOCK)):
            yield term, block, entries[start : start + BLOCK].tobytes()


def search(bases: Sequence[int], groups: Sequence[tuple[str, ...]], statistics: Statistics) -> Found:
    """BM25 of the passages of some bases. `groups`: the question's terms, each with its alternative forms."""
    if not groups or not bases:
        return NOTHING
    entries = _fetch(bases, {term_id(term) for group in groups for term in group})
    arrays, weights, owners = [], [], []
    mass = 0.0
    for group in groups:
        found = [entries[term] for term in map(term_id, group) if term in entries]
        joined = np.concatenate(found) if found else np.empty(0, np.uint64)
        idf = (
            float(np.log1p((statistics.passages - len(joined) + 0.5) / (len(joined) + 0.5)))
            if joined.size
            else _unseen(statistics)
        )
        mass += idf
        if joined.size:
            arrays.append(joined >> np.uint64(24))
            weights.append(_weights(joined, idf, statistics.mean_length))
            owners.append(np.full(len(joined), idf, np.float32))
    if not arrays:
        return NOTHING
    ids, scores, covered = _sum(np.concatenate(arrays), np.concatenate(weights), np.concatenate(owners))
    return Found(ids, scores, np.minimum(1.0, covered / mass))


def _sum(
    ids: NDArray[np.uint64], weights: NDArray[np.float32], shares: NDArray[np.float32]
) -> tuple[NDArray[np.int64], NDArray[np.float32], NDArray[np.float32]]:
    """Ids once each, in order, with the sums of both."""
    first = int(ids.min())
    span = int(ids.max()) - first + 1
    if span <= 4 * ids.size + 1_000_000:
        # The ids of a base lie close together: counting into slots needs no sorting.
        slots = (ids - np.uint64(first)).astype(np.int64)
        there = np.flatnonzero(np.bincount(slots, minlength=span))
        unique = there + first
    else:
        unique, slots = np.unique(ids, return_inverse=True)
        there = np.arange(unique.size)
    scores = np.bincount(slots, weights=weights)[there].astype(np.float32)
    covered = np.bincount(slots, weights=shares)[there].astype(np.float32)
    return unique.astype(np.int64), scores, covered


def _unseen(statistics: Statistics) -> float:
    return float(np.log1p((statistics.passages + 0.5) / 0.5))


def _weights(entries: NDArray[np.uint64], idf: float, mean_length: float) -> NDArray[np.float32]:
    length = (entries >> np.uint64(8) & np.uint64(0xFFFF)).astype(np.float32)
    count = (entries & np.uint64(0xFF)).astype(np.float32)
    return idf * count * (K1 + 1) / (count + K1 * (1 - B + B * length / mean_length))


def _fetch(bases: Sequence[int], terms: set[int]) -> dict[int, NDArray[np.uint64]]:
    query = (
        "SELECT term, string_agg(entries, ''::bytea) FROM knowledge_posting"
        " WHERE base_id = ANY(%s) AND term = ANY(%s) GROUP BY term"
    )
    connection.ensure_connection()
    # Django's own cursors read bytes as text, at twice the size.
    with psycopg.Cursor(connection.connection) as cursor:
        cursor.execute(query, (list(bases), list(terms)), binary=True)
        return {term: np.frombuffer(entries, np.dtype("<u8")) for term, entries in cursor.fetchall()}
