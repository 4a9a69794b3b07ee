"""Rows of tables in plain text, made readable: "Cappuccino – Size: small, Price: €3.20"."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import regex

from .words import count

PAIR = regex.compile(r"^\s*(?P<key>[^:：|\t]{1,40}?)\s*[:：]\s+(?P<value>\S.*)$")
PAIR_BREAK = regex.compile(r"\s*[;؛；|]\s*|\s*[,،，]\s*(?=[^:：,،;|]{1,30}[:：]\s)")
RULE = regex.compile(r"^[\s|:+=–—-]+$")
COLUMNS = regex.compile(r"\s*\|\s*|\t+|\s{2,}")
NUMBER = regex.compile(r"[\p{Sc}\p{N}.,:%/–—✓✔✗✘xX+-]+")
FEW_VALUES = 4
"""A column without borders is believed when its words repeat: yes and no, contains and free."""

LONGEST_ROW = 60
"""Words; what is longer is prose with colons in it."""


def row(header: Sequence[str], cells: Sequence[str]) -> str:
    """One row with the column names; a first column is the subject and needs no name."""
    if len(cells) == 1:
        return cells[0]
    subject, *rest = cells
    named = [f"{name}: {cell}" if name else cell for name, cell in zip(header[1:], rest, strict=False) if cell]
    named += [cell for cell in rest[max(0, len(header) - 1) :] if cell]
    return f"{subject} – {', '.join(named)}" if named else subject


def bordered(lines: Sequence[str]) -> list[str] | None:
    """Lines cut by bars, tabs or wide gaps, the first line naming the columns."""
    table = [[cell.strip() for cell in COLUMNS.split(line.strip().strip("|").strip())] for line in lines if not RULE.match(line)]
    if len(table) < 2 or len(table[0]) < 2 or any(len(cells) != len(table[0]) for cells in table):
        return None
    if any(PAIR.match(cell) for cells in table for cell in cells):
        return None
    return [row(table[0], cells) for cells in table[1:]]


def borderless(lines: Sequence[str]) -> list[str] | None:
    """Lines of a table that lost its borders (text of a PDF): the last words of each line are cells."""
    words = [line.split() for line in lines]
    header = words[0]
    columns = len(header) - 1
    if len(words) < 3 or columns < 1 or any(NUMBER.fullmatch(word) or ":" in word for word in header):
        return None
    if any(len(line) <= columns for line in words[1:]):
        return None
    cells = [line[-columns:] for line in words[1:]]
    texts = {cell.casefold() for line in cells for cell in line if not NUMBER.fullmatch(cell)}
    if len(texts) > FEW_VALUES or len(texts) >= len(cells) * columns:
        return None
    subjects = [" ".join(line[:-columns]) for line in words[1:]]
    return [row(header, [subject, *values]) for subject, values in zip(subjects, cells, strict=True)]


def pairs_of(line: str) -> list[tuple[str, str]]:
    """The "Name: value" pairs of one line, empty when a piece of it is something else."""
    found = [PAIR.match(piece) for piece in PAIR_BREAK.split(line.strip())]
    return [(match["key"].strip(), match["value"].strip()) for match in found if match] if all(found) else []


def records(lines: Sequence[str]) -> list[str] | None:
    """Rows written as "Name: value", all on one line or each on its own with the first name coming back."""
    pairs = [pairs_of(line) for line in lines]
    if not all(pairs):
        return None
    if all(len(line) > 1 for line in pairs):
        return [_record(line) for line in pairs]
    flat = [pair for line in pairs for pair in line]
    if Counter(key for key, _ in flat)[flat[0][0]] < 2:
        return None
    rows: list[list[tuple[str, str]]] = []
    for pair in flat:
        if pair[0] == flat[0][0]:
            rows.append([])
        rows[-1].append(pair)
    return [_record(pairs) for pairs in rows]


def _record(pairs: Sequence[tuple[str, str]]) -> str:
    return row([key for key, _ in pairs], [value for _, value in pairs])


def read(lines: Sequence[str]) -> list[str] | None:
    """The rows of a block of lines as readable text, None when it is not a table."""
    rows = records(lines) or bordered(lines) or borderless(lines)
    return rows if rows and max(map(count, rows)) <= LONGEST_ROW else None
