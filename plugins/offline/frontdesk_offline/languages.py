"""Which language a customer writes, and what the answerer says in it. The table is languages.toml."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal

import regex

from .words import fold, stems, tokens

SmallTalk = Literal["greeting", "thanks", "bye"]
KINDS: dict[SmallTalk, str] = {"greeting": "greetings", "thanks": "thanking", "bye": "parting"}
"""The reply's key in the table, and that of the phrases it answers."""
DEFAULT = "en"
RANKS = 1500
"""Words rarer than this rank in the list of frequent words count in full."""

SCRIPTS = {
    script: regex.compile(rf"\p{{{script}}}")
    for script in ("Latin", "Arabic", "Hebrew", "Cyrillic", "Greek", "Devanagari", "Thai", "Han")
}
BY_SCRIPT: dict[str, tuple[str, ...]] = {
    "Arabic": ("ar", "fa", "ur"),
    "Hebrew": ("he",),
    "Cyrillic": ("ru",),
    "Greek": ("el",),
    "Devanagari": ("hi",),
    "Thai": ("th",),
    "Han": ("zh",),
    "Latin": ("en", "fr", "de", "es", "pt", "it", "tr", "ro", "vi"),
}
CLAUSE = regex.compile(r"(?<=[,;.!?،؛؟。！？，\n])", regex.VERSION1)
PLAIN = regex.compile(r"[\p{L}\p{M}\p{N}]+")
FREQUENT = 60
"""How many of the most frequent words of a language speak for it, the first most."""
HINT_VOTE = 1.0
LETTER_VOTE = 0.7


@dataclass(frozen=True, slots=True)
class Language:
    """One row of the table, ready to use: phrases are folded."""

    code: str
    enough: float
    stemmer: str
    unknown: str
    replies: dict[SmallTalk, str]
    by_length: tuple[tuple[str, SmallTalk], ...]
    """Polite phrases, longest first."""
    fillers: frozenset[str]
    letters: frozenset[str]
    """Letters that its neighbours in the same script hardly use."""
    amounts: tuple[str, ...]
    alike: dict[str, frozenset[str]]
    """Stem → stems that may stand for it."""
    ranks: dict[str, int]
    """Folded word → how many words of the language are more frequent."""
    own_words: frozenset[str]
    """Words that speak for the language: fillers, polite words, question words."""

    def stems(self, text: str) -> list[str]:
        return stems(text, self.stemmer)

    def weight(self, token: str) -> float:
        """0…1: how much a word of a question says about its subject (Zipf: the logarithm of its rank)."""
        if token in self.fillers:
            return 0.0
        rank = self.ranks.get(token, RANKS)
        return min(1.0, math.log1p(rank) / math.log1p(RANKS))

    def asks_amount(self, question: str) -> bool:
        """Whether a number, a time or a price is asked for."""
        text = f" {_plain(question)} "
        return any(phrase in text for phrase in self.amounts)


@cache
def table() -> dict[str, Language]:
    rows = tomllib.loads(files(__package__).joinpath("languages.toml").read_text(encoding="utf-8"))
    return {code: _language(code, row) for code, row in rows.items()}


def _language(code: str, row: dict) -> Language:
    small_talk: dict[str, SmallTalk] = {}
    for kind, phrases in KINDS.items():
        small_talk |= {_plain(phrase): kind for phrase in row[phrases]}
    spaced = bool(row.get("list"))
    return Language(
        code=code,
        enough=row["enough"],
        stemmer=row.get("stemmer", ""),
        unknown=row["unknown"],
        replies={kind: row[kind] for kind in KINDS},
        by_length=tuple(sorted(small_talk.items(), key=lambda item: -len(item[0]))),
        fillers=frozenset(token for word in (*row["fillers"], *_single_words(small_talk)) for token in tokens(word)),
        letters=frozenset(row.get("letters", "")),
        amounts=tuple(f" {_plain(phrase)} " if spaced else _plain(phrase) for phrase in row["amounts"]),
        alike=_alike(row["alike"], row.get("stemmer", "")),
        ranks=_ranks(row["list"]) if spaced else {},
        own_words=frozenset(token for phrase in (*small_talk, *row["fillers"], *row["amounts"]) for token in tokens(phrase)),
    )


def _alike(groups: list[list[str]], stemmer: str) -> dict[str, frozenset[str]]:
    by_stem = [frozenset(stem for word in group for stem in stems(word, stemmer)) for group in groups]
    return {stem: group for group in by_stem for stem in group}


def _ranks(name: str) -> dict[str, int]:
    """justext's lists are counted on Wikipedia and sorted by frequency; only its file is read, the library is not used."""
    words = files("justext").joinpath("stoplists", f"{name}.txt").read_text(encoding="utf-8").split()
    ranks: dict[str, int] = {}
    for word in words:
        for token in tokens(word):
            ranks.setdefault(token, len(ranks))
    return ranks


def _single_words(phrases: Iterable[str]) -> list[str]:
    return [phrase for phrase in phrases if len(tokens(phrase)) == 1]


def _plain(phrase: str) -> str:
    return " ".join(PLAIN.findall(fold(phrase)))


def script_of(text: str) -> str:
    """The script most letters of a text are in, "" when it is none of the table's."""
    counts = {script: len(pattern.findall(text)) for script, pattern in SCRIPTS.items()}
    best = max(counts, key=counts.__getitem__)
    return best if counts[best] else ""


def detect(text: str, hint: str = "") -> Language:
    """The language of a text by script and frequent words; `hint` (a BCP 47 tag) decides where the text does not."""
    languages = table()
    hinted = regex.split("[-_]", hint.lower())[0]
    candidates = BY_SCRIPT.get(script_of(text), ())
    default = hinted if hinted in candidates or (hinted in languages and not candidates) else next(iter(candidates), DEFAULT)
    if len(candidates) < 2:
        return languages[default]
    words = tokens(text)
    letters = set(text.casefold())
    votes = {code: sum(_vote(languages[code], word) for word in words) for code in candidates}
    for code in candidates:
        votes[code] += LETTER_VOTE * len(letters & languages[code].letters)
    votes[default] += HINT_VOTE if hinted == default else 0
    best = max(votes, key=votes.__getitem__)
    return languages[best if votes[best] > votes[default] else default]


def _vote(language: Language, token: str) -> float:
    if token in language.own_words:
        return 1.0
    return 1.0 - min(1.0, language.ranks.get(token, RANKS) / FREQUENT)


def small_talk(text: str, language: Language) -> SmallTalk | None:
    """What kind of politeness a message is, when it is nothing else."""
    rest = _plain(text)
    found: SmallTalk | None = None
    for phrase, kind in language.by_length:
        position = rest.find(phrase)
        if position < 0 or (language.ranks and f" {phrase} " not in f" {rest} "):
            continue
        rest = f"{rest[:position]} {rest[position + len(phrase) :]}".strip()
        found = kind if found in (None, "greeting") else found
    return found if not rest.strip() else None


def without_small_talk(text: str, language: Language) -> str:
    """A message without the clauses that are nothing but polite: "Hi there, are you open? Thanks!" asks one thing."""
    return "".join(clause for clause in CLAUSE.split(text) if not small_talk(clause, language))
