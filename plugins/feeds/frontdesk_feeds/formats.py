"""Feeds as they come, read: RSS and Atom by feedparser, JSON Feed 1.1 (jsonfeed.org/version/1.1) here."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin

import feedparser
import orjson
from lxml import etree
from lxml import html as parser

from frontdesk.sdk.loaders import LoadedItem
from frontdesk.sdk.web import looks_like_html, read_page

# The last tag of a document that is there whole: feedparser reads what it can of one that breaks off, and does not tell.
WHOLE = re.compile(rb"</(?:[\w.-]+:)?(?:rss|feed|rdf|channel)\s*>(?:\s|<!--.*?-->)*$", re.IGNORECASE | re.DOTALL)
FEED_TYPES = ("application/rss+xml", "application/atom+xml", "application/feed+json", "application/rdf+xml")


class NoFeed(Exception):
    """It is something else."""


class BrokenOff(Exception):
    """Only the beginning is there."""


@dataclass(frozen=True, slots=True)
class Page:
    """One document of a feed; `next` is the address of the next one, empty at the end."""

    items: list[LoadedItem]
    next: str = ""


def read(body: bytes, url: str, content_type: str) -> Page:
    """Raises NoFeed, BrokenOff."""
    if body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"{":
        return _read_json(body, url)
    headers = {"content-type": content_type or "application/xml", "content-location": url}
    # The host takes the text out of markup in a process of its own, so markup is left as it is.
    found = feedparser.parse(io.BytesIO(body), response_headers=headers, sanitize_html=False, resolve_relative_uris=False)
    if not found.get("version"):
        raise NoFeed
    if found.get("bozo") and not WHOLE.search(body[-2000:]):
        raise BrokenOff
    links = found.feed.get("links", ())
    following = next((link.get("href", "") for link in links if link.get("rel") == "next"), "")
    return Page([item for entry in found.entries if (item := _entry(entry))], urljoin(url, following) if following else "")


def _entry(entry: Mapping[str, Any]) -> LoadedItem | None:
    """The whole text where there is one, else the summary. None for an entry that nothing tells apart."""
    title = _words(entry.get("title_detail") or {"value": entry.get("title", "")})
    texts = [*entry.get("content", ()), entry.get("summary_detail") or {}]
    whole = max(texts, key=lambda text: len(text.get("value") or ""))
    id_ = entry.get("id") or entry.get("link") or title
    if not id_:
        return None
    plain = whole.get("type") == "text/plain"
    return LoadedItem(
        id=id_,
        title=title,
        text=whole.get("value") or title,
        url=entry.get("link", ""),
        media_type="text/plain" if plain else "text/html",
    )


def _words(text: Mapping[str, Any]) -> str:
    """A title without markup."""
    value = str(text.get("value") or "")
    return value if text.get("type") == "text/plain" or not set("<&") & set(value) else read_page(f"<p>{value}").text


def _read_json(body: bytes, url: str) -> Page:
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise (BrokenOff if b"jsonfeed.org/version" in body[:2000] else NoFeed) from error
    if not isinstance(found, dict) or "jsonfeed.org/version" not in str(found.get("version")):
        raise NoFeed
    entries = found.get("items")
    if not isinstance(entries, list):
        raise BrokenOff
    following = found.get("next_url")
    items = [item for entry in entries if isinstance(entry, dict) and (item := _json_item(entry, url))]
    return Page(items, urljoin(url, following) if isinstance(following, str) and following else "")


def _json_item(entry: Mapping[str, Any], url: str) -> LoadedItem | None:
    """Ids should be texts; numbers are to be taken as such."""
    address = urljoin(url, _text(entry, "url") or _text(entry, "external_url"))
    title = _text(entry, "title")
    id_ = str(entry.get("id") or "") or (address if address != url else "") or title
    html = _text(entry, "content_html")
    text = html or _text(entry, "content_text") or _text(entry, "summary") or title
    if not id_:
        return None
    return LoadedItem(id_, title, text, url=address, media_type="text/html" if html else "text/plain")


def _text(entry: Mapping[str, Any], name: str) -> str:
    value = entry.get(name)
    return value if isinstance(value, str) else ""


def feeds_of_page(body: bytes, url: str) -> Iterator[str]:
    """Addresses of feeds that a web page names in its head."""
    text = body.decode("utf-8", "replace").replace("\x00", "")
    if not looks_like_html(text) and b"<link" not in body[:100_000]:
        return
    settings = parser.HTMLParser(encoding="utf-8", no_network=True, huge_tree=False)
    try:
        root = parser.document_fromstring(text.encode("utf-8", "replace"), parser=settings)
    except (etree.ParserError, etree.XMLSyntaxError):
        return
    for link in root.iterfind(".//link"):
        kind = (link.get("type") or "").split(";")[0].strip().lower()
        if "alternate" in (link.get("rel") or "").lower().split() and kind in FEED_TYPES and link.get("href"):
            yield urljoin(url, link.get("href").strip())
