"""Sentences, and the stretches of text that are embedded."""

from __future__ import annotations

import re

_END = re.compile(r"(?<=[.!?؟।۔;])[\"”’)\]]*\s+(?=[^a-z])|(?<=[。！？])|\n+")
# Characters: shorter sentences are joined to the next, longer ones are cut, because models read only so much.
_SHORT = 40
_LONG = 900
_MOST = 64


def sentences(text: str) -> list[str]:
    """The sentences of a text, in order."""
    return [sentence for sentence in (piece.strip() for piece in _END.split(text)) if sentence]


def windows(title: str, text: str) -> list[str]:
    """What is embedded of a passage: each sentence with the title before it. At least one, at most 64."""
    joined: list[str] = []
    for sentence in sentences(text) or [text]:
        if joined and len(joined[-1]) < _SHORT:
            joined[-1] = f"{joined[-1]} {sentence}"
        else:
            joined.append(sentence)
    pieces = [part for sentence in joined for part in _cut(sentence)]
    step = -(-len(pieces) // _MOST)
    if step > 1:
        pieces = [" ".join(pieces[start : start + step]) for start in range(0, len(pieces), step)]
    return [f"{title}. {piece}" if title else piece for piece in pieces]


def _cut(sentence: str) -> list[str]:
    return [sentence[start : start + _LONG] for start in range(0, max(1, len(sentence)), _LONG)]
