"""The pages that a site itself lists (sitemaps.org, protocol 0.9): XML, plain text, packed, and indexes of these."""

from __future__ import annotations

import io
import zlib
from collections import deque
from collections.abc import Callable, Iterator, Sequence

from lxml import etree

from frontdesk.core.http import Fetched, FetchRefused

from . import addresses

MOST_FILES = 20
MOST_BYTES = 50 * 2**20
MOST_ADDRESSES = 50_000
Get = Callable[[str], Fetched]


def listed(start: str, named: Sequence[str], get: Get) -> Iterator[str]:
    """Canonical addresses of the site in the order of its sitemaps. A sitemap that cannot be read is as good as none."""
    waiting = deque(address for each in named if (address := addresses.canonical(each, base=start)))
    asked: set[str] = set()
    number = 0
    while waiting and len(asked) < MOST_FILES:
        url = waiting.popleft()
        if url in asked or not addresses.same_site(url, start):
            continue
        asked.add(url)
        for kind, found in _entries(url, get):
            address = addresses.canonical(found, base=url)
            if kind == "sitemap":
                waiting.append(address)
            elif address and addresses.same_site(address, start) and addresses.may_be_page(address):
                yield address
                number += 1
                if number >= MOST_ADDRESSES:
                    return


def _entries(url: str, get: Get) -> Iterator[tuple[str, str]]:
    """("url" | "sitemap", address) of one file."""
    try:
        answer = get(url)
    except FetchRefused:
        return
    if answer.status != 200:
        return
    body = _unpacked(answer.body)
    if body.lstrip()[:1] == b"<":
        yield from _of_xml(body)
    else:
        lines = body.decode("utf-8-sig", "replace").splitlines()
        yield from (("url", line.strip()) for line in lines[:MOST_ADDRESSES] if line.strip().startswith("http"))


def _unpacked(body: bytes) -> bytes:
    """A `.gz` as a file; a bomb is cut off."""
    if body[:2] != b"\x1f\x8b":
        return body
    try:
        return zlib.decompressobj(wbits=16 + zlib.MAX_WBITS).decompress(body, MOST_BYTES)
    except zlib.error:
        return b""


def _of_xml(body: bytes) -> Iterator[tuple[str, str]]:
    """Read piece by piece, without entities and without the network."""
    safe = {"resolve_entities": False, "no_network": True, "load_dtd": False, "huge_tree": False, "recover": True}
    try:
        for _event, element in etree.iterparse(io.BytesIO(body), events=("end",), tag=("{*}loc", "loc"), **safe):
            parent = element.getparent()
            kind = etree.QName(parent).localname if parent is not None else ""
            if kind in {"url", "sitemap"} and element.text:
                yield kind, element.text.strip()
            if parent is not None:
                parent.clear()
    except etree.XMLSyntaxError:
        return
