"""Passages of different sources that say the same, almost word by word.

Every run of four words is hashed, and those hashes that a modulus picks are kept: a sample that is the same for the same text
wherever it stands (Manber 1994; Broder 1997). Passages that share enough of their sample are compared in full.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from zlib import crc32

from ..lexical.terms import words

SHINGLE = 4
SAMPLED = 4
# Shorter passages are headings and addresses, which may stand anywhere.
SHORTEST = 12
# A run of words in more passages than this is a phrase of the trade.
PHRASE = 12
# Share of the shorter passage's runs that the other has.
SAME = 0.7
FEWEST = 2


@dataclass(frozen=True, slots=True)
class Text:
    """A passage as it is compared."""

    passage: int
    source: int
    text: str


@dataclass(frozen=True, slots=True)
class Repeated:
    """Two passages that say the same; `alike` is the share that they have in common, 0…1."""

    first: Text
    second: Text
    alike: float


def duplicates(texts: Sequence[Text]) -> list[Repeated]:
    """Of passages that are equal, each against the first one only. In the order of the passages."""
    unique, found = _equal(texts)
    samples = {place: _sample(unique[place].text) for place in range(len(unique))}
    for left, right in _candidates(samples):
        first, second = unique[left], unique[right]
        if first.source != second.source and (alike := contained(first.text, second.text)) >= SAME:
            found.append(Repeated(first, second, alike))
    return sorted(found, key=lambda each: (each.first.passage, each.second.passage))


def contained(one: str, other: str) -> float:
    """Share of the shorter text's runs of words that stand in the other."""
    first, second = set(_runs(words(one))), set(_runs(words(other)))
    return len(first & second) / max(1, min(len(first), len(second)))


def _equal(texts: Sequence[Text]) -> tuple[list[Text], list[Repeated]]:
    """Those that are left to compare, and those that repeat one of them to the word."""
    seen: dict[str, Text] = {}
    repeated: list[Repeated] = []
    for text in texts:
        said = words(text.text)
        if len(said) < SHORTEST:
            continue
        first = seen.setdefault(" ".join(said), text)
        if first.source != text.source:
            repeated.append(Repeated(first, text, 1.0))
    return list(seen.values()), repeated


def _runs(said: Sequence[str]) -> Iterator[int]:
    codes = [crc32(word.encode()) for word in said]
    if len(codes) <= SHINGLE:
        yield hash(tuple(codes))
    yield from (hash(tuple(codes[start : start + SHINGLE])) for start in range(len(codes) - SHINGLE))


def _sample(text: str) -> list[int]:
    return sorted({run for run in _runs(words(text)) if run % SAMPLED == 0})


def _candidates(samples: dict[int, list[int]]) -> list[tuple[int, int]]:
    """Pairs that share at least half of what is needed of the shorter one's sample: a sample may be unlucky."""
    holders: defaultdict[int, list[int]] = defaultdict(list)
    for place, sample in samples.items():
        for run in sample:
            holders[run].append(place)
    shared: Counter[tuple[int, int]] = Counter()
    for places in holders.values():
        if 1 < len(places) <= PHRASE:
            shared.update(combinations(places, 2))
    return sorted(
        pair
        for pair, number in shared.items()
        if number >= FEWEST and number >= SAME / 2 * min(len(samples[pair[0]]), len(samples[pair[1]]))
    )
