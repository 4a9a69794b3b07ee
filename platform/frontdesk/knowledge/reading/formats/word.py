"""Word documents. python-docx opens the package; the walk over its XML also finds what its `paragraphs` leaves out:
tracked insertions, content controls, text boxes, footnotes, headers and footers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import docx
from docx.opc.exceptions import OpcError
from docx.oxml import parse_xml
from docx.oxml.ns import qn
from docx.text.paragraph import Paragraph
from lxml import etree

from ..clean import clean, one_line
from ..document import Block
from ..source import Refused, Source
from ..tables import Row, table_blocks

_ALTERNATE = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_MATH_TEXT = "{http://schemas.openxmlformats.org/officeDocument/2006/math}t"
_SKIPPED = {
    *(qn(tag) for tag in ("w:del", "w:moveFrom", "w:instrText", "w:delText", "w:pPr", "w:rPr", "w:txbxContent")),
    f"{_ALTERNATE}Fallback",
}
_BREAKS = {qn("w:tab"): "\t", qn("w:br"): "\n", qn("w:cr"): "\n", qn("w:noBreakHyphen"): "-"}
_WRAPPERS = {qn(tag) for tag in ("w:sdt", "w:sdtContent", "w:ins", "w:moveTo", "w:customXml", "w:smartTag")}
_HEADING = re.compile(r"heading (\d)", re.IGNORECASE)
_TITLE_STYLES = {"title": 0, "subtitle": 1}
_BOLD_LEVEL = 9
_LONGEST_BOLD = 90
_PROGRESS_EVERY = 200


def read(source: Source) -> Iterator[Block]:
    """Body in reading order, notes after their paragraph, each header and footer once at the end."""
    try:
        document = docx.Document(str(source.path))
    except (OpcError, KeyError, ValueError, etree.XMLSyntaxError) as error:
        raise Refused("corrupt", cause=repr(error)) from error
    properties = document.core_properties
    source.title, source.language = one_line(properties.title or ""), one_line(properties.language or "")[:35]
    walker = _Walker(document)
    body = list(document.element.body)
    for done, element in enumerate(body, start=1):
        for block in walker.element(element):
            if not source.title and block.kind == "heading":
                source.title = block.text
            yield block
        if done % _PROGRESS_EVERY == 0:
            source.progress(done, len(body))
    yield from walker.flush_list()
    yield from walker.margins()


class _Walker:
    def __init__(self, document: docx.document.Document) -> None:
        self.document = document
        self.headings: list[tuple[int, str]] = []
        self.items: list[str] = []
        self.notes = {**_notes(document, "footnote"), **_notes(document, "endnote")}
        self.levels: dict[str | None, int | None] = {}

    def element(self, element: etree._Element) -> Iterator[Block]:
        if element.tag == qn("w:p"):
            yield from self._paragraph(element)
        elif element.tag == qn("w:tbl"):
            yield from self.flush_list()
            yield from self._table(element)
        elif element.tag in _WRAPPERS:
            for child in element:
                yield from self.element(child)

    def flush_list(self) -> Iterator[Block]:
        if self.items:
            yield Block("list", "\n".join(self.items), headings=self._path())
            self.items = []

    def margins(self) -> Iterator[Block]:
        """Letterheads and footers often hold the address and the opening hours."""
        seen: set[str] = set()
        for section in self.document.sections:
            for part in (section.header, section.footer, section.first_page_header, section.first_page_footer):
                if part.is_linked_to_previous:
                    continue
                text = clean("\n".join(_text(paragraph) for paragraph in part._element.iter(qn("w:p"))))
                if text and text not in seen:
                    seen.add(text)
                    yield Block("paragraph", text)

    def _paragraph(self, element: etree._Element) -> Iterator[Block]:
        text = clean(_text(element))
        if not text:
            yield from self._boxes(element)
            return
        level = self._level(element, text)
        if level is not None:
            yield from self.flush_list()
            while self.headings and self.headings[-1][0] >= level:
                self.headings.pop()
            yield Block("heading", one_line(text), headings=self._path())
            self.headings.append((level, one_line(text)))
        elif self._is_item(element):
            self.items.append(f"- {text}")
        else:
            yield from self.flush_list()
            yield Block("paragraph", text, headings=self._path())
        yield from self._after(element)

    def _after(self, element: etree._Element) -> Iterator[Block]:
        for reference in element.iter(qn("w:footnoteReference"), qn("w:endnoteReference")):
            kind = "endnote" if reference.tag.endswith("endnoteReference") else "footnote"
            if note := self.notes.pop((kind, reference.get(qn("w:id"))), ""):
                yield Block("paragraph", note, headings=self._path())
        yield from self._boxes(element)

    def _boxes(self, element: etree._Element) -> Iterator[Block]:
        for box in element.iter(qn("w:txbxContent")):
            if next(box.iterancestors(f"{_ALTERNATE}Fallback"), None) is None:
                for child in box:
                    yield from self.element(child)
        if element.tag == qn("w:p") and next(element.iter(qn("w:txbxContent")), None) is not None:
            yield from self.flush_list()

    def _level(self, element: etree._Element, text: str) -> int | None:
        properties = element.pPr
        style = properties.style if properties is not None else None
        if style not in self.levels:
            self.levels[style] = _style_level(Paragraph(element, self.document._body))
        outline = element.find(f"{qn('w:pPr')}/{qn('w:outlineLvl')}")
        if outline is not None and (outline.get(qn("w:val")) or "").isdecimal() and int(outline.get(qn("w:val"))) < 9:
            return int(outline.get(qn("w:val"))) + 1
        if self.levels[style] is not None:
            return self.levels[style]
        bold = len(text) <= _LONGEST_BOLD and text[-1] not in ".,;" and not self._is_item(element) and _all_bold(element)
        return _BOLD_LEVEL if bold else None

    def _is_item(self, element: etree._Element) -> bool:
        if element.pPr is not None and element.pPr.numPr is not None:
            return True
        style = Paragraph(element, self.document._body).style
        return style is not None and (style.name or "").lower().startswith("list ")

    def _table(self, element: etree._Element) -> Iterator[Block]:
        rows, header_rows = _grid(element)
        widths = [len(row.filled) for row in rows]
        if not rows or max(widths) < 2:
            for cell in element.iter(qn("w:tc")):
                for child in cell:
                    yield from self.element(child)
            yield from self.flush_list()
            return
        for block in table_blocks(rows, Block("table", "", headings=self._path()), header_rows=header_rows):
            yield replace(block, rows=None)

    def _path(self) -> tuple[str, ...]:
        return tuple(text for _, text in self.headings)


def _text(element: etree._Element) -> str:
    if element.tag in _SKIPPED:
        return ""
    if element.tag in (qn("w:t"), _MATH_TEXT):
        return element.text or ""
    return _BREAKS.get(element.tag, "") + "".join(_text(child) for child in element.iterchildren(etree.Element))


def _notes(document: docx.document.Document, kind: str) -> dict[tuple[str, str | None], str]:
    notes: dict[tuple[str, str | None], str] = {}
    for relation in document.part.rels.values():
        if not relation.is_external and relation.reltype.endswith(f"/{kind}s"):
            for note in parse_xml(relation.target_part.blob).iter(qn(f"w:{kind}")):
                if note.get(qn("w:type")) in (None, "normal"):
                    notes[kind, note.get(qn("w:id"))] = clean("\n".join(_text(each) for each in note.iter(qn("w:p"))))
    return notes


def _style_level(paragraph: Paragraph) -> int | None:
    """Of the style or of one that it is based on; names of built-in styles are English in every Word."""
    style = paragraph.style
    for _ in range(10):
        if style is None:
            return None
        name = (style.name or "").lower()
        if name in _TITLE_STYLES:
            return _TITLE_STYLES[name]
        if match := _HEADING.fullmatch(name):
            return int(match[1])
        style = style.base_style
    return None


def _all_bold(element: etree._Element) -> bool:
    runs = [run for run in element.iter(qn("w:r")) if _text(run).strip()]
    return bool(runs) and all(run.find(f"{qn('w:rPr')}/{qn('w:b')}") is not None for run in runs)


def _grid(table: etree._Element) -> tuple[list[Row], int | None]:
    """Cells with merges filled in. Rows that Word repeats on each page are the header."""
    rows: list[Row] = []
    above: list[str] = []
    header_rows = 0
    for number, element in enumerate(table.iterchildren(qn("w:tr")), start=1):
        cells: list[str] = []
        for cell in element.iter(qn("w:tc")):
            if next(cell.iterancestors(qn("w:tbl"))) is not table:
                continue
            merge = cell.find(f"{qn('w:tcPr')}/{qn('w:vMerge')}")
            span = cell.find(f"{qn('w:tcPr')}/{qn('w:gridSpan')}")
            text = one_line("\n".join(_text(paragraph) for paragraph in cell.iter(qn("w:p"))))
            if merge is not None and merge.get(qn("w:val")) != "restart" and len(cells) < len(above):
                text = text or above[len(cells)]
            value = span.get(qn("w:val"), "1") if span is not None else "1"
            cells += [text] * (min(int(value), 100) if value.isdecimal() else 1)
        above = cells
        if element.find(f"{qn('w:trPr')}/{qn('w:tblHeader')}") is not None and header_rows == len(rows):
            header_rows += 1
        rows.append(Row(number, cells[:1] if len(set(cells)) == 1 else cells))
    return [row for row in rows if row.filled], header_rows or None
