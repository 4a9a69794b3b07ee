"""Text of HTML, as blocks."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree, html

from frontdesk.sdk.loaders import TextBlock

PARSER = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
HEADINGS = {f"h{level}": level for level in range(1, 7)}
BLOCKS = {"p": "paragraph", "li": "item", "pre": "code", "blockquote": "paragraph", "td": "paragraph", "dd": "paragraph"}
SKIPPED = ("script", "style", "head", "nav", "template", "noscript")


def paragraphs_of(data: bytes, *, below: int = 0) -> Iterator[TextBlock]:
    """Headings, paragraphs and list items. `below` moves headings down: a chapter of a book stands below the book's title."""
    root = html.fromstring(data or b"<p></p>", parser=html.HTMLParser(encoding="utf-8", no_network=True))
    etree.strip_elements(root, *SKIPPED, with_tail=False)
    found = False
    for element in root.iter(*HEADINGS, *BLOCKS):
        if any(ancestor.tag in BLOCKS for ancestor in element.iterancestors()):
            continue  # it was part of the block around it
        text = " ".join(element.text_content().split())
        if not text:
            continue
        found = True
        if element.tag in HEADINGS:
            yield TextBlock("heading", text, level=min(6, HEADINGS[element.tag] + below))
        else:
            yield TextBlock(BLOCKS[element.tag], text)  # type: ignore[arg-type]
    if not found and (text := " ".join(root.text_content().split())):
        yield TextBlock("paragraph", text)
