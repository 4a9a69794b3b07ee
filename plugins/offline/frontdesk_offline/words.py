"""Words as the answerer compares them: folded, stemmed where there is a stemmer, n-grams where a script has no spaces."""

from __future__ import annotations

import math
import threading
import unicodedata
from functools import cache

import regex
import Stemmer

UNSPACED = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]+")
IDEOGRAPHIC = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}]")
TOKEN = regex.compile(r"[\p{L}\p{M}\p{N}]+(?:[.,:]\p{N}+)*")
ARABIC_LETTERS = str.maketrans(
    {"أ": "ا", "إ": "ا", "آ": "ا", "ٱ": "ا", "ى": "ي", "ة": "ه", "ی": "ي", "ک": "ك", "ـ": None, "\u200c": None}
)
FOLDED_MARKS = regex.compile(r"(?<=[\p{Latin}\p{Greek}\p{Cyrillic}\p{Arabic}\p{Hebrew}]\p{M}*)\p{M}")


def fold(text: str) -> str:
    """Lower case, one form of each letter, western digits; accents and vowel marks gone where a writer may leave them out."""
    text = unicodedata.normalize("NFKC", text).casefold().replace("ı", "i").translate(ARABIC_LETTERS)
    text = unicodedata.normalize("NFC", FOLDED_MARKS.sub("", unicodedata.normalize("NFD", text)))
    return "".join(str(unicodedata.decimal(letter)) if letter.isdecimal() else letter for letter in text)


def tokens(text: str) -> list[str]:
    """Folded words, not stemmed. A run of a script without spaces becomes its overlapping pairs (Thai: threes)."""
    found: list[str] = []
    for match in TOKEN.finditer(fold(text)):
        word = match.group()
        if not UNSPACED.search(word):
            found.append(word)
            continue
        position = 0
        for run in UNSPACED.finditer(word):
            found += [word[position : run.start()]] * (run.start() > position)
            found += ngrams(run.group())
            position = run.end()
        found += [word[position:]] * (position < len(word))
    return found


def ngrams(run: str) -> list[str]:
    size = 3 if "\u0e00" <= run[0] <= "\u0e7f" else 2
    return [run[start : start + size] for start in range(max(1, len(run) - size + 1))]


def triples(token: str) -> frozenset[str]:
    """Letters by three, the edges marked, to find words that are alike. An n-gram stays whole."""
    if UNSPACED.search(token):
        return frozenset({token})
    padded = f"_{token}_"
    return frozenset(padded[start : start + 3] for start in range(max(1, len(padded) - 2)))


def count(text: str) -> int:
    """How long a text feels, in words; of scripts without spaces two characters count as one, of Thai and its like four."""
    runs = [run.group() for run in UNSPACED.finditer(text)]
    unspaced = sum(math.ceil(len(run) / (2 if IDEOGRAPHIC.search(run) else 4)) for run in runs)
    return len(UNSPACED.sub(" ", text).split()) + unspaced


class _Stemmers(threading.local):
    """One stemmer a language and thread: PyStemmer's are not safe to share."""

    def __init__(self) -> None:
        self.named = cache(Stemmer.Stemmer)


_stemmers = _Stemmers()


def stems(text: str, algorithm: str = "") -> list[str]:
    """Tokens, stemmed when `algorithm` names a Snowball stemmer."""
    found = tokens(text)
    return _stemmers.named(algorithm).stemWords(found) if algorithm else found
