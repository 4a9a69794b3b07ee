"""A feed as a place that content is taken from."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx
from pydantic import BaseModel, Field

from frontdesk.sdk.context import Context
from frontdesk.sdk.errors import LoaderError, NothingNew
from frontdesk.sdk.forms import WebAddress
from frontdesk.sdk.loaders import LoadedItem, SourceLoader
from frontdesk.sdk.words import Words

from . import __version__, formats

words = Words(__package__)
MIB = 2**20
MOST_BYTES = 5 * MIB
MOST_PAGES = 20
SECONDS = 20.0
ACCEPT = "application/atom+xml, application/rss+xml, application/feed+json, application/xml;q=0.9, text/html;q=0.7, */*;q=0.5"


class FeedSettings(BaseModel):
    address: WebAddress = Field(
        min_length=8,
        max_length=2_000,
        title=words.phrase("Address of the feed, or of the page that has one"),
        examples=["https://example.com/blog/"],
    )


@dataclass(frozen=True, slots=True)
class Fetched:
    url: str
    body: bytes
    headers: httpx.Headers


class Feed(SourceLoader):
    slug = "feed"
    label = words.phrase("Blog or news feed")
    description = words.phrase("Learns each article of a feed: RSS, Atom or JSON Feed. New ones come by themselves.")
    config_model = FeedSettings
    lists_all = False

    async def items(self, context: Context) -> AsyncIterator[LoadedItem]:
        """Remembered is only what was given whole: the address, ETag and Last-Modified of its first page."""
        _ = words.into(context.language).gettext
        async with context.http(timeout=SECONDS) as client:
            address, page, first = await _first(client, context.settings.address, await context.storage.get("seen") or {}, _)
            pages = [page]
            been = {address}
            while page.next and page.next not in been and len(pages) < MOST_PAGES:
                been.add(page.next)
                fetched = await _fetch(client, page.next, {}, _)
                page = _read(fetched, _)
                pages.append(page)
        for each in pages:
            for item in each.items:
                yield item
        seen = {"url": address, "etag": first.headers.get("etag", ""), "modified": first.headers.get("last-modified", "")}
        await context.storage.put("seen", seen)


async def _first(
    client: httpx.AsyncClient, address: str, seen: Mapping[str, str], _: Callable[[str], str]
) -> tuple[str, formats.Page, Fetched]:
    """The feed itself, or the one that the page at this address names: its address, what it says, how it came."""
    fetched = await _fetch(client, address, seen, _)
    try:
        return address, formats.read(fetched.body, fetched.url, fetched.headers.get("content-type", "")), fetched
    except formats.BrokenOff as error:
        raise LoaderError(_("The feed breaks off in the middle. It is tried again by itself.")) from error
    except formats.NoFeed:
        named = next(formats.feeds_of_page(fetched.body, fetched.url), "")
    if not named:
        raise LoaderError(_("There is no feed at this address. Look for “RSS” or “Feed” on the website, and paste that link."))
    fetched = await _fetch(client, named, seen, _)
    return named, _read(fetched, _), fetched


def _read(fetched: Fetched, _: Callable[[str], str]) -> formats.Page:
    try:
        return formats.read(fetched.body, fetched.url, fetched.headers.get("content-type", ""))
    except formats.BrokenOff as error:
        raise LoaderError(_("The feed breaks off in the middle. It is tried again by itself.")) from error
    except formats.NoFeed as error:
        raise LoaderError(_("There is no feed at %(url)s, though the page says so.") % {"url": fetched.url[:200]}) from error


async def _fetch(client: httpx.AsyncClient, url: str, seen: Mapping[str, str], _: Callable[[str], str]) -> Fetched:
    """Raises NothingNew, and LoaderError in the owner's words."""
    headers = {"User-Agent": f"Frontdesk-feeds/{__version__}", "Accept": ACCEPT}
    if seen.get("url") == url:
        asked = {"If-None-Match": seen.get("etag"), "If-Modified-Since": seen.get("modified")}
        headers |= {name: value for name, value in asked.items() if value}
    host = urlsplit(url).hostname or url[:100]
    try:
        async with client.stream("GET", url, headers=headers, follow_redirects=True) as response:
            _check(response, host, _)
            return Fetched(str(response.url), await _body(response, _), response.headers)
    except httpx.TimeoutException as error:
        raise LoaderError(_("%(host)s did not answer in time. It is tried again by itself.") % {"host": host}) from error
    except httpx.TooManyRedirects as error:
        raise LoaderError(_("This address redirects too many times.")) from error
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise LoaderError(
            _("%(host)s could not be reached, or is not open to the public. Check the address.") % {"host": host}
        ) from error


def _check(response: httpx.Response, host: str, _: Callable[[str], str]) -> None:
    status = response.status_code
    if status == 304:
        raise NothingNew
    if status in {401, 403, 407}:
        raise LoaderError(_("%(host)s asks for a password, or does not let programs read this.") % {"host": host})
    if status in {404, 410}:
        raise LoaderError(_("There is nothing at this address any more. Check it."))
    if status >= 400:
        said = _("%(host)s answered with an error (%(status)s). It is tried again by itself.")
        raise LoaderError(said % {"host": host, "status": status})


async def _body(response: httpx.Response, _: Callable[[str], str]) -> bytes:
    body = b""
    async for piece in response.aiter_bytes():
        body += piece
        if len(body) > MOST_BYTES:
            raise LoaderError(
                _("This feed is larger than %(limit)s MiB. Ask its owner for a smaller one.") % {"limit": MOST_BYTES // MIB}
            )
    return body
