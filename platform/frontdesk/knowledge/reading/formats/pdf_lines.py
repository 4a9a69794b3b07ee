"""Lines of a PDF page with where they stand, from PDFium's characters.

PDFium gives right-to-left words in whatever order the producer drew them (Chromium's come out half reversed), so
lines with such letters are put in order again from the places of their characters.
"""

from __future__ import annotations

import ctypes
import math
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pypdfium2
import pypdfium2.raw as pdfium

from ..clean import one_line

# Shares of the font's size. Justified text exceeds the first now and then, but not in columns.
_CELL_GAP = 0.34
_RTL_CELL_GAP = 0.65
_SPACE = 0.12
# How far the baseline of a superscript may stand off, and that of a cell in the same row.
_RAISED = 0.45
_LEVEL = 0.2
_LEADER = re.compile(r"(?:\.\s?){4,}|(?:·\s?){4,}|_{3,}")
_BOLD = re.compile(rb"bold|black|heavy", re.IGNORECASE)
# Classes of characters in the bidirectional algorithm.
_LATIN = frozenset({"L"})
_LEFT_TO_RIGHT = frozenset({"L", "EN", "AN"})
_RIGHT_TO_LEFT = frozenset({"R", "AL"})
_STRONG = _LATIN | _RIGHT_TO_LEFT
_WORD = re.compile(r"\S+")
_LINE = re.compile("[^\r\n\ufffe]+\ufffe?")


@dataclass(frozen=True, slots=True)
class Cell:
    left: float
    right: float
    text: str


@dataclass(frozen=True, slots=True)
class Line:
    """One line of text. Places are points from the lower left corner; `size` is that of the font."""

    text: str
    left: float
    right: float
    baseline: float
    size: float
    bold: bool
    cells: tuple[Cell, ...] = ()
    hyphenated: bool = False


class _Glyphs:
    """The characters of a page, looked up one at a time: only those at the edges of words are ever asked for."""

    def __init__(self, page: pypdfium2.PdfTextPage) -> None:
        self.page = page
        self._box, self._matrix = pdfium.FS_RECTF(), pdfium.FS_MATRIX()
        self._x, self._y, self._flags = ctypes.c_double(), ctypes.c_double(), ctypes.c_int()
        self._name = ctypes.create_string_buffer(128)

    def index(self, place: int) -> int:
        return pdfium.FPDFText_GetCharIndexFromTextIndex(self.page, place)

    def span(self, index: int) -> tuple[float, float]:
        """Left and right with the font's own margins around the letter."""
        pdfium.FPDFText_GetLooseCharBox(self.page, index, self._box)
        return self._box.left, self._box.right

    def baseline(self, index: int) -> float:
        pdfium.FPDFText_GetCharOrigin(self.page, index, self._x, self._y)
        return self._y.value

    def size(self, index: int) -> float:
        """Of the font, in points; boxes say nothing of it for fonts that lack their own measures."""
        pdfium.FPDFText_GetMatrix(self.page, index, self._matrix)
        return max(pdfium.FPDFText_GetFontSize(self.page, index) * math.hypot(self._matrix.c, self._matrix.d), 1.0)

    def is_bold(self, index: int) -> bool:
        pdfium.FPDFText_GetFontInfo(self.page, index, self._name, len(self._name), self._flags)
        return bool(_BOLD.search(self._name.value))


def page_lines(page: pypdfium2.PdfTextPage) -> list[Line]:
    """The lines in the order in which they were drawn, pieces of one row joined."""
    glyphs = _Glyphs(page)
    lines = (_line(glyphs, text, start) for text, start in _split(page.get_text_range()))
    return _join_rows([line for line in lines if line])


def _split(text: str) -> Iterator[tuple[str, int]]:
    """PDFium joins a word that was divided at the end of a line and leaves U+FFFE there: that is a line's end too."""
    for match in _LINE.finditer(text):
        yield match[0], match.start()


def _line(glyphs: _Glyphs, text: str, start: int) -> Line | None:
    inked = [place for place, character in enumerate(text) if not character.isspace()]
    if not inked or not one_line(text):
        return None
    first = glyphs.index(start + inked[0])
    if first < 0:
        return None
    offset = first - inked[0]
    size = glyphs.size(first)
    bold = glyphs.is_bold(first) and glyphs.is_bold(offset + inked[-1])
    if any(_is_rtl(character) for character in text):
        cells = _reordered(glyphs, text, offset, size)
    else:
        cells = _cells(glyphs, text, inked, offset, size)
    joined = one_line(_LEADER.sub(" … ", " ".join(cell.text for cell in cells)))
    hyphenated = text.rstrip()[-1] in "\x02\ufffe\u00ad-" and len(joined) > 1
    left, right = min(cell.left for cell in cells), max(cell.right for cell in cells)
    if _LEADER.search(text):
        # A table of contents, or blanks to fill in: dots are no columns.
        cells = [Cell(left, right, joined)]
    return Line(joined, left, right, glyphs.baseline(first), size, bold, tuple(cells), hyphenated)


def _cells(glyphs: _Glyphs, text: str, inked: list[int], offset: int, size: float) -> list[Cell]:
    cells: list[Cell] = []
    begin = inked[0]
    left = glyphs.span(offset + begin)[0]
    for place, following in zip(inked, inked[1:], strict=False):
        if following == place + 1:
            continue
        right, next_left = glyphs.span(offset + place)[1], glyphs.span(offset + following)[0]
        if next_left - right > _CELL_GAP * size:
            cells.append(Cell(left, right, one_line(text[begin : place + 1])))
            begin, left = following, next_left
    cells.append(Cell(left, glyphs.span(offset + inked[-1])[1], one_line(text[begin : inked[-1] + 1])))
    return [cell for cell in cells if cell.text] or cells[-1:]


def _is_rtl(character: str) -> bool:
    return character > "\u0590" and unicodedata.bidirectional(character) in _RIGHT_TO_LEFT


def _reordered(glyphs: _Glyphs, text: str, offset: int, size: float) -> list[Cell]:
    """PDFium knows the words but not always their letters' order: both are taken from where they stand on the paper."""
    words = sorted((_word(glyphs, match, offset) for match in _WORD.finditer(text)), key=lambda word: word.left)
    groups: list[list[Cell]] = [[]]
    for word in words:
        if groups[-1] and word.left - groups[-1][-1].right > _RTL_CELL_GAP * size:
            groups.append([])
        groups[-1].append(word)
    is_rtl = 2 * sum(map(_is_rtl, text)) >= sum(character.isalpha() for character in text)
    cells = [Cell(group[0].left, group[-1].right, _read([word.text for word in group], is_rtl)) for group in groups]
    return cells[::-1] if is_rtl else cells


def _word(glyphs: _Glyphs, match: re.Match[str], offset: int) -> Cell:
    seen: list[tuple[float, float, str]] = []
    for place, character in enumerate(match[0], start=offset + match.start()):
        if unicodedata.combining(character) and seen:
            left, right, base = seen[-1]
            seen[-1] = (left, right, base + character)
        else:
            seen.append((*glyphs.span(place), character))
    seen.sort(key=lambda glyph: glyph[0] + glyph[1])
    letters = [text for _, _, text in seen]
    if any(map(_is_rtl, match[0])):
        letters = _turned(letters[::-1], _LEFT_TO_RIGHT, anchors=_LEFT_TO_RIGHT)
    return Cell(min(seen)[0], max(right for _, right, _ in seen), "".join(letters))


def _read(words: list[str], is_rtl: bool) -> str:
    """Words from left to right on paper to the order of reading: the reverse of rule L2 of UAX #9."""
    if is_rtl:
        return one_line(" ".join(_turned(words[::-1], _LEFT_TO_RIGHT, anchors=_LATIN)))
    return one_line(" ".join(_turned(words, _RIGHT_TO_LEFT, anchors=_RIGHT_TO_LEFT)))


def _turned(items: list[str], turning: frozenset[str], *, anchors: frozenset[str]) -> list[str]:
    """Every run of letters or words of the turning classes is reversed, with what is neutral inside it.

    A run must hold one of the anchors: several numbers on end follow the direction of the line.
    """
    classes = [unicodedata.bidirectional(item[0]) for item in items]
    text: list[str] = []
    start = 0
    while start < len(items):
        end = start
        for place in range(start, len(items)):
            if classes[place] in turning:
                end = place + 1
            elif classes[place] in _STRONG or end == start:
                break
        run = items[start : max(end, start + 1)]
        text += run[::-1] if anchors.intersection(classes[start:end]) else run
        start += len(run)
    return text


def _join_rows(lines: list[Line]) -> list[Line]:
    """Pieces of one row that were drawn one after the other: cells of a table, words in another font, superscripts."""
    rows: list[Line] = []
    for line in lines:
        if rows and _are_one_row(rows[-1], line):
            rows[-1] = _beside(rows[-1], line)
        else:
            rows.append(line)
    return rows


def _are_one_row(last: Line, line: Line) -> bool:
    if last.hyphenated or not (line.left >= last.right - 1 or line.right <= last.left + 1):
        return False
    size = max(last.size, line.size)
    touches = -1 <= line.left - last.right < _CELL_GAP * size
    return abs(line.baseline - last.baseline) <= (_RAISED if touches and last.size != line.size else _LEVEL) * size


def _beside(last: Line, line: Line) -> Line:
    is_rtl = any(map(_is_rtl, last.text + line.text))
    size = max(last.size, line.size)
    cells: list[Cell] = []
    for cell in sorted(last.cells + line.cells, key=lambda cell: cell.left):
        before = cells[-1] if cells else None
        if before is None or is_rtl or cell.left - before.right > _CELL_GAP * size:
            cells.append(cell)
        else:
            space = " " if cell.left - before.right > _SPACE * size else ""
            cells[-1] = Cell(before.left, cell.right, f"{before.text}{space}{cell.text}")
    cells = cells[::-1] if is_rtl else cells
    base = max(last, line, key=lambda each: len(each.text))
    return replace(
        base,
        text=" ".join(cell.text for cell in cells),
        left=min(last.left, line.left),
        right=max(last.right, line.right),
        cells=tuple(cells),
        bold=last.bold and line.bold,
        hyphenated=line.hyphenated,
    )
