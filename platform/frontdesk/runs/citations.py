"""From passages to the sources under an answer."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import Any

from frontdesk.sdk.values import Passage

MARKER = re.compile(r"\[(\d{1,3})\]")
QUOTE_LENGTH = 300


def as_source(number: int, passage: Passage) -> dict[str, Any]:
    """A source as events and messages carry it. `n` is the number that stands in the text as [n]."""
    quote = passage.text if len(passage.text) <= QUOTE_LENGTH else passage.text[:QUOTE_LENGTH].rsplit(" ", 1)[0] + "…"
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
    return [as_source(n, passage) for n, passage in enumerate(passages, 1) if n in numbers or passage.id in cited]
