"""HTML and Markdown.

trafilatura finds the article in a news page but folds a help page (questions that open, price tables, definition
lists) into one paragraph, so the structure is walked here. Little is thrown away: scripts, navigation, and lists that
are nothing but links. A footer with the phone number stays.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import replace

from lxml import etree, html

from ..clean import clean, one_line
from ..document import Block, Kind
from ..source import Refused, Source
from ..tables import Row, table_blocks
from .plain import read_bytes

_DECLARED = re.compile(rb"""<meta[^>]+charset\s*=\s*["']?\s*([A-Za-z0-9_:.-]+)|<\?xml[^>]+encoding=["']([A-Za-z0-9_.-]+)""", re.I)
_XML_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
_FRONT_MATTER = re.compile(r"\A---\s*\n(.*?)\n---\s*\n", re.DOTALL)
_FRONT_TITLE = re.compile(r"^title:\s*[\"']?(.+?)[\"']?\s*$", re.MULTILINE)
_NOISE = {
    *("script", "style", "noscript", "template", "svg", "iframe", "object", "embed", "canvas", "head", "nav"),
    *("select", "input", "textarea", "button", "audio", "video", "map", "datalist"),
}
_NOISE_ROLES = {"navigation", "search", "menu", "menubar", "toolbar"}
_NOISE_NAMES = re.compile(r"(?:^|[\s_-])(?:breadcrumbs?|cookies?|navbar|skip-link|pagination|share-buttons)(?:$|[\s_-])", re.I)
_HEADINGS = {"h1": 1, "h2": 2, "h3": 3, "h4": 4, "h5": 5, "h6": 6, "summary": 7}
_CONTAINERS = {
    *("html", "body", "div", "section", "article", "main", "header", "footer", "aside", "form", "fieldset", "figure"),
    *("figcaption", "details", "p", "blockquote", "address", "center", "hgroup", "legend", "caption", "tbody", "thead"),
    *("tfoot", "tr", "td", "th", "li", "dd", "dt", "hr", "frameset", "noframes", "dialog", "search"),
}
_STRUCTURE = _CONTAINERS | _HEADINGS.keys() | {"ul", "ol", "dl", "table", "pre"}
_MANY_LINKS = 3


def read(source: Source) -> Iterator[Block]:
    """Blocks of an HTML page."""
    data = source.path.read_bytes()
    found = _DECLARED.search(data[:4096])
    declared = (found[1] or found[2]).decode("ascii") if found else ""
    yield from _blocks(source, read_bytes(source, data, declared=declared))


def read_markdown(source: Source) -> Iterator[Block]:
    """Blocks of a CommonMark file with tables; the title may stand in YAML front matter."""
    from markdown_it import MarkdownIt

    text = read_bytes(source, source.path.read_bytes()).replace("\r\n", "\n")
    if front := _FRONT_MATTER.match(text):
        title = _FRONT_TITLE.search(front[1])
        source.title = title[1] if title else ""
        text = text[front.end() :]
    yield from _blocks(source, MarkdownIt("commonmark").enable("table").render(text))


def _blocks(source: Source, text: str) -> Iterator[Block]:
    parser = html.HTMLParser(encoding="utf-8", no_network=True, huge_tree=False, remove_comments=True, remove_pis=True)
    text = _XML_DECLARATION.sub("", text).replace("\x00", "")
    try:
        root = html.document_fromstring(text.encode("utf-8", errors="replace"), parser=parser)
    except etree.ParserError as error:
        raise Refused("empty", cause=repr(error)) from error
    source.language = one_line(root.get("lang") or root.get("xml:lang") or "")[:35]
    title = one_line(root.findtext(".//title") or "")
    source.title = source.title or title
    walker = _Walker()
    if title and not _has(root, "h1"):
        # Old pages say what they are about in their title only.
        yield Block("heading", title)
        walker.headings.append((0, title))
    for block in walker.walk(root):
        if not source.title and block.kind == "heading":
            source.title = block.text
        yield block


class _Walker:
    """Walks the tree once. libxml2 caps its depth at 256, so recursion is safe."""

    def __init__(self) -> None:
        self.headings: list[tuple[int, str]] = []

    def walk(self, element: html.HtmlElement) -> Iterator[Block]:
        yield from self._children(element)

    def _children(self, element: html.HtmlElement) -> Iterator[Block]:
        inline = [element.text or ""]
        for child in element:
            tag = child.tag if isinstance(child.tag, str) else ""
            if tag in _STRUCTURE or any(inner.tag in _STRUCTURE for inner in child.iter(etree.Element) if inner is not child):
                yield from self._paragraph(inline)
                inline = []
                if not _is_noise(child):
                    yield from self._structure(child, tag)
            elif tag == "br":
                inline.append("\n")
            elif not _is_noise(child):
                inline.append(_text(child))
            inline.append(child.tail or "")
        yield from self._paragraph(inline)

    def _structure(self, child: html.HtmlElement, tag: str) -> Iterator[Block]:
        if tag in _HEADINGS:
            yield from self._heading(child, _HEADINGS[tag])
        elif tag in {"ul", "ol"} and not _has(child, "table", "pre", *_HEADINGS):
            yield from self._block("list", "" if _is_menu(child) else "\n".join(_items(child)))
        elif tag == "dl" and not _has(child, "table", "ul", *_HEADINGS):
            yield from self._block("list", "\n".join(_definitions(child)))
        elif tag == "table" and not _has(child, "table", "ul", "ol", "form", *_HEADINGS):
            yield from self._table(child)
        elif tag == "pre":
            yield from self._block("code", clean(_text(child)))
        elif not _is_menu(child):
            yield from self._children(child)

    def _heading(self, element: html.HtmlElement, level: int) -> Iterator[Block]:
        text = one_line(_text(element))
        while self.headings and self.headings[-1][0] >= level:
            self.headings.pop()
        yield from self._block("heading", text)
        if text:
            self.headings.append((level, text))

    def _paragraph(self, pieces: list[str]) -> Iterator[Block]:
        lines = (" ".join(line.split(" ")) for line in "".join(_folded(pieces)).split("\n"))
        yield from self._block("paragraph", clean("\n".join(lines)))

    def _table(self, table: html.HtmlElement) -> Iterator[Block]:
        rows, header_rows = _grid(table)
        if len(rows) < 2 or max(len(row.filled) for row in rows) < 2:
            yield from self._children(table)
            return
        if caption := table.find("caption"):
            yield from self._block("paragraph", one_line(_text(caption)))
        place = Block("table", "", headings=self._path())
        for block in table_blocks(rows, place, header_rows=header_rows):
            yield replace(block, rows=None)

    def _block(self, kind: Kind, text: str) -> Iterator[Block]:
        if text:
            yield Block(kind, text, headings=self._path())

    def _path(self) -> tuple[str, ...]:
        return tuple(text for _, text in self.headings)


def _folded(pieces: list[str]) -> Iterator[str]:
    """White space of HTML means one space; only <br>, a piece of its own, means a new line."""
    for piece in pieces:
        yield piece if piece == "\n" else re.sub(r"[ \t\r\n\f]+", " ", piece)


def _has(element: html.HtmlElement, *tags: str) -> bool:
    return next(element.iterdescendants(*tags), None) is not None


def _is_noise(element: html.HtmlElement) -> bool:
    if element.tag in _NOISE:
        # Many sites open an answer with a button inside its heading.
        return element.tag != "button" or element.getparent().tag not in _HEADINGS
    if element.get("role") in _NOISE_ROLES:
        return True
    return bool(_NOISE_NAMES.search(f"{element.get('class', '')} {element.get('id', '')}"))


def _is_menu(element: html.HtmlElement) -> bool:
    """Three links or more, and hardly a word beside them."""
    links = [len(one_line(_text(link))) for link in element.iter("a")]
    return len(links) >= _MANY_LINKS and sum(links) > 0.85 * len(one_line(_text(element)))


def _text(element: html.HtmlElement, left_out: Collection[html.HtmlElement] = ()) -> str:
    if element in left_out or not isinstance(element.tag, str) or element.tag in _NOISE - {"button"}:
        return ""
    pieces = [element.text or ""]
    for child in element:
        edge = "\n" if child.tag in _STRUCTURE or child.tag == "br" else ""
        pieces += [edge, _text(child, left_out), edge, child.tail or ""]
    return "".join(pieces)


def _items(element: html.HtmlElement, depth: int = 0) -> Iterator[str]:
    for number, item in enumerate(element.iterchildren("li"), start=1):
        nested = [child for child in item.iter("ul", "ol") if next(child.iterancestors("li")) is item]
        own = one_line(_text(item, nested))
        if own:
            yield f"{'  ' * depth}{f'{number}.' if element.tag == 'ol' else '-'} {own}"
        for child in nested:
            yield from _items(child, depth + 1)


def _definitions(element: html.HtmlElement) -> Iterator[str]:
    term = ""
    for child in element.iter("dt", "dd"):
        text = one_line(_text(child))
        if child.tag == "dt":
            term = text
        elif text:
            yield f"{term.rstrip(':')}: {text}" if term else text


def _grid(table: html.HtmlElement) -> tuple[list[Row], int | None]:
    """The cells with spans filled in, and how many rows are header (None: the page does not say)."""
    rows: list[Row] = []
    down: dict[int, tuple[int, str]] = {}
    header_rows = 0
    for number, element in enumerate(table.iter("tr"), start=1):
        cells: list[str] = []
        source = list(element.iterchildren("td", "th"))
        for cell in source:
            while down.get(len(cells), (0, ""))[0]:
                _carry(cells, down)
            text = one_line(_text(cell))
            for _ in range(_span(cell, "colspan")):
                down[len(cells)] = (_span(cell, "rowspan") - 1, text)
                cells.append(text)
        while down.get(len(cells), (0, ""))[0]:
            _carry(cells, down)
        is_header = bool(source) and (element.getparent().tag == "thead" or all(cell.tag == "th" for cell in source))
        if is_header and header_rows == len(rows):
            header_rows += 1
        rows.append(Row(number, _single(cells)))
    return [row for row in rows if row.filled], header_rows or None


def _single(cells: list[str]) -> list[str]:
    """A cell that spans the whole row is a section's label, said once."""
    return cells[:1] if len(set(cells)) == 1 else cells


def _carry(cells: list[str], down: dict[int, tuple[int, str]]) -> None:
    left, text = down[len(cells)]
    down[len(cells)] = (left - 1, text)
    cells.append(text)


def _span(cell: html.HtmlElement, name: str) -> int:
    value = cell.get(name, "1").strip()
    return min(max(int(value), 1), 100) if value.isdecimal() else 1
