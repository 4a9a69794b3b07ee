"""How well the pieces of the passages answer a question: words in common, meaning, and the passage's own rank."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import regex
from numpy.typing import NDArray

from frontdesk.sdk.values import Passage

from .days import days_in
from .languages import Language, script_of
from .sentences import Piece, pieces
from .words import fold, tokens, triples

Scores = NDArray[np.float64]
Compare = Callable[[str, Sequence[str]], Sequence[NDArray[np.floating]]]
"""How near each text comes in meaning to each token of a question, −1…1."""

# Tuned on the tuning questions of SQuAD and XQuAD (tests/benchmarks/offline_answers.py).
MEANING, TOGETHER, RANK, PASSAGE, AMOUNT, TITLE = 2.0, 1.0, 0.6, 0.3, 0.2, 0.6
FROM_BEFORE, FROM_AFTER = 0.2, 0.1
SIMILAR = 0.5
"""A word is in a piece in part when this share of its letter triples is: Arabic prefixes, compounds, spelling mistakes."""
ALIKE = 0.8
"""What a word counts that only stands for the one in the question: "opening hours" for "closed"."""
COMPOUND = regex.compile(r"\p{L}+(?:-\p{L}+)+")
COMPARED = 10
"""Only the best pieces by words are compared by meaning, to answer within milliseconds."""
PASSAGES = 5
EARLIER, SHORT_QUESTION = 0.4, 1.2
"""A question that says less than SHORT_QUESTION words' worth borrows from the one before, at this weight."""
BRIEF, FULL_QUESTION = 0.32, 4.0
"""Short questions have less to go by: each word's worth that is missing to FULL_QUESTION lowers the bar by BRIEF."""
SENSE = 4.0
"""What likeness in meaning counts in `strength`, the words named counting 1; fitted on questions with and without an answer."""
CONFIDENCE, SUREST = 0.1, 5.0
"""What the logit of the host's confidence counts for the bar, and how large it can be."""
DIGIT = regex.compile(r"\p{N}")


@dataclass(frozen=True, slots=True)
class Question:
    """A customer's question: stem → weight 0…1, and the letter triples of each."""

    text: str
    language: Language
    weights: dict[str, float]
    triples: dict[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class Evidence:
    """Pieces with their scores (comparable within one question) and `strength`, comparable between questions."""

    pieces: list[Piece]
    scores: Scores
    coverage: Scores
    """0…1 a piece: how much of what is asked it names."""
    strength: float
    meaning: bool
    """Whether the embedder could help; strength is higher with it."""


def read_question(text: str, earlier: str, language: Language) -> Question:
    """`earlier` is the customer's message before, "" for none."""
    weights, grams = _weigh(text, language)
    if earlier and sum(weights.values()) < SHORT_QUESTION:
        before, more = _weigh(earlier, language)
        weights = {stem: EARLIER * weight for stem, weight in before.items()} | weights
        grams = more | grams
        text = f"{earlier} {text}"
    return Question(text, language, weights, grams)


def _weigh(text: str, language: Language) -> tuple[dict[str, float], dict[str, frozenset[str]]]:
    weights: dict[str, float] = {}
    grams: dict[str, frozenset[str]] = {}
    for token, stem in zip(tokens(text), language.stems(text), strict=True):
        weights[stem] = max(weights.get(stem, 0.0), language.weight(token))
        grams[stem] = triples(token)
    if not any(weights.values()):
        # "Where are you?" has nothing but a question word; what that stands for is in the table.
        weights = {stem: float(stem in language.alike) for stem in weights}
    return weights, grams


class Matcher:
    """Which words of a question a text holds: a row of 0…1, one number a word, in the order of `weights`."""

    def __init__(self, question: Question) -> None:
        self.question = question
        self.language = question.language

    def row(self, text: str) -> list[float]:
        # "Wi-Fi" is also found by "wifi".
        compounds = [compound.replace("-", "") for compound in COMPOUND.findall(text)]
        text = " ".join([text, *compounds, *days_in(text, self.language.code)])
        stems = set(self.language.stems(text))
        letters = frozenset().union(*(triples(token) for token in tokens(text)))
        return [1.0 if stem in stems else self._similar(stem, stems, letters) for stem in self.question.weights]

    def _similar(self, stem: str, stems: set[str], letters: frozenset[str]) -> float:
        if not stems.isdisjoint(self.language.alike.get(stem, ())):
            return ALIKE
        own = self.question.triples[stem]
        share = len(own & letters) / len(own)
        return share if share >= SIMILAR else 0.0


def weigh(question: Question, passages: Sequence[Passage], compare: Compare) -> Evidence | None:
    """Score every piece of the first passages; None when there is nothing to quote or nothing was asked."""
    passages = passages[:PASSAGES]
    found = _distinct(piece for number, passage in enumerate(passages) for piece in pieces(passage.text, number))
    weights = np.array(list(question.weights.values()))
    if not found or not weights.sum():
        return None
    matcher = Matcher(question)
    rows = np.array([matcher.row(f"{piece.heading} {piece.text}") for piece in found])
    titles = TITLE * np.array([matcher.row(passage.title) for passage in passages])
    whole = np.array([matcher.row(f"{passage.title} {passage.text}") for passage in passages])
    owner = np.array([piece.passage for piece in found])

    rare = weights * _rarity(rows)
    overlap = np.maximum(rows, titles[owner]) @ rare / rare.sum()
    scores = overlap + RANK * _prior(passages)[owner] + PASSAGE * (whole @ rare / rare.sum())[owner]
    if question.language.asks_amount(question.text):
        scores += AMOUNT * np.array([bool(DIGIT.search(piece.text)) for piece in found])
    near = _near(question, found, scores, compare)
    coverage = rows @ weights / weights.sum()
    if near:
        likeness = np.array([near[index].mean() if index in near else -1.0 for index in range(len(found))])
        more = _from_before(found, near)
        scores += MEANING * likeness + TOGETHER * more
        strength = np.max(coverage + SENSE * (likeness + more))
    else:
        scores += _neighbours(found, overlap)
        best = int(np.argmax(scores))
        strength = coverage[best] + (whole @ weights / weights.sum())[owner[best]]
    return Evidence(found, scores, coverage, float(strength), bool(near))


def _distinct(found: Iterable[Piece]) -> list[Piece]:
    """Overlapping passages hold the same sentence twice; the first one stays."""
    unique: dict[str, Piece] = {}
    for piece in found:
        unique.setdefault(fold(f"{piece.heading} {piece.text}"), piece)
    return list(unique.values())


def _rarity(rows: Scores) -> Scores:
    """BM25's inverse document frequency, over the pieces."""
    holding = (rows > SIMILAR).sum(axis=0)
    return np.log1p((len(rows) - holding + 0.5) / (holding + 0.5))


def _prior(passages: Sequence[Passage]) -> Scores:
    scores = np.array([max(0.0, passage.score) for passage in passages])
    top = scores.max()
    return scores / top if top > 0 else 1 / (1 + np.arange(len(passages)))


def _neighbours(found: Sequence[Piece], overlap: Scores) -> Scores:
    """A sentence that goes on from one that matches better ("It opens at nine.") is given a part of it."""
    extra = np.zeros(len(found))
    for first, (piece, following) in enumerate(zip(found, found[1:], strict=False)):
        if piece.passage == following.passage and piece.place + 1 == following.place:
            gap = overlap[first] - overlap[first + 1]
            extra[first + 1] += FROM_BEFORE * max(0.0, gap)
            extra[first] += FROM_AFTER * max(0.0, -gap)
    return extra


def _near(question: Question, found: Sequence[Piece], scores: Scores, compare: Compare) -> dict[int, NDArray[np.floating]]:
    """How near the best pieces come to each token of the question; empty where the model does not know the script."""
    if script_of(question.text) != "Latin":
        return {}
    best = [int(index) for index in np.argsort(-scores)[:COMPARED] if script_of(found[index].text) in ("Latin", "")]
    texts = [_in_full(found[index], question.language.code) for index in best]
    return dict(zip(best, compare(question.text, texts), strict=True)) if best else {}


def _from_before(found: Sequence[Piece], near: Mapping[int, NDArray[np.floating]]) -> Scores:
    """How much nearer a sentence comes together with the one before, which says what "it" is, or when and where that was."""
    more = np.zeros(len(found))
    for index, row in near.items():
        piece, before = found[index], found[index - 1]
        follows = (before.passage, before.place + 1) == (piece.passage, piece.place)
        if follows and index - 1 in near and not piece.is_line:
            more[index] = np.maximum(row, near[index - 1]).mean() - row.mean()
    return more


def _in_full(piece: Piece, code: str) -> str:
    """With its heading, and with the days that it means without naming them."""
    text = f"{piece.heading}: {piece.text}" if piece.heading else piece.text
    return " ".join([text, *days_in(text, code)])


def is_enough(evidence: Evidence, question: Question, confidence: float | None) -> bool:
    """Whether to answer. The host's confidence (0…1, it has seen the whole knowledge) moves the bar a little either way."""
    if confidence is not None and confidence <= 0:
        return False
    bar = question.language.enough - (0.0 if confidence is None else CONFIDENCE * _logit(confidence))
    if evidence.meaning:
        bar -= BRIEF * max(0.0, FULL_QUESTION - sum(question.weights.values()))
    return evidence.strength >= bar


def _logit(confidence: float) -> float:
    """−SUREST…SUREST; differences between 0.95 and 0.99 tell as much as those between 0.6 and 0.9."""
    within = min(max(confidence, 1e-6), 1 - 1e-6)
    return min(max(math.log(within / (1 - within)), -SUREST), SUREST)
