"""From passages to the sources under an answer."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import Any

from frontdesk.sdk.values import Passage

MARKER = re.compile(r"\[(\d{1,3})\]")
QUOTE_LENGTH = 300
SENTENCE = re.compile(r"[^\n.!?؟。]+[.!?؟。]*")
WORD = re.compile(r"\w+")


def as_source(number: int, passage: Passage, *, answer: str = "") -> dict[str, Any]:
    """A source as events and messages carry it. `n` is the number that stands in the text as [n].

    The quote begins at the line or sentence of the passage that has most words in common with the answer.
    """
    quote = passage.text[_start(passage.text, answer) :]
    if len(quote) > QUOTE_LENGTH:
        quote = quote[:QUOTE_LENGTH].rsplit(" ", 1)[0] + "…"
    return {
        "n": number,
        "passage_id": passage.id,
        "source_id": passage.source_id,
        "title": passage.source_name or passage.title,
        "place": passage.place,
        "url": passage.url,
        "quote": quote,
        "score": round(passage.score, 4),
        "scores": {side: round(score, 4) for side, score in passage.scores.items()},
    }


def used(text: str, passages: Sequence[Passage], cited: Collection[int] = ()) -> list[dict[str, Any]]:
    """The sources of an answer: those it marks with [n] or that the provider says it quotes."""
    numbers = {int(number) for number in MARKER.findall(text)}
    return [as_source(n, passage, answer=text) for n, passage in enumerate(passages, 1) if n in numbers or passage.id in cited]


def _start(text: str, answer: str) -> int:
    """Where the quote begins: at the top of a short passage, or when nothing tells where the answer came from."""
    said = set(WORD.findall(answer.casefold()))
    if len(text) <= QUOTE_LENGTH or not said:
        return 0
    shared = {match.start(): len(said & set(WORD.findall(match.group().casefold()))) for match in SENTENCE.finditer(text)}
    best = max(shared, key=lambda start: (shared[start], -start))
    return best + len(text[best:]) - len(text[best:].lstrip()) if shared[best] > 1 else 0
