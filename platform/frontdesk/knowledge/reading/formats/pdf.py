"""PDF: text and places from PDFium, repair by pypdf.

Headings are recognised by their size, tables by their columns, the running heads of pages by their return.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import zip_longest

import pypdfium2
import pypdfium2.raw as pdfium

from ..clean import clean, one_line
from ..document import Block
from ..source import Refused, Source
from ..tables import Row, table_blocks
from .pdf_lines import Line, page_lines
from .pdf_tables import Grid, find_tables

_PASSWORD_ERRORS = {pdfium.FPDF_ERR_PASSWORD, pdfium.FPDF_ERR_SECURITY}
_LARGER = 1.12
_LONGEST_HEADING = 140
_LONGEST_BOLD = 90
_BOLD_LEVEL = 9
# Distances between lines of one text, in sizes of its font.
_LINE_STEP = 1.8
_HEADING_STEP = 1.45
_TABLE_STEP = 3.5
_A_NUMBER = "#"
_EDGE_LINES = 3
_PAGE_NUMBER = re.compile(r"\W*(?:\d{1,4}|[ivxlc]{1,7})\W*")
_BULLET = re.compile(r"(?:[•◦▪‣●○■–—-]|\(?(?:\d{1,2}|[a-zA-Z])[.)])\s")
_UNTITLED = re.compile(
    r"untitled|anonymous|microsoft word|\.(?:docx?|pdf|indd|xlsx?|pptx?|html?)$|^(?:document|presentation|slide) ?\d*$", re.I
)


def read(source: Source) -> Iterator[Block]:
    """Blocks of all pages. A file without any text is refused as `no_text`."""
    try:
        document = pypdfium2.PdfDocument(source.path)
        pages = _all_pages(source, document)
    except pypdfium2.PdfiumError as error:
        if getattr(error, "err_code", None) in _PASSWORD_ERRORS:
            raise Refused("password", cause=repr(error)) from error
        yield from _repaired(source, repr(error))
        return
    title = one_line(document.get_metadata_dict().get("Title", ""))
    source.title = "" if _UNTITLED.search(title) else title
    without_text = [number for number, lines in enumerate(pages, start=1) if not lines]
    if len(without_text) == len(pages):
        raise Refused("no_text", cause=f"{len(pages)} pages")
    if any(_has_images(document[number - 1]) for number in without_text[:20]):
        source.warn("pages_without_text")
    yield from _Layout(source, pages).blocks()


def _all_pages(source: Source, document: pypdfium2.PdfDocument) -> list[list[Line]]:
    source.pages = len(document)
    _check_pages(source, source.pages)
    pages = []
    for number in range(source.pages):
        page = document[number]
        text = page.get_textpage()
        pages.append(page_lines(text))
        text.close()
        page.close()
        source.progress(number + 1, source.pages)
    if not pages:
        raise pypdfium2.PdfiumError("no pages")
    return pages


def _check_pages(source: Source, count: int) -> None:
    if count > source.limits.pages:
        raise Refused("too_many_pages", cause=f"{count} pages")


def _has_images(page: pypdfium2.PdfPage) -> bool:
    return next(page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_IMAGE], max_depth=2), None) is not None


def _repaired(source: Source, cause: str) -> Iterator[Block]:
    """pypdf rebuilds the list of objects of a damaged file; it knows no layout, so blank lines make the paragraphs."""
    import pypdf
    from pypdf.errors import PyPdfError

    found = False
    try:
        reader = pypdf.PdfReader(source.path, strict=False)
        if reader.is_encrypted and not reader.decrypt(""):
            raise Refused("password", cause=cause)
        _check_pages(source, len(reader.pages))
        source.pages = len(reader.pages)
        for number, page in enumerate(reader.pages, start=1):
            for paragraph in re.split(r"\n\s*\n", clean(page.extract_text())):
                if paragraph:
                    found = True
                    yield Block("paragraph", paragraph, page=number)
            source.progress(number, source.pages)
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, IndexError, AssertionError, RecursionError) as error:
        if not found:
            raise Refused("corrupt", cause=f"{cause}; {error!r}") from error
    if not found:
        raise Refused("corrupt", cause=cause)
    source.warn("repaired")


@dataclass(slots=True)
class _Layout:
    """Lines to blocks, page by page. What makes a heading depends on the whole document."""

    source: Source
    pages: list[list[Line]]
    headings: list[tuple[int, str]] = field(default_factory=list)
    levels: dict[int, int] = field(default_factory=dict)
    body: float = 0.0
    bold_body: bool = False
    last_table: tuple[int, list[str]] | None = None

    def blocks(self) -> Iterator[Block]:
        self._measure()
        running = _running_heads(self.pages)
        shown = {_A_NUMBER}
        for number, lines in enumerate(self.pages, start=1):
            yield from self._page([line for line in lines if _anonymous(line, number) not in running], number)
            for line in lines:
                text = _anonymous(line, number)
                if text in running and text not in shown:
                    shown.add(text)
                    yield Block("paragraph", line.text, page=number)

    def _measure(self) -> None:
        """The size of most letters is the body's; each larger size, to the half point, is a level of headings."""
        sizes: Counter[float] = Counter()
        bold = 0
        for line in (line for lines in self.pages for line in lines):
            sizes[_rounded(line.size)] += len(line.text)
            bold += len(line.text) if line.bold else 0
        self.body = sizes.most_common(1)[0][0]
        self.bold_body = bold > 0.4 * sizes.total()
        larger = sorted((size for size in sizes if size > _LARGER * self.body), reverse=True)
        self.levels = {round(size * 2): level for level, size in enumerate(larger, start=1)}

    def _page(self, lines: list[Line], number: int) -> Iterator[Block]:
        waiting: list[Line] = []
        for item in find_tables(lines):
            starts = isinstance(item, Grid) or not waiting or self._breaks(waiting[-1], item)
            if starts and waiting:
                yield from self._text(waiting, number)
                waiting = []
            if isinstance(item, Grid):
                yield from self._table(item, number)
            else:
                waiting.append(item)
        if waiting:
            yield from self._text(waiting, number)

    def _level(self, line: Line) -> int | None:
        if len(line.text) > _LONGEST_HEADING or not any(character.isalpha() for character in line.text):
            return None
        level = self.levels.get(round(_rounded(line.size) * 2))
        if level is not None:
            return min(level, _BOLD_LEVEL - 1)
        ends_well = (
            line.size > 0.9 * self.body
            and line.text[-1] not in ".,;"
            and len(line.text) <= _LONGEST_BOLD
            and not _BULLET.match(line.text)
        )
        return _BOLD_LEVEL if line.bold and not self.bold_body and ends_well else None

    def _breaks(self, above: Line, line: Line) -> bool:
        if self._level(above) != self._level(line) or _BULLET.match(line.text):
            return True
        step = above.baseline - line.baseline
        usual = _HEADING_STEP if self._level(line) is not None else _LINE_STEP
        if step < -above.size or step > usual * max(above.size, line.size):
            # The top of another column or page goes on with the sentence that the last one left open.
            return not (above.hyphenated or (step < 0 and line.text[:1].islower() and above.text[-1] not in ".!?:"))
        return False

    def _text(self, lines: list[Line], number: int) -> Iterator[Block]:
        text = clean(_joined(lines))
        level = self._level(lines[0])
        if level is None or len(text) > _LONGEST_HEADING:
            self.last_table = None
            kind = "list" if _BULLET.match(text) else "paragraph"
            yield Block(kind, text, headings=self._path(), page=number)
            return
        heading = one_line(text)
        while self.headings and self.headings[-1][0] >= level:
            self.headings.pop()
        self.source.title = self.source.title or heading
        yield Block("heading", heading, headings=self._path(), page=number)
        self.headings.append((level, heading))

    def _table(self, grid: Grid, number: int) -> Iterator[Block]:
        rows = [Row(position, cells) for position, cells in enumerate(grid.rows(), start=1)]
        place = Block("table", "", headings=self._path(), page=number)
        blocks = list(table_blocks(rows, place))
        header = next((block.header for block in blocks if block.header), "")
        if not header and self.last_table and self.last_table[0] == len(grid.columns):
            blocks = list(table_blocks([Row(0, self.last_table[1]), *rows], place, header_rows=1))
        elif header:
            self.last_table = (len(grid.columns), rows[0].cells)
        yield from (replace(block, rows=None) for block in blocks)

    def _path(self) -> tuple[str, ...]:
        return tuple(text for _, text in self.headings)


def _rounded(size: float) -> float:
    return round(size * 2) / 2


def _anonymous(line: Line, page: int) -> str:
    """The line without the number of its page; other numbers stay, or rows of a long table would look like one head."""
    return _A_NUMBER if _PAGE_NUMBER.fullmatch(line.text) else re.sub(rf"\b{page}\b", "#", line.text)


def _running_heads(pages: list[list[Line]]) -> set[str]:
    """Lines at the edges of most pages, to be read once only."""
    seen: Counter[str] = Counter()
    for page, lines in enumerate(pages, start=1):
        alone = [line for line, after in zip_longest(lines, lines[1:]) if not _heads_a_table(line, after)]
        alone.sort(key=lambda line: line.baseline)
        seen.update({_anonymous(line, page) for line in (*alone[:_EDGE_LINES], *alone[-_EDGE_LINES:])})
    return {text for text, count in seen.items() if count > max(1, 0.5 * len(pages))}


def _heads_a_table(line: Line, after: Line | None) -> bool:
    """The header of a long table comes back on each page too, but rows stand close below it."""
    if after is None or min(len(line.cells), len(after.cells)) < 2:
        return False
    return 0 < line.baseline - after.baseline < _TABLE_STEP * line.size


def _joined(lines: list[Line]) -> str:
    """One flowing text; a line that ends early, as in an address, keeps its end."""
    right = max(line.right for line in lines)
    left = min(line.left for line in lines)
    pieces: list[str] = []
    for line, following in zip_longest(lines, lines[1:]):
        text = line.text
        if following is None:
            pieces.append(text)
        elif line.hyphenated and text[-1:] == "-" and following.text[:1].islower() and text[-2:-1].islower():
            pieces.append(text[:-1])
        elif line.hyphenated and text[-1:] != "-":
            pieces.append(text)
        else:
            pieces.append(text + ("\n" if line.right < left + 0.75 * (right - left) else " "))
    return "".join(pieces)
