"""What is read out of a text, and in which portions."""

from __future__ import annotations

import re
from functools import lru_cache

from markdown_it import MarkdownIt

from frontdesk.knowledge.sentences import sentences

LONGEST = 400
"""Characters of a portion. The first one is a single sentence, so that the voice begins soon."""
_SOURCE_MARKS = re.compile(r"\s?\[\d{1,3}\]")
_BREAKS = frozenset({"softbreak", "hardbreak"})


@lru_cache(maxsize=1)
def _markdown() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])


def readable(markdown: str) -> str:
    """An answer as it would be read out: no marks, no addresses of links, no numbers of sources; one line a paragraph."""
    lines = []
    for block in _markdown().parse(markdown):
        if block.type == "inline":
            spoken = "".join(" " if part.type in _BREAKS else part.content for part in block.children or ())
            lines.append(_SOURCE_MARKS.sub("", spoken).strip())
        elif block.type in {"fence", "code_block"}:
            lines.append(block.content.strip())
    return "\n".join(line for line in lines if line)


def portions(text: str) -> list[str]:
    """The text in portions for an engine: whole sentences, the first one alone. Empty when there is nothing to say."""
    found: list[str] = []
    for sentence in (piece for whole in sentences(text) for piece in _cut(whole)):
        if len(found) > 1 and len(found[-1]) + len(sentence) < LONGEST:
            found[-1] = f"{found[-1]} {sentence}"
        else:
            found.append(sentence)
    return [portion for portion in found if any(character.isalnum() for character in portion)]


def _cut(sentence: str) -> list[str]:
    """A sentence without end is cut between words, or anywhere when there are none."""
    pieces = []
    while len(sentence) > LONGEST:
        end = sentence.rfind(" ", 1, LONGEST)
        end = LONGEST if end < 0 else end
        pieces.append(sentence[:end].strip())
        sentence = sentence[end:].strip()
    return [*pieces, sentence] if sentence else pieces
