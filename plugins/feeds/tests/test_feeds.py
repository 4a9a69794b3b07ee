"""Feeds as blogs and shops write them, and as nobody should."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from babel.messages.pofile import read_po
from frontdesk_feeds import loader, plugin
from frontdesk_feeds.loader import Feed, FeedSettings

from frontdesk.sdk.errors import LoaderError, NothingNew
from frontdesk.sdk.loaders import LoadedItem
from frontdesk.sdk.testing.context import context_for
from frontdesk.sdk.testing.source_contract import SourceLoaderContract, hostile_xml

RECORDINGS = Path(__file__).parent / "recordings"
ADDRESS = "https://cafe.example/feed/"


def recorded(name: str) -> bytes:
    return (RECORDINGS / name).read_bytes()


def serving(pages: dict[str, bytes | tuple[str, bytes]], **headers: str) -> Callable[[httpx.Request], httpx.Response]:
    """Address → body, or (content type, body)."""

    def answer(request: httpx.Request) -> httpx.Response:
        page = pages.get(str(request.url))
        if page is None:
            return httpx.Response(404)
        kind, body = page if isinstance(page, tuple) else ("application/xml", page)
        return httpx.Response(200, headers={"content-type": kind, **headers}, content=body)

    return answer


async def items(web: Callable[[httpx.Request], httpx.Response], address: str = ADDRESS, context: Any = None) -> list[LoadedItem]:
    made = context or context_for(plugin.manifest(), FeedSettings(address=address), web=web)
    return [item async for item in Feed().items(made)]


class TestContract(SourceLoaderContract):
    module = "frontdesk_feeds.plugin"
    good = {Feed: FeedSettings(address=ADDRESS)}

    def web(self, request: httpx.Request) -> httpx.Response:
        return serving({ADDRESS: recorded("wordpress.xml")}, etag='"1"')(request)


class TestContractForJson(TestContract):
    def web(self, request: httpx.Request) -> httpx.Response:
        return serving({ADDRESS: ("application/feed+json", recorded("feed.json"))})(request)


async def test_the_whole_text_is_taken_not_the_summary() -> None:
    first, second, third = await items(serving({ADDRESS: recorded("wordpress.xml")}))
    assert (first.id, first.title) == ("https://cafe.example/?p=412", "Winter opening hours & the terrace")
    assert first.url == "https://cafe.example/2026/10/winter-opening-hours/"
    assert "on Sundays at ten" in first.text and "The terrace is closed until March" in first.text
    assert first.media_type == "text/html"
    assert second.text == "Sourdough, rye and spelt, every morning from six."
    assert third.text == "Only a title"


async def test_atom_is_read_page_after_page() -> None:
    start, more = "https://werkstatt.example/feed.xml", "https://werkstatt.example/feed.xml?page=2"
    found = await items(serving({start: recorded("atom.xml"), more: recorded("atom_page_2.xml")}), start)
    assert [item.id.rpartition(":")[2] for item in found] == ["reifen", "oel", "bremsen"]
    tyres, oil, _brakes = found
    assert (tyres.title, tyres.url) == ("Reifenwechsel ohne Termin", "https://werkstatt.example/notizen/reifenwechsel")
    assert "von acht bis zwölf" in tyres.text
    assert (oil.media_type, oil.text) == ("text/plain", "Ein Ölwechsel kostet 89 Euro <ohne Filter>.")


async def test_a_page_that_is_missing_is_no_end() -> None:
    """Or what stands on it would be taken for gone."""
    start = "https://werkstatt.example/feed.xml"
    with pytest.raises(LoaderError, match="nothing at this address"):
        await items(serving({start: recorded("atom.xml")}), start)


async def test_json_feed_and_old_rss() -> None:
    spring, works = await items(serving({ADDRESS: ("application/feed+json", recorded("feed.json"))}))
    assert (spring.media_type, spring.text) == ("text/html", "<p>The first boat leaves at <b>7:10</b> from April.</p>")
    assert (works.id, works.url, works.media_type) == ("17", "https://harbour.example/works", "text/plain")
    (night,) = await items(serving({ADDRESS: ("text/xml; charset=iso-8859-1", recorded("rdf.xml"))}))
    assert (night.title, night.text) == ("Nuit des musées", "Entrée libre jusqu'à minuit.")


async def test_the_address_of_a_page_leads_to_its_feed() -> None:
    page = (
        b'<!doctype html><html><head><link rel="alternate" type="application/rss+xml" href="/feed/"></head><body>Hi</body></html>'
    )
    site = serving({"https://cafe.example/": ("text/html", page), ADDRESS: recorded("wordpress.xml")})
    assert len(await items(site, "https://cafe.example/")) == 3
    lies = serving({"https://cafe.example/": ("text/html", page), ADDRESS: ("text/html", page)})
    with pytest.raises(LoaderError, match="though the page says so"):
        await items(lies, "https://cafe.example/")
    with pytest.raises(LoaderError, match="no feed at this address"):
        await items(serving({ADDRESS: ("text/html", b"<html><body>Hi</body></html>")}))


async def test_an_unchanged_feed_is_not_read_again() -> None:
    asked: list[httpx.Headers] = []

    def web(request: httpx.Request) -> httpx.Response:
        asked.append(request.headers)
        if request.headers.get("if-none-match") == '"7"' and request.headers.get("if-modified-since"):
            return httpx.Response(304)
        return serving({ADDRESS: recorded("wordpress.xml")}, etag='"7"', **{"last-modified": "Mon, 05 Oct 2026 08:12:44 GMT"})(
            request
        )

    context = context_for(plugin.manifest(), FeedSettings(address=ADDRESS), web=web)
    assert len(await items(web, context=context)) == 3
    with pytest.raises(NothingNew):
        await items(web, context=context)
    assert "if-none-match" not in asked[0]


@pytest.mark.parametrize(("name", "body"), list(hostile_xml()), ids=[name for name, _body in hostile_xml()])
async def test_a_hostile_feed_does_no_harm(name: str, body: bytes) -> None:
    try:
        found = await items(serving({ADDRESS: body}))
    except LoaderError as error:
        assert str(error).endswith(".")
    else:
        assert sum(len(item.text) for item in found) < 2_000_000
        assert "root:" not in str(found)


@pytest.mark.parametrize("share", [0.3, 0.6, 0.99])
async def test_a_feed_that_breaks_off_is_no_listing(share: float) -> None:
    for name in ("wordpress.xml", "feed.json", "atom_page_2.xml"):
        body = recorded(name)
        with pytest.raises(LoaderError):
            await items(serving({ADDRESS: body[: int(len(body) * share)]}))


async def test_a_sloppy_feed_is_read() -> None:
    """Many are: a bare ampersand, a tag that is never closed."""
    body = recorded("wordpress.xml").replace(b"&#038;", b"&").replace(b"<language>", b"<br>")
    assert len(await items(serving({ADDRESS: body}))) == 3


async def test_the_owner_reads_arabic() -> None:
    context = context_for(plugin.manifest(), FeedSettings(address=ADDRESS), web=serving({}), language="ar")
    with pytest.raises(LoaderError) as refused:
        await items(serving({}), context=context)
    assert str(refused.value) == loader.words.into("ar").gettext("There is nothing at this address any more. Check it.")
    assert not str(refused.value).isascii()


def test_every_sentence_is_translated() -> None:
    folder = Path(loader.__file__).parent / "locale" / "ar" / "LC_MESSAGES"
    with (folder / "messages.po").open("rb") as opened:
        catalogue = read_po(opened)
    source = "".join(path.read_text() for path in Path(loader.__file__).parent.glob("*.py"))
    wanted = {ast.literal_eval(text) for text in re.findall(r"""(?:phrase|[^\w]_)\(\s*("[^"]*")""", source)}
    assert wanted
    assert wanted == {message.id for message in catalogue if message.id}
    compiled = loader.words.into("ar")
    for message in catalogue:
        if message.id:
            assert message.string and not message.fuzzy, message.id
            assert compiled.gettext(message.id) == message.string, "compile the catalogue again"
