"""Which script and language a text is in: enough to choose a stemmer and to know whether an embedder can read it."""

from __future__ import annotations

import tomllib
import unicodedata
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from .folding import fold

_SAMPLE = 4_000
# The names that Unicode gives characters begin with their script; several make up one writing system.
_WRITING = {"CJK": "HAN", "HIRAGANA": "KANA", "KATAKANA": "KANA", "KATAKANA-HIRAGANA": "KANA"}
# One language is by far the most written in these.
_BY_SCRIPT = {
    "HAN": "zh", "KANA": "ja", "HANGUL": "ko", "THAI": "th", "HEBREW": "he", "BENGALI": "bn", "TAMIL": "ta", "TELUGU": "te",
    "GEORGIAN": "ka", "ARMENIAN": "hy", "KHMER": "km", "LAO": "lo", "MYANMAR": "my", "ETHIOPIC": "am", "GUJARATI": "gu",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Language:
    code: str
    script: str
    stemmer: str
    small_words: frozenset[str]
    reckoning: frozenset[str]


@lru_cache(maxsize=1)
def languages() -> dict[str, Language]:
    """Code → language, of those in `languages.toml`."""
    rows = tomllib.loads((Path(__file__).parent / "languages.toml").read_text(encoding="utf-8"))
    return {code: _language(code, row) for code, row in rows.items()}


def _language(code: str, row: dict[str, str]) -> Language:
    small_words, reckoning = _listed(row["small_words"]), _listed(row.get("reckoning", ""))
    return Language(code, row["script"], row.get("stemmer", ""), small_words, reckoning)


def _listed(words: str) -> frozenset[str]:
    return frozenset(fold(words).split())


@lru_cache(maxsize=8_192)
def script_of(character: str) -> str:
    """The script of one letter ("LATIN", "ARABIC", "HAN"); "" for what is no letter."""
    if not character.isalpha():
        return ""
    first = unicodedata.name(character, "").split(" ", 1)[0]
    return _WRITING.get(first, first)


def scripts(text: str) -> dict[str, float]:
    """Share of each script among the letters, largest first."""
    counts = Counter(script for script in map(script_of, text[:_SAMPLE]) if script)
    total = counts.total()
    return {script: count / total for script, count in counts.most_common()}


def detect(text: str) -> str:
    """The language's code, or "" when it cannot be told. Languages of one script differ in their small words."""
    return _detect(text[:_SAMPLE])


@lru_cache(maxsize=256)
def _detect(text: str) -> str:
    shares = scripts(text)
    if not shares:
        return ""
    script = next(iter(shares))
    if shares.get("KANA", 0.0) > 0.1:
        return "ja"
    if script in _BY_SCRIPT:
        return _BY_SCRIPT[script]
    words = Counter(fold(text).split())
    scored = {
        language.code: sum(count for word, count in words.items() if word in language.small_words)
        for language in languages().values()
        if language.script == script
    }
    best = max(scored, key=lambda code: scored[code], default="")
    return best if best and scored[best] else ""
