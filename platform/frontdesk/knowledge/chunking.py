"""A read document → passages of about `chunk_size` tokens that can be understood on their own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import groupby
from math import ceil
from os.path import commonprefix
from typing import Any

from semantic_text_splitter import TextSplitter

from .lexical.languages import scripts
from .reading.document import Block

# Characters a token, roughly, of common multilingual tokenizers. Counting characters needs no tokenizer and no download,
# and gives the same passages whatever model embeds them.
_CHARACTERS = {"HAN": 1.3, "KANA": 1.3, "HANGUL": 1.6, "THAI": 2.2, "LAO": 2.2, "KHMER": 2.2, "MYANMAR": 2.2}
_ALPHABETIC = 4.0
# Neighbouring sections under one heading are joined while they are shorter than this share of a passage.
_SMALL = 0.25


@dataclass(frozen=True, slots=True)
class Piece:
    """A passage before it is stored. `digest` tells whether a passage of an earlier version says the same."""

    text: str
    headings: tuple[str, ...] = ()
    place: dict[str, Any] = field(default_factory=dict)
    # What the source says, where the text is an owner's.
    original: str = ""

    def digest(self, title: str) -> str:
        return sha256("\x1f".join((title, *self.headings, "", self.text)).encode()).hexdigest()


def characters(tokens: int, text: str) -> int:
    """How many characters of such a text make so many tokens."""
    shares = scripts(text) or {"": 1.0}
    a_character = sum(share / _CHARACTERS.get(script, _ALPHABETIC) for script, share in shares.items())
    return max(32, round(tokens / a_character))


def split(blocks: Sequence[Block], *, chunk_size: int, chunk_overlap: int, slides: bool = False) -> list[Piece]:
    """Passages in reading order. Text is cut at sentences; a table is cut between rows, each of which names its columns."""
    sample = " ".join(block.text[:400] for block in blocks[:: max(1, len(blocks) // 40)])
    size = characters(chunk_size, sample)
    overlap = min(characters(chunk_overlap, sample) if chunk_overlap else 0, size // 2)
    pieces: list[Piece] = []
    for section in _sections(blocks, size):
        cut = _rows if section[0].kind == "table" else _prose
        pieces += cut(section, size, overlap, "slide" if slides else "page")
    return pieces


def _sections(blocks: Sequence[Block], size: int) -> Iterator[list[Block]]:
    """Runs of blocks that belong in one passage if they fit: one table, or prose under one heading."""
    waiting: list[Block] = []
    for (table, _sheet, path), group in groupby(blocks, key=_belongs):
        section = list(group)
        if table:
            if waiting:
                yield waiting
            waiting = []
            yield section
        elif waiting and (not _akin(_belongs(waiting[0])[2], path) or _length(waiting) > size * _SMALL):
            yield waiting
            waiting = section
        else:
            waiting += section
    if waiting:
        yield waiting


def _akin(first: tuple[str, ...], path: tuple[str, ...]) -> bool:
    """Whether a section stands under the same heading as an earlier one."""
    return path[: max(0, len(first) - 1)] == first[:-1]


def _belongs(block: Block) -> tuple[bool, str, tuple[str, ...]]:
    path = (*block.headings, block.text) if block.kind == "heading" else block.headings
    return block.kind == "table", block.sheet, path


def _length(blocks: Iterable[Block]) -> int:
    return sum(len(block.text) for block in blocks)


def _rows(rows: list[Block], size: int, overlap: int, unit: str) -> Iterator[Piece]:
    group: list[Block] = []
    for row in rows:
        if group and _length(group) + len(row.text) > size:
            yield _piece("\n".join(block.text for block in group), group, unit)
            group = []
        if len(row.text) <= size:
            group.append(row)
            continue
        lead = f"{row.header}\n" if row.header and len(row.header) < size // 2 else ""
        for part in TextSplitter(size - len(lead), min(overlap, (size - len(lead)) // 2)).chunks(row.text):
            yield _piece(lead + part, [row], unit)
    if group:
        yield _piece("\n".join(block.text for block in group), group, unit)


def _prose(blocks: list[Block], size: int, overlap: int, unit: str) -> Iterator[Piece]:
    paths = {_belongs(block)[2] for block in blocks}
    if len(paths) == 1:
        # The heading of a single section is in the passages' headings already.
        blocks = [block for block in blocks if block.kind != "heading"] or blocks
    text = "\n\n".join(block.text for block in blocks)
    if len(text) <= size:
        yield _piece(text, blocks, unit)
        return
    ends: list[int] = []
    for block in blocks:
        ends.append((ends[-1] if ends else -2) + 2 + len(block.text))
    # Parts of about one length rather than full ones and a scrap.
    even = min(size, ceil(1.15 * len(text) / ceil(len(text) / size)))
    for start, part in TextSplitter(even, min(overlap, even // 2)).chunk_indices(text):
        inside = [
            block for block, end in zip(blocks, ends, strict=True) if end > start and end - len(block.text) < start + len(part)
        ]
        yield _piece(part, inside or blocks[:1], unit)


def _piece(text: str, blocks: Sequence[Block], unit: str) -> Piece:
    place: dict[str, Any] = {}
    pages = [block.page for block in blocks if block.page is not None]
    rows = [number for block in blocks if block.rows for number in block.rows]
    if blocks[0].sheet:
        place["sheet"] = blocks[0].sheet
    if pages:
        place[unit] = [min(pages), max(pages)]
    if rows:
        place["rows"] = [min(rows), max(rows)]
    return Piece(text, tuple(commonprefix([block.headings for block in blocks])), place)
