"""Pieces of words: what finds inflected, compound and misspelt words in any language, without a stemmer.

Scored over the candidates only, with the document frequencies among them: on the tuning questions as good as an index
over all passages (docs/measurements/knowledge.md), and it needs none; that index would be the largest thing we store.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from .folding import FORMS, is_word_character

K1 = 1.2
B = 0.75
_SPACE = 0x20
# What stands for a mark that is left out.
_NOTHING = 0
# Odd factors spread code points over 32 bits; a false match among a million grams moves no ranking.
_MIX = np.array([0x9E3779B1, 0x85EBCA77, 0xC2B2AE3D], np.uint32)
_SIEVE_BITS = 14


@dataclass(frozen=True, slots=True)
class Counts:
    """How often each gram of a question (columns) stands in each text (rows), and how many grams each text has."""

    table: NDArray[np.float32]
    lengths: NDArray[np.float32]


def count(question: str, texts: Sequence[str]) -> Counts:
    """The 3- and 4-grams of the question's words, in some texts."""
    wanted = np.unique(np.concatenate([grams[there] for grams, there in _grams(_codes([question])[0])]))
    lengths = np.zeros(len(texts), np.float32)
    if not wanted.size or not texts:
        return Counts(np.zeros((len(texts), wanted.size), np.float32), lengths)
    codes, starts = _codes(texts)
    sieve = np.zeros(1 << _SIEVE_BITS, bool)
    sieve[_sieve_slot(wanted)] = True
    found = np.zeros(len(texts) * wanted.size, np.int64)
    for grams, there in _grams(codes):
        lengths += np.add.reduceat(np.append(there, [False] * 3), starts, dtype=np.int32)
        maybe = np.flatnonzero(sieve.take(_sieve_slot(grams)) & there)
        slots = np.minimum(np.searchsorted(wanted, grams[maybe]), wanted.size - 1)
        hit = wanted[slots] == grams[maybe]
        owners = np.searchsorted(starts, maybe[hit], side="right") - 1
        found += np.bincount(owners * wanted.size + slots[hit], minlength=found.size)
    return Counts(found.reshape(len(texts), wanted.size).astype(np.float32), lengths)


def scores(parts: Sequence[Counts]) -> NDArray[np.float32]:
    """BM25 of all counted texts together, one score a text, in the order of the parts."""
    table = np.concatenate([part.table for part in parts])
    lengths = np.concatenate([part.lengths for part in parts])
    if not table.size:
        return np.zeros(lengths.size, np.float32)
    found_in = (table > 0).sum(axis=0)
    idf = np.log1p((lengths.size - found_in + 0.5) / (found_in + 0.5)).astype(np.float32)
    length = K1 * (1 - B + B * lengths / max(float(lengths.mean()), 1.0))
    return (table * (K1 + 1) / (table + length[:, None])) @ idf


def _codes(texts: Sequence[str]) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    """The letters of all texts one after another, a space at both ends of each, and where each text begins."""
    folded = [f" {unicodedata.normalize('NFKC', text).lower()} " for text in texts]
    points = np.frombuffer("".join(folded).encode("utf-32-le", "replace"), np.uint32)
    starts = np.cumsum([0, *(len(text) for text in folded[:-1])])
    codes = _letters().take(points, mode="clip")
    kept = codes != _NOTHING
    return codes[kept], starts - np.cumsum(~kept)[starts]


def _grams(codes: NDArray[np.uint32]) -> Iterator[tuple[NDArray[np.uint32], NDArray[np.bool_]]]:
    """What begins at each letter, three letters long and then four, and whether it lies in a word, its edges counted in.

    No gram reaches from one text into the next: two spaces stand between them.
    """
    inner = codes != _SPACE
    three = (codes[:-2] * _MIX[0]) ^ (codes[1:-1] * _MIX[1]) ^ (codes[2:] * _MIX[2])
    yield three, inner[1:-1]
    yield (three[:-1] * _MIX[0]) ^ (codes[3:] * _MIX[1]), inner[1:-2] & inner[2:-1]


def _sieve_slot(grams: NDArray[np.uint32]) -> NDArray[np.uint32]:
    return (grams * _MIX[2]) >> np.uint32(32 - _SIEVE_BITS)


@lru_cache(maxsize=1)
def _letters() -> NDArray[np.uint32]:
    """Each code point as it is compared: itself within words, a space between them, as `folding` says where there are variants.

    Above the basic plane all are one letter: rare ideographs, which the words' side tells apart.
    """
    inside = (character if is_word_character(character) or character == "ـ" else " " for character in map(chr, range(0x10000)))
    return np.array([ord(character.translate(FORMS) or chr(_NOTHING)) for character in inside], np.uint32)
