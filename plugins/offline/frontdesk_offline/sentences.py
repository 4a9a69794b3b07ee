"""Cuts a passage into the pieces that can be quoted: sentences, list items, rows of tables, each under its heading."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

import regex

from . import tables
from .words import count

LONGEST = 60
"""Words of the longest piece. Longer ones are cut at commas, or anywhere."""
SENTENCE_END = regex.compile(
    r"(?<=[.!?…؟۔।;]['\"”’»)\]]*)(?<!\b(?:\p{Lu}|Mr|Mrs|Ms|Dr|Prof|St|No|Nr|Vol|vs|etc|approx|ca|bzw|z\.B|d\.h|e\.g|i\.e|Sr|Mme|M)\.)\s+(?!\p{Ll})"
    r"|(?<=[。！？][”’」』）]*)(?![”’」』）])"
)
CLAUSE_END = regex.compile(r"(?<=[,;،，、]\s*)(?<!\p{N}[,،]\s*(?=\p{N}))(?=\S)|(?<=\p{Thai}\s+)(?=\S)", regex.VERSION1)
ANYWHERE = regex.compile(r"\s*[^\s]{1,40}\s*")
BULLET = regex.compile(r"^\s*(?:[-*•‣▪·–]|\(?\d{1,2}[.)])\s+")
MARKDOWN_HEADING = regex.compile(r"^\s*#{1,6}\s+")
SENTENCE_MARK = regex.compile(r"[.!?…؟۔।。！？;,]['\"”’»)\]]*$")
HEADING_WORDS = 10
WRAPPED = 60
"""A line of at least so many characters that ends without a mark goes on in the next line."""


@dataclass(frozen=True, slots=True)
class Piece:
    """`place` numbers the pieces of one passage; `is_line` marks list items and rows, which are quoted on lines of their own."""

    text: str
    passage: int
    place: int
    heading: str = ""
    is_line: bool = False


def pieces(text: str, passage: int) -> list[Piece]:
    """All pieces of a passage, in order."""
    found: list[Piece] = []
    heading = ""
    for block in _blocks(text):
        goes_on = len(block) > 1 and block[1].lstrip()[:1].islower()
        if len(block) > 1 and not goes_on and _is_heading(block[0]) and not tables.read(block):
            heading, block = _bare(block[0]), block[1:]
        elif len(block) == 1 and _is_heading(block[0]):
            heading = _bare(block[0])
            continue
        for piece, is_line in _of_block(block):
            found.append(Piece(piece, passage, len(found), heading, is_line))
    if not found and heading:
        found.append(Piece(heading, passage, 0))
    return found


def _blocks(text: str) -> Iterator[list[str]]:
    """Lines between empty lines; a Markdown heading is a block of its own."""
    lines = [line.rstrip() for line in text.splitlines()]
    for kind, group in groupby(lines, key=lambda line: "heading" if MARKDOWN_HEADING.match(line) else bool(line.strip())):
        if kind == "heading":
            yield from ([line] for line in group)
        elif kind:
            yield list(group)


def _is_heading(line: str) -> bool:
    if MARKDOWN_HEADING.match(line):
        return True
    if BULLET.match(line) or tables.PAIR.match(line) or "|" in line or "\t" in line:
        return False
    return count(line) <= HEADING_WORDS and not SENTENCE_MARK.search(line)


def _bare(line: str) -> str:
    return MARKDOWN_HEADING.sub("", line).strip().strip("*_:： ")


def _of_block(lines: list[str]) -> Iterator[tuple[str, bool]]:
    if rows := tables.read(lines):
        yield from ((row, True) for row in rows)
        return
    for line, is_line in _unwrapped(lines):
        if rows := tables.read([line]):
            yield from ((row, True) for row in rows)
            continue
        for sentence in SENTENCE_END.split(line):
            if sentence and sentence.strip():
                yield from ((part, is_line) for part in _shortened(sentence.strip()))


def _unwrapped(lines: list[str]) -> Iterator[tuple[str, bool]]:
    """Lines as they were before a page was too narrow for them, with whether each is an item of its own."""
    line, is_item, is_bullet = "", False, False
    for following in lines:
        starts_item = bool(BULLET.match(following) or tables.PAIR.match(following))
        goes_on = (
            line and not starts_item and (following.lstrip()[:1].islower() or len(line) >= WRAPPED or SENTENCE_MARK.search(line))
        )
        if goes_on:
            line, is_item = f"{line} {following.strip()}", is_item and is_bullet
            continue
        if line:
            yield line, is_item
        line = BULLET.sub("", following).strip()
        is_bullet = starts_item
        is_item = starts_item or (len(lines) > 1 and not SENTENCE_MARK.search(line) and len(line) < WRAPPED)
    yield line, is_item


def _shortened(sentence: str) -> Iterator[str]:
    """The sentence, or parts of it of at most LONGEST words."""
    if count(sentence) <= LONGEST:
        yield sentence
        return
    part = ""
    for clause in _clauses(sentence):
        longer = f"{part}{clause}"
        if part.strip() and count(longer) > LONGEST:
            yield part.strip()
            longer = clause
        part = longer
    if part.strip():
        yield part.strip()


def _clauses(sentence: str) -> Iterator[str]:
    """Cut after commas; what is still too long, anywhere between words or characters."""
    for clause in CLAUSE_END.split(sentence):
        yield from [clause] if count(clause) <= LONGEST else ANYWHERE.findall(clause)
