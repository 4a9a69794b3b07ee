"""Web pages as text: for tools that read them, and for the host, which shows a model no markup."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

NOISE = frozenset(
    ("script", "style", "noscript", "template", "svg", "iframe", "object", "embed", "canvas", "head", "nav", "select", "button")
)
INLINE = frozenset(
    ("a", "abbr", "b", "bdi", "bdo", "cite", "code", "em", "i", "kbd", "mark", "q", "s", "small", "span", "strong", "sub")
    + ("sup", "time", "u", "var", "label", "del", "ins", "font")
)
LOOKS_LIKE_HTML = re.compile(r"^\s*(<!doctype html|<html|<head|<body)", re.IGNORECASE)
SPACES = re.compile(r"[ \t\r\n\f\v\xa0]+")


# Python's own inventions and the two of domain names: none is an encoding of the web, and punycode takes hours for a few MB.
NO_ENCODINGS = frozenset(("punycode", "idna", "undefined", "unicode-escape", "raw-unicode-escape", "utf-7", "mbcs", "oem"))


def text_encoding(declared: str) -> str:
    """What a server or a page says that its text is encoded in, when that can be read safely; else UTF-8."""
    try:
        found = codecs.lookup(declared)
    except (LookupError, ValueError):
        return "utf-8"
    safe = getattr(found, "_is_text_encoding", True) and found.name.replace("_", "-") not in NO_ENCODINGS
    return found.name if safe else "utf-8"


@dataclass(frozen=True, slots=True)
class WebPage:
    """What a page says: its title, and its text with one paragraph, list item or row of a table a line."""

    title: str
    text: str


def looks_like_html(text: str) -> bool:
    """Whether a text is a whole HTML page, whatever its media type says."""
    return bool(LOOKS_LIKE_HTML.match(text[:1000]))


def read_page(html: str) -> WebPage:
    """Scripts, styles, menus and markup are left out. A page that is no HTML at all comes back empty or as it is."""
    from lxml import etree
    from lxml import html as parser

    settings = parser.HTMLParser(encoding="utf-8", no_network=True, huge_tree=False, remove_comments=True, remove_pis=True)
    try:
        root = parser.document_fromstring(html.replace("\x00", "").encode("utf-8", "replace"), parser=settings)
    except (etree.ParserError, etree.XMLSyntaxError):
        return WebPage("", "")
    lines = ("".join(_pieces(root))).split("\n")
    tidy = (SPACES.sub(" ", line).strip(" |") for line in lines)
    return WebPage(SPACES.sub(" ", root.findtext(".//title") or "").strip(), "\n".join(line for line in tidy if line))


def _pieces(element: Any) -> Iterator[str]:
    """Depth first; libxml2 caps the depth of a tree at 256."""
    if not isinstance(element.tag, str) or element.tag in NOISE:
        return
    block = element.tag not in INLINE and element.tag not in ("td", "th")
    if block:
        yield "\n"
    if element.tag == "li":
        yield "- "
    yield SPACES.sub(" ", element.text or "")
    for child in element:
        yield from _pieces(child)
        yield SPACES.sub(" ", child.tail or "")
    yield "\n" if block else " | " if element.tag in ("td", "th") else ""
