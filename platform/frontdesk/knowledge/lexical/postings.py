"""Postings: packed numbers in PostgreSQL, BM25 over them in numpy.

An entry is one unsigned 64-bit number: passage id (40 bits), length of the passage in terms (16), count of the term (8).
PostgreSQL finds and joins the entries of a question's terms, numpy scores them: ten times as fast as summing rows in SQL.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..fetching import array, fetch
from .kept import Entries, Memory
from .terms import term_id

# Robertson & Zaragoza 2009; values that did best on the tuning questions (docs/measurements/knowledge.md).
K1 = 0.9
B = 0.6
# Entries in one row: 2 kB, which an index of PostgreSQL can hold (2.7 kB).
BLOCK = 256
BEST = 100


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
    """All passages with any of the question's terms, by id: BM25, and how much of the question each covers (0…1).

    `best` are the ids of the best hundred, best first, `hundredth` the score of the last of a hundred: the foot of the scale on
    which all are compared, 0 when there are fewer.
    """

    ids: NDArray[np.int64]
    scores: NDArray[np.float32]
    coverage: NDArray[np.float32]
    best: list[int]
    hundredth: float

    def of(self, ids: Sequence[int]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Scores and coverage of some passages; 0 where no term stands."""
        if not self.ids.size:
            return np.zeros(len(ids), np.float32), np.zeros(len(ids), np.float32)
        wanted = np.asarray(ids, np.int64)
        at = np.minimum(np.searchsorted(self.ids, wanted), self.ids.size - 1)
        there = self.ids[at] == wanted
        return np.where(there, self.scores[at], 0).astype(np.float32), np.where(there, self.coverage[at], 0).astype(np.float32)


NOTHING = Found(np.empty(0, np.int64), np.empty(0, np.float32), np.empty(0, np.float32), [], 0.0)
NO_ENTRIES: Entries = np.empty(0, np.dtype("<u8"))
_memory = Memory()


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


def search(bases: Mapping[int, str], groups: Sequence[tuple[str, ...]], statistics: Statistics) -> Found:
    """BM25 of the passages of some bases, each with its version (`kept`). `groups`: the question's terms, each with its
    alternative forms.
    """
    if not groups or not bases:
        return NOTHING
    entries = _fetch(bases, {term_id(term) for group in groups for term in group})
    found: list[NDArray[np.uint64]] = []
    sizes: list[int] = []
    for group in groups:
        of_group = [of_base for term in map(term_id, group) for of_base in entries[term]]
        found += of_group
        sizes.append(sum(array.size for array in of_group))
    if not any(sizes):
        return NOTHING
    size = np.array(sizes, np.float32)
    idf = np.log1p((statistics.passages - size + 0.5) / (size + 0.5))
    ids, scores, covered = _sum(np.concatenate(found), np.repeat(idf, sizes), statistics.mean_length)
    return Found(ids, scores, np.minimum(1.0, covered / idf.sum()), *_best(ids, scores))


def _best(ids: NDArray[np.int64], scores: NDArray[np.float32]) -> tuple[list[int], float]:
    """Ids of the best, best first, and the score of the last of them when they are as many as are wanted."""
    if ids.size < BEST:
        return ids[np.argsort(-scores, kind="stable")].tolist(), 0.0
    # The so-manieth best of a part is no better than that of all, and most scores are below it.
    some = scores[: max(BEST, ids.size // 8)]
    some = np.flatnonzero(scores >= np.partition(some, -BEST)[-BEST])
    some = some[np.argsort(-scores[some], kind="stable")][:BEST]
    return ids[some].tolist(), float(scores[some[-1]])


def _sum(
    entries: NDArray[np.uint64], idf: NDArray[np.float32], mean_length: float
) -> tuple[NDArray[np.int64], NDArray[np.float32], NDArray[np.float32]]:
    """Ids of the passages once each, in order, with their scores and the sums of their terms' idf."""
    passages = (entries >> np.uint64(24)).view(np.int64)
    first = int(passages.min())
    if int(passages.max()) - first <= 4 * passages.size + 1_000_000:
        # The ids of a base lie close together: counting into slots needs no sorting.
        unique, slots = None, passages - first
    else:
        unique, slots = np.unique(passages, return_inverse=True)
    scores = np.bincount(slots, weights=_weights(entries, idf, mean_length))
    covered = np.bincount(slots, weights=idf)
    # Compared first: numpy finds what is true eight times as fast as what is not zero.
    there = np.flatnonzero(covered != 0)
    ids = there + first if unique is None else unique[there]
    return ids, scores[there].astype(np.float32), covered[there].astype(np.float32)


def _weights(entries: NDArray[np.uint64], idf: NDArray[np.float32], mean_length: float) -> NDArray[np.float32]:
    low = entries.astype(np.uint32)
    length = (low >> np.uint32(8) & np.uint32(0xFFFF)).astype(np.float32)
    count = (low & np.uint32(0xFF)).astype(np.float32)
    return idf * (K1 + 1) * count / (count + K1 * (1 - B) + K1 * B / mean_length * length)


def _fetch(versions: Mapping[int, str], terms: set[int]) -> dict[int, list[Entries]]:
    """The entries of each term, base by base: remembered, or read."""
    entries = _memory.known(versions, terms)
    missing = [(base, term) for base in versions for term in terms if (base, term) not in entries]
    if missing:
        fetched = dict.fromkeys(missing, NO_ENTRIES) | _read(missing)
        _memory.keep(versions, fetched)
        entries |= fetched
    return {term: [entries[base, term] for base in versions] for term in terms}


def _read(missing: Sequence[tuple[int, int]]) -> dict[tuple[int, int], Entries]:
    query = (
        "SELECT base_id, term, string_agg(entries, ''::bytea) FROM knowledge_posting"
        " WHERE base_id = ANY(%s::bigint[]) AND term = ANY(%s::bigint[]) GROUP BY base_id, term"
    )
    rows = fetch(query, [array({key[at] for key in missing}) for at in (0, 1)])
    return {(base, term): np.frombuffer(entries, np.dtype("<u8")) for base, term, entries in rows}
