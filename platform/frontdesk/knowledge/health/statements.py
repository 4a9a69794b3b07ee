"""A sentence as something that another sentence can contradict: what it is about, its values, and yes or no."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from ..lexical.languages import languages
from ..lexical.terms import terms, words
from ..sentences import sentences
from .values import Value, values_of
from .vocabulary import vocabulary

# Characters: a longer "sentence" is a list or a table's row of many columns, which is not one statement.
LONGEST = 400
MOST_TERMS = 40


@dataclass(frozen=True, slots=True)
class Statement:
    """`subject`: stems of its words. `poles`: of a pair of opposites, whether the yes side is meant."""

    passage: int
    source: int
    text: str
    subject: frozenset[str]
    values: frozenset[Value]
    poles: Mapping[int, bool]
    negated: bool
    days: frozenset[str]


def statements_of(passage: int, source: int, text: str, language: str) -> Iterator[Statement]:
    """The statements of a passage; headings, long lists and sentences about nothing are left out."""
    for sentence in _sentences(text):
        if len(sentence) <= LONGEST and not sentence.endswith(("?", "؟", "？")):
            statement = _read(passage, source, sentence, language)
            if 0 < len(statement.subject) <= MOST_TERMS:
                yield statement


def _sentences(text: str) -> Iterator[str]:
    """A row of a table is one: "Item: Cappuccino; Price: 3.50 €"."""
    for line in text.splitlines():
        yield from [line.strip()] if "; " in line and ": " in line else sentences(line)


def _read(passage: int, source: int, sentence: str, language: str) -> Statement:
    known = vocabulary(language)
    values = values_of(sentence, language)
    said = words(values.rest)
    negated = sum(word in known.no for word in said) % 2 == 1
    poles = {known.poles[word][0]: known.poles[word][1] != negated for word in said if word in known.poles}
    skipped = known.no | known.poles.keys() | known.numbers.keys()
    subject = {stem for word in said if word not in skipped for stem in _stems(word, language)}
    subject |= values.names | {value.unit for value in values.found if value.kind == "count" and value.unit}
    return Statement(passage, source, sentence, frozenset(subject), values.found, poles, negated, known.weekdays & set(said))


@lru_cache(maxsize=100_000)
def _stems(word: str, language: str) -> tuple[str, ...]:
    return tuple(terms(word, language if language in languages() else ""))
