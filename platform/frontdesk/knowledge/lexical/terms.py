"""Text → terms: folded, stemmed words; overlapping pieces where a script has no spaces between words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from hashlib import blake2b
from itertools import zip_longest
from threading import local

import Stemmer

from .arabic import light_stem
from .folding import fold
from .languages import detect, languages, script_of

_MARKS = "".join(character for character in map(chr, range(0x300, 0xFFFF)) if unicodedata.category(character) in {"Mn", "Mc"})
WORD = re.compile(rf"[^\W_][\w{re.escape(_MARKS)}]*(?:['’][^\W_]+)*")
_SPACELESS = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
_RUN = re.compile(f"[{_SPACELESS}]+|[^{_SPACELESS}]+")
_KEEP_MARKS = frozenset({"vi", "hi", "ne"})
_stemmers = local()


def words(text: str) -> list[str]:
    """The words of a text, folded but not stemmed."""
    return WORD.findall(fold(text))


def terms(text: str, language: str) -> list[str]:
    """What is counted of a text in a language, in order, with repetitions."""
    return [term for word in words(text) for term in _of_word(word, language)]


def query_terms(text: str, spoken: Iterable[str]) -> list[tuple[str, ...]]:
    """A question's terms; each with its forms in every language that the passages are in, because its own is uncertain."""
    asked_in = detect(text)
    candidates = sorted({*spoken, asked_in})
    groups: dict[tuple[str, ...], None] = {}
    for word in words(text):
        if asked_in in languages() and word in languages()[asked_in].small_words:
            continue
        script = script_of(word[0])
        of_script = [code for code in candidates if code in languages() and languages()[code].script == script] or [""]
        forms = [form for form in (_of_word(word, code) for code in of_script) if form]
        for alternatives in zip_longest(*forms):
            groups[tuple(dict.fromkeys(filter(None, alternatives)))] = None
    return list(groups)


@lru_cache(maxsize=200_000)
def _of_word(word: str, language: str) -> tuple[str, ...]:
    known = languages().get(language)
    if known and word in known.small_words:
        return ()
    if len(word) > 60:
        word = word[:60]
    found: list[str] = []
    for run in _RUN.findall(word):
        if re.match(f"[{_SPACELESS}]", run):
            size = 2 if script_of(run[0]) in {"HAN", "KANA"} else 3
            found += [run[start : start + size] for start in range(max(1, len(run) - size + 1))]
        else:
            found.append(_stem(run, language))
            if language == "ar" and (light := light_stem(run)) != found[-1]:
                found.append(light)
    return tuple(term for term in found if term)


def _stem(word: str, language: str) -> str:
    known = languages().get(language)
    if language == "en":
        word = re.split("['’]", word)[0]
    if known and known.stemmer:
        word = _stemmer(known.stemmer).stemWord(word)
    if language in _KEEP_MARKS:
        return word
    return "".join(character for character in unicodedata.normalize("NFD", word) if unicodedata.category(character) != "Mn")


def _stemmer(algorithm: str) -> Stemmer.Stemmer:
    """Stemmers keep state while they work, so each thread has its own."""
    kept = _stemmers.__dict__.setdefault("kept", {})
    if algorithm not in kept:
        kept[algorithm] = Stemmer.Stemmer(algorithm)
    return kept[algorithm]


@lru_cache(maxsize=500_000)
def term_id(term: str) -> int:
    """A term as a signed 64-bit number."""
    return int.from_bytes(blake2b(term.encode(), digest_size=8).digest(), "big", signed=True)
