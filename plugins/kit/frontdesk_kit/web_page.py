"""Reading one page of the web."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import httpx
from pydantic import BaseModel, ConfigDict, Field

from frontdesk.sdk import context as sdk
from frontdesk.sdk.errors import ToolError
from frontdesk.sdk.tools import Tool, ToolAnswer
from frontdesk.sdk.web import looks_like_html, read_page, text_encoding

from . import __version__
from .words import phrase

MOST_BYTES = 2 * 2**20
LONGEST = 15_000
DECLARED = re.compile(rb"""charset\s*=\s*["']?\s*([A-Za-z0-9_:.-]+)""", re.IGNORECASE)
READABLE = ("text/", "application/xhtml", "application/json", "application/xml", "application/ld+json")


class PageArguments(BaseModel):
    model_config = ConfigDict(extra="forbid")
    url: str = Field(min_length=8, max_length=2_000, description="The whole address, beginning with https://")


class ReadWebPage(Tool):
    name = "read_web_page"
    label = phrase("Read a web page")
    description = "Read the text of one public web page whose address is known, for example one that the customer sent."
    arguments = PageArguments

    async def call(self, arguments: PageArguments, context: sdk.Context) -> ToolAnswer:
        url = arguments.url.strip()
        host = urlsplit(url).hostname if url.lower().startswith(("https://", "http://")) else None
        if not host:
            raise ToolError(f"{url[:200]!r} is not a web address. It should look like https://example.com/page.")
        try:
            address, body, encoding, kind = await _fetch(context, url)
        except httpx.TimeoutException as error:
            raise ToolError(f"{host} did not answer in time.") from error
        except httpx.TooManyRedirects as error:
            raise ToolError("This address redirects too many times.") from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise ToolError(f"{host} could not be reached, or is not open to the public.") from error
        text = body.decode(encoding, "replace").replace("\x00", "")
        page = read_page(text) if "html" in kind or looks_like_html(text) else None
        said = (page.text if page else text).strip()
        if not said:
            raise ToolError(f"The page {address} has no text; it may need a browser, or a password.")
        return ToolAnswer(said[:LONGEST], title=(page.title if page else "") or host, url=address)


async def _fetch(context: sdk.Context, url: str) -> tuple[str, bytes, str, str]:
    """(address after redirects, the first bytes, encoding, media type). Raises httpx errors, and ToolError for no page."""
    async with (
        context.http(timeout=15) as client,
        client.stream("GET", url, follow_redirects=True, headers={"User-Agent": f"Frontdesk-kit/{__version__}"}) as response,
    ):
        kind = response.headers.get("content-type", "text/html").split(";")[0].strip().lower()
        if response.status_code >= 400:
            raise ToolError(f"The page answered with an error ({response.status_code}).")
        if not kind.startswith(READABLE):
            raise ToolError(f"This is no page with text, but a file of the kind {kind}.")
        body = b""
        async for piece in response.aiter_bytes():
            body += piece
            if len(body) >= MOST_BYTES:
                break
        return str(response.url), body[:MOST_BYTES], _encoding(response, body), kind


def _encoding(response: httpx.Response, body: bytes) -> str:
    """As the header or the page itself declares it (HTML standard, 13.2.3.2), else UTF-8."""
    declared = DECLARED.search(body[:2048])
    return text_encoding(response.charset_encoding or (declared[1].decode() if declared else "utf-8"))
