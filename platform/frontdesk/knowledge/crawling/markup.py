"""What stands in a page's HTML besides its text: where it leads, what it is called, whether it wants to be found."""

from __future__ import annotations

import re
from dataclasses import dataclass

from lxml import etree, html

from frontdesk.sdk.web import text_encoding

from . import addresses

# Enough for any page; a longer one is read whole all the same, only not for links beyond this.
MOST_BYTES = 5 * 2**20
MOST_LINKS = 2_000
ROBOT = "frontdesk"
_DECLARED = re.compile(rb"""<meta[^>]+charset\s*=\s*["']?\s*([A-Za-z0-9_:.-]+)""", re.IGNORECASE)
_SEEN = "//body//text()[not(ancestor::script or ancestor::style or ancestor::noscript or ancestor::template)]"
# Where a visitor writes something, as in a contact form; a captcha's own field is none.
_FIELDS = "//*[self::textarea or self::input[not(@type) or @type='text' or @type='email' or @type='tel']]"
_FIELDS += "[not(ancestor::noscript) and not(contains(@name, 'captcha'))]"


@dataclass(frozen=True, slots=True)
class Markup:
    """Addresses are canonical. `canonical` is "" when the page names none; `text` is what a reader sees, in one line."""

    title: str
    canonical: str
    links: tuple[str, ...]
    noindex: bool
    nofollow: bool
    text: str
    has_password: bool
    has_fields: bool
    scripts: int
    source: str

    @property
    def words(self) -> int:
        return len(self.text.split())


def read(body: bytes, url: str, *, charset: str = "", directives: str = "") -> Markup | None:
    """`directives` is the header `X-Robots-Tag`. None for what is no HTML at all."""
    text = _decoded(body[:MOST_BYTES], charset)
    parser = html.HTMLParser(encoding="utf-8", no_network=True, huge_tree=False, remove_comments=True, remove_pis=True)
    try:
        root = html.document_fromstring(text.replace("\x00", "").encode("utf-8", "replace"), parser=parser)
    except (etree.ParserError, etree.XMLSyntaxError):
        return None
    base = _first(root, "//base/@href")
    base = addresses.canonical(base, base=url) or url if base else url
    wanted = _directives(root, directives)
    return Markup(
        title=" ".join((root.findtext(".//title") or "").split())[:255],
        canonical=_canonical(root, url),
        links=_links(root, base),
        noindex=bool(wanted & {"noindex", "none"}),
        nofollow=bool(wanted & {"nofollow", "none"}),
        text=_seen(root),
        has_password=bool(root.xpath("//input[@type='password']")),
        has_fields=bool(root.xpath(_FIELDS)),
        scripts=len(root.xpath("//script")),
        source=text[:200_000].lower(),
    )


def _decoded(body: bytes, charset: str) -> str:
    declared = _DECLARED.search(body[:4096])
    return body.decode(text_encoding(charset or (declared[1].decode("ascii") if declared else "")), "replace")


def _first(root: html.HtmlElement, path: str) -> str:
    return next((str(found) for found in root.xpath(path)), "")


def _canonical(root: html.HtmlElement, url: str) -> str:
    named = _first(root, "//link[contains(concat(' ', normalize-space(@rel), ' '), ' canonical ')]/@href")
    return addresses.canonical(named, base=url) if named else ""


def _directives(root: html.HtmlElement, header: str) -> set[str]:
    """What the page asks of all robots, and of this one."""
    said: set[str] = set()
    for meta in root.xpath("//meta[@name and @content]"):
        if meta.get("name").strip().lower() in {"robots", ROBOT}:
            said |= {part.strip().lower() for part in meta.get("content").split(",")}
    for part in header.lower().split(","):
        robot, colon, rest = part.rpartition(":")
        if not colon or robot.strip() == ROBOT:
            said.add(rest.strip())
    return said


def _links(root: html.HtmlElement, base: str) -> tuple[str, ...]:
    """Once each, in the page's order, without those that the page does not vouch for."""
    found: dict[str, None] = {}
    for link in root.xpath("//a[@href] | //area[@href]"):
        if "nofollow" in (link.get("rel") or "").lower().split():
            continue
        address = addresses.canonical(link.get("href"), base=base)
        if address and addresses.may_be_page(address):
            found[address] = None
            if len(found) == MOST_LINKS:
                break
    return tuple(found)


def _seen(root: html.HtmlElement) -> str:
    return " ".join(" ".join(root.xpath(_SEEN)).split())
