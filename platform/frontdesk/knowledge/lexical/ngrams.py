"""Pieces of words: what finds inflected, compound and misspelt words in any language, without a stemmer.

Scored over the candidates only, with the document frequencies among them: on the tuning questions as good as an index
over all passages (docs/measurements/knowledge.md), and it needs none; that index would be the largest thing we store.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from .terms import ARABIC, is_word_character

K1 = 1.2
B = 0.75
_SPACE = 0x20
# Odd factors spread code points over 32 bits; a false match among a million grams moves no ranking.
_MIX = np.array([0x9E3779B1, 0x85EBCA77, 0xC2B2AE3D], np.uint32)
_SIEVE_BITS = 14


def scores(question: str, texts: Sequence[str]) -> NDArray[np.float32]:
    """BM25 over the 3- and 4-grams of words, one score a text, in the order of the texts."""
    asked, _lengths, _owners = _grams([question])
    wanted = np.unique(asked)
    if not wanted.size or not texts:
        return np.zeros(len(texts), np.float32)
    grams, lengths, owners = _grams(texts)
    sieve = np.zeros(1 << _SIEVE_BITS, bool)
    sieve[_sieve_slot(wanted)] = True
    maybe = np.flatnonzero(sieve[_sieve_slot(grams)])
    slots = np.minimum(np.searchsorted(wanted, grams[maybe]), wanted.size - 1)
    hit = wanted[slots] == grams[maybe]
    cells = owners[maybe[hit]].astype(np.int64) * wanted.size + slots[hit]
    counts = np.bincount(cells, minlength=len(texts) * wanted.size).reshape(len(texts), wanted.size).astype(np.float32)
    found_in = (counts > 0).sum(axis=0)
    idf = np.log1p((len(texts) - found_in + 0.5) / (found_in + 0.5))
    length = K1 * (1 - B + B * lengths / max(float(lengths.mean()), 1.0))
    return ((counts * (K1 + 1) / (counts + length[:, None])) @ idf).astype(np.float32)


def _grams(texts: Sequence[str]) -> tuple[NDArray[np.uint32], NDArray[np.float32], NDArray[np.int32]]:
    """All grams of all texts, how many each text has, and to which text each belongs."""
    folded = [f" {unicodedata.normalize('NFKC', text).lower()} " for text in texts]
    codes = _letters()[np.minimum(np.frombuffer("".join(folded).encode("utf-32-le", "replace"), np.uint32), 0xFFFF)]
    inner = codes != _SPACE
    three = (codes[:-2] * _MIX[0]) ^ (codes[1:-1] * _MIX[1]) ^ (codes[2:] * _MIX[2])
    four = (three[:-1] * _MIX[0]) ^ (codes[3:] * _MIX[1])
    at_three = np.flatnonzero(inner[1:-1])
    at_four = np.flatnonzero(inner[1:-2] & inner[2:-1])
    text_of = np.repeat(np.arange(len(texts), dtype=np.int32), [len(text) for text in folded])
    owners = np.concatenate((text_of[at_three], text_of[at_four]))
    grams = np.concatenate((three[at_three], four[at_four]))
    return grams, np.bincount(owners, minlength=len(texts)).astype(np.float32), owners


def _sieve_slot(grams: NDArray[np.uint32]) -> NDArray[np.uint32]:
    return (grams * _MIX[2]) >> np.uint32(32 - _SIEVE_BITS)


@lru_cache(maxsize=1)
def _letters() -> NDArray[np.uint32]:
    """Each code point as it is compared: itself within words, a space between them, one form of the Arabic variants.

    Above the basic plane all are one letter: rare ideographs, which the words' side tells apart.
    """
    inside = (character if is_word_character(character) else " " for character in map(chr, range(0x10000)))
    return np.array([ord(character.translate(ARABIC) or " ") for character in inside], np.uint32)
