"""Plain text and delimited text (RFC 4180 and its relatives)."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator

from ..clean import clean, one_line
from ..document import Block
from ..encodings import decode
from ..source import Refused, Source
from ..tables import Row, table_blocks

_PARAGRAPHS = re.compile(r"\n\s*\n")
_DELIMITERS = ",;\t|"
_LONGEST_CELL = 1_000_000


def read_bytes(source: Source, data: bytes, *, declared: str = "") -> str:
    """Decoded text of a file, or a refusal when it is no text."""
    try:
        text, guessed = decode(data, declared=declared)
    except UnicodeError as error:
        raise Refused("unsupported", cause=repr(error)) from error
    if guessed:
        source.warn("encoding_guessed")
    return text


def read(source: Source) -> Iterator[Block]:
    """Paragraphs, as blank lines divide them."""
    text = clean(read_bytes(source, source.path.read_bytes()))
    for paragraph in _PARAGRAPHS.split(text):
        if paragraph.strip():
            yield Block("paragraph", paragraph.strip())


def read_delimited(source: Source) -> Iterator[Block]:
    """Rows of a CSV or TSV file. A delimiter named in a first line `sep=;`, as Excel writes it, is obeyed."""
    text = read_bytes(source, source.path.read_bytes())
    hint = re.match(r"\s*\"?sep=(.)\"?\r?\n", text)
    delimiter = hint[1] if hint else _sniff_delimiter(text)
    csv.field_size_limit(_LONGEST_CELL)
    quoting = csv.QUOTE_MINIMAL if _quotes_close(text, delimiter) else csv.QUOTE_NONE
    records = csv.reader(io.StringIO(text[hint.end() :] if hint else text, newline=""), delimiter=delimiter, quoting=quoting)
    rows = (Row(number, [one_line(cell) for cell in record]) for number, record in enumerate(records, start=2 if hint else 1))
    try:
        # Semicolons are used where the comma is in the numbers.
        watched = source.watch_sheet("", rows, style="," if delimiter == ";" else ".")
        yield from table_blocks(watched, Block("table", ""))
    except csv.Error as error:
        raise Refused("corrupt", cause=repr(error)) from error


def _sniff_delimiter(text: str) -> str:
    """The delimiter that gives most records the same number of cells; the wider table wins a tie."""
    sample = text[:64_000]

    def score(delimiter: str) -> tuple[float, int]:
        widths = [len(record) for record in csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter) if record][:200]
        usual = max(set(widths), key=widths.count, default=1)
        return (widths.count(usual) / len(widths) if usual > 1 else 0.0, usual)

    return max(_DELIMITERS, key=score)


def _quotes_close(text: str, delimiter: str) -> bool:
    """A stray quote at the start of a cell would swallow the rest of the file."""
    try:
        longest = max(
            (len(cell) for record in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter) for cell in record), default=0
        )
    except csv.Error:
        return False
    return longest < 50_000 or longest < len(text) // 2
