"""Answers a question by quoting: one to three sentences of the passages with their sources, or an honest "I don't know"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby

import numpy as np

from frontdesk.sdk.values import ChatRequest, Passage

from .evidence import Compare, Evidence, Question, is_enough, read_question, weigh
from .excerpts import excerpt
from .flags import without_denied
from .languages import detect, small_talk, without_small_talk
from .sentences import Piece
from .words import count, fold

LONGEST_QUESTION = 2000
"""Characters of a message that are read; who sends more does not keep others waiting."""
WORDS = 60
SENTENCES, LINES = 3, 8
NEIGHBOUR = 0.2
"""What standing next to a chosen sentence adds to the score of another."""
ALSO, BEFORE = 0.6, 0.8
"""The shares of the best score that a further piece must reach, to be said and to be said before the best one."""
AS_GOOD = 0.9
"""The share of what the best row names that a further row must name."""


@dataclass(frozen=True, slots=True)
class Reply:
    """The text of an answer and the ids of the passages it quotes."""

    text: str
    cited: tuple[int, ...] = ()


def answer(request: ChatRequest, compare: Compare) -> Reply:
    """The reply to the last message of the customer."""
    said = [message.text[:LONGEST_QUESTION] for message in request.messages if message.role == "user" and message.text.strip()]
    text = said[-1] if said else ""
    language = detect(text, request.language or detect(" ".join(said)).code)
    if kind := small_talk(text, language):
        return Reply(language.replies[kind])
    if not text:
        return Reply(language.replies["greeting"])
    question = read_question(without_small_talk(text, language), said[-2] if len(said) > 1 else "", language)
    evidence = weigh(question, request.passages, compare)
    if evidence is None or not is_enough(evidence, question, request.confidence):
        return Reply(language.unknown)
    return compose(choose(only_fitting_rows(evidence, question), question), request.passages)


def only_fitting_rows(evidence: Evidence, question: Question) -> Evidence:
    """Of rows that name what is asked equally well, those that do not say no to it. A row that is asked for by name stays."""
    best = int(np.argmax(evidence.scores))
    if not evidence.pieces[best].is_line:
        return evidence
    rivals = [index for index in range(len(evidence.pieces)) if _may_join(evidence, index, best)]
    if len(rivals) < 2:
        return evidence
    keep = without_denied(question, [evidence.pieces[index].text for index in rivals])
    scores = evidence.scores.copy()
    scores[[index for index, kept in zip(rivals, keep, strict=True) if not kept]] = -np.inf
    return replace(evidence, scores=scores)


def choose(evidence: Evidence, question: Question) -> list[Piece]:
    """The best piece and those that add to it, within WORDS: what is said before it only when it is nearly as good. Of a further
    sentence that does not fit, a part.
    """
    found, best = list(evidence.pieces), int(np.argmax(evidence.scores))
    chosen = [best, *_answer_to(found, best)]
    used = sum(count(found[index].text) for index in chosen)
    most = LINES if found[best].is_line else SENTENCES
    while len(chosen) < most:
        fitting = ((index, _fitted(found[index], WORDS - used, question)) for index in _also(evidence, best, chosen))
        index, piece = next(((index, piece) for index, piece in fitting if piece), (-1, None))
        if piece is None:
            break
        used += count(piece.text)
        found[index] = piece
        chosen.append(index)
    return [found[index] for index in sorted(chosen, key=lambda index: _turn(evidence, index, best))]


def _also(evidence: Evidence, best: int, chosen: Sequence[int]) -> list[int]:
    """What may be said besides the chosen pieces, best first."""
    found, scores = evidence.pieces, evidence.scores
    beside = [found[index] for index in chosen]
    ranked = [
        (scores[index] + NEIGHBOUR * _is_beside(piece, beside), index)
        for index, piece in enumerate(found)
        if index not in chosen and _may_join(evidence, index, best) and not _asks(piece)
    ]
    return [index for score, index in sorted(ranked, reverse=True) if score >= ALSO * scores[best]]


def _fitted(piece: Piece, room: int, question: Question) -> Piece | None:
    """The piece, or a part of a sentence, of at most `room` words."""
    if count(piece.text) <= room:
        return piece
    part = "" if piece.is_line else excerpt(piece.text, room, question)
    return replace(piece, text=part) if part else None


def _turn(evidence: Evidence, index: int, best: int) -> tuple[bool, int, bool, int]:
    """Reading order, the best piece's passage first; an answer does not begin with what is only beside the point."""
    piece, first = evidence.pieces[index], evidence.pieces[best]
    beside = not piece.is_line and piece.place < first.place and evidence.scores[index] < BEFORE * evidence.scores[best]
    return piece.passage != first.passage, piece.passage, beside and piece.passage == first.passage, piece.place


def _asks(piece: Piece) -> bool:
    """A question in a list of questions and answers is no answer to anybody."""
    return piece.text.rstrip().endswith(("?", "؟", "？"))


def _answer_to(found: Sequence[Piece], index: int) -> list[int]:
    """The sentence after a question that fits what was asked."""
    following = index + 1
    if not _asks(found[index]) or following >= len(found):
        return []
    beside = found[following].passage == found[index].passage and found[following].place == found[index].place + 1
    return [following] if beside else []


def _is_beside(piece: Piece, chosen: Sequence[Piece]) -> bool:
    return any(piece.passage == other.passage and abs(piece.place - other.place) == 1 for other in chosen)


def _may_join(evidence: Evidence, index: int, best: int) -> bool:
    """Sentences join sentences, from elsewhere only when they name something asked; rows join rows that fit as well."""
    piece, first = evidence.pieces[index], evidence.pieces[best]
    if piece.is_line or first.is_line:
        same_table = piece.is_line and first.is_line and (piece.passage, piece.heading) == (first.passage, first.heading)
        return same_table and evidence.coverage[index] >= AS_GOOD * evidence.coverage[best]
    return piece.passage == first.passage or evidence.coverage[index] > 0


def compose(chosen: Sequence[Piece], passages: Sequence[Passage]) -> Reply:
    """The quotes, each followed by the number of its passage in brackets."""
    cited = tuple(dict.fromkeys(passages[piece.passage].id for piece in chosen))
    if len(chosen) > 1 and chosen[0].is_line:
        heading = [f"{chosen[0].heading}:"] if chosen[0].heading else []
        return Reply("\n".join([*heading, *(f"- {piece.text} {_marker(piece)}" for piece in chosen)]), cited)
    quotes = []
    for _, group in groupby(chosen, key=lambda piece: piece.passage):
        together = list(group)
        quotes.append(f"{' '.join(_readable(piece) for piece in together)} {_marker(together[0])}")
    return Reply(" ".join(quotes), cited)


def _readable(piece: Piece) -> str:
    """A row that stands alone is shown with its heading, unless it says the same."""
    if piece.is_line and piece.heading and fold(piece.heading) not in fold(piece.text):
        return f"{piece.heading} – {piece.text}"
    return piece.text


def _marker(piece: Piece) -> str:
    return f"[{piece.passage + 1}]"
