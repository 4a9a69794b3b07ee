"""Pieces of words: what finds inflected, compound and misspelt words in any language, without a stemmer.

Scored over the candidates only, with the document frequencies among them: on the tuning questions as good as an index
over all passages (docs/measurements/knowledge.md), and it needs none; that index would be the largest thing we store.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from .folding import FORMS, is_word_character

K1 = 1.2
B = 0.75
# Among the letters of texts, numbered by a question: letters that it does not have, what is no letter, marks that are left out.
_OTHER, _SPACE, _NOTHING = 0, 1, 2
_FIRST = 3
# Whose small letters are two, or depend on what follows. All others are looked up with the code points (`_letters`).
_DOTTED_I, _SIGMA = "İ", "Σ"
Numbers = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Counts:
    """How often each gram of a question (columns) stands in each text (rows), and how many grams each text has."""

    table: NDArray[np.float32]
    lengths: NDArray[np.float32]

    def of(self, texts: Sequence[int]) -> Counts:
        """Those of some of the texts."""
        rows = np.asarray(texts, np.intp)
        return Counts(self.table[rows], self.lengths[rows])


def count(question: str, texts: Sequence[str]) -> Counts:
    """The 3- and 4-grams of the question's words, in some texts."""
    asked = _asked(question)
    if not asked.grams or not texts:
        return Counts(np.zeros((len(texts), asked.grams), np.float32), np.zeros(len(texts), np.float32))
    codes, starts = _codes(texts, asked.letters)
    inner = codes != _SPACE
    # Three letters stand around each letter of a word, four around each two.
    around = inner.astype(np.uint8)
    around[1:] += inner[1:] & inner[:-1]
    lengths = np.add.reduceat(around, starts, dtype=np.int32)
    places, grams = asked.find(codes)
    owners = np.searchsorted(starts, places, side="right") - 1
    found = np.bincount(owners * asked.grams + grams, minlength=len(texts) * asked.grams)
    return Counts(found.reshape(len(texts), asked.grams).astype(np.float32), lengths.astype(np.float32))


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


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question's grams as tables that are walked letter by letter: two letters have a number, these and a third, and a fourth.

    `letters` numbers each code point. In the other tables 0 stands for what is not in the question.
    """

    letters: Numbers
    alphabet: int
    twos: Numbers
    threes: Numbers
    fours: Numbers

    @property
    def grams(self) -> int:
        return int(self.threes.max() + self.fours.max())

    def find(self, codes: Numbers) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Where in a text the grams of the question begin, and which."""
        two = self.twos.take(codes[:-1] * self.alphabet + codes[1:])
        at = np.flatnonzero(two != 0)
        at_three, three = self._longer(self.threes, codes, at, two[at], 2)
        at_four, four = self._longer(self.fours, codes, at_three, three, 3)
        return np.concatenate((at_three, at_four)), np.concatenate((three - 1, four - 1 + self.threes.max()))

    def _longer(
        self, table: Numbers, codes: Numbers, at: NDArray[np.intp], shorter: Numbers, length: int
    ) -> tuple[NDArray[np.intp], Numbers]:
        """Which of the grams found so far go on as the question does. Behind the last letter comes a space."""
        longer = table.take(shorter * self.alphabet + codes.take(at + length, mode="clip"))
        kept = np.flatnonzero(longer != 0)
        return at[kept], longer[kept]


# Both sides of a search count the same question.
@lru_cache(maxsize=16)
def _asked(question: str) -> _Asked:
    plain, _starts = _codes([question], _letters())
    own = np.unique(plain[plain >= _FIRST]).tolist()
    letters, alphabet = _others().copy(), _FIRST + len(own)
    for number, letter in enumerate(own, _FIRST):
        letters[_written_as()[letter]] = number
    codes, _starts = _codes([question], letters)
    inner = codes != _SPACE
    at = np.flatnonzero(inner[1:-1])
    keys = codes[at] * alphabet + codes[at + 1]
    twos = _numbered(keys, alphabet**2)
    keys = twos[keys] * alphabet + codes[at + 2]
    threes = _numbered(keys, (int(twos.max()) + 1) * alphabet)
    goes_on = inner[at + 2]
    keys = threes[keys[goes_on]] * alphabet + codes[at[goes_on] + 3]
    return _Asked(letters, alphabet, twos, threes, _numbered(keys, (int(threes.max()) + 1) * alphabet))


def _numbered(keys: Numbers, size: int) -> Numbers:
    """A table with 1, 2, … at the keys."""
    distinct = np.unique(keys)
    table = np.zeros(size, np.int32)
    table[distinct] = np.arange(1, distinct.size + 1)
    return table


def _codes(texts: Sequence[str], letters: Numbers) -> tuple[Numbers, NDArray[np.int64]]:
    """The letters of all texts one after another, a space at both ends of each, and where each text begins.

    No gram reaches from one text into the next: two spaces stand between them.
    """
    folded = [f" {_lowered(unicodedata.normalize('NFKC', text))} " for text in texts]
    points = np.frombuffer("".join(folded).encode("utf-32-le", "replace"), np.uint32)
    starts = np.cumsum([0, *(len(text) for text in folded[:-1])])
    codes = letters.take(points, mode="clip")
    kept = codes != _NOTHING
    if kept.all():
        return codes, starts
    return codes[kept], starts - np.cumsum(~kept)[starts]


def _lowered(text: str) -> str:
    return text.lower() if _DOTTED_I in text or _SIGMA in text else text


@lru_cache(maxsize=1)
def _letters() -> Numbers:
    """Each code point as it is compared: a small letter within words, a space between them, as `folding` says where there are
    variants.

    Above the basic plane all are one letter: rare ideographs, which the words' side tells apart.
    """
    return np.array([_letter(character) for character in map(chr, range(0x10000))], np.int32)


def _letter(character: str) -> int:
    if not is_word_character(character) and character != "ـ":
        return _SPACE
    small = character if character in {_DOTTED_I, _SIGMA} else character.lower()
    folded = small.translate(FORMS)
    return ord(folded) if folded else _NOTHING


@lru_cache(maxsize=1)
def _others() -> Numbers:
    """The numbers of code points for a question without letters."""
    return np.where(_letters() < _FIRST, _letters(), _OTHER).astype(np.int32)


@lru_cache(maxsize=1)
def _written_as() -> dict[int, list[int]]:
    """Letter → the code points that are compared as it."""
    written: dict[int, list[int]] = {}
    for point, letter in enumerate(_letters().tolist()):
        written.setdefault(letter, []).append(point)
    return written
