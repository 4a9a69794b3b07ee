"""Wikipedia, by its own API (www.mediawiki.org/wiki/API:Search and Extension:TextExtracts)."""

from __future__ import annotations

import re
from typing import Any

import httpx
import orjson
from pydantic import BaseModel, ConfigDict, Field

from frontdesk.sdk import context as sdk
from frontdesk.sdk.errors import ToolError
from frontdesk.sdk.tools import Tool, ToolAnswer

from . import __version__
from .words import phrase

ARTICLES = 3
LONGEST_EXTRACT = 3_000
LANGUAGE = re.compile(r"^[a-z]{2,3}(-[a-z]{2,12})?$")
# Wikimedia asks programs to say who they are (foundation.wikimedia.org, User-Agent policy).
USER_AGENT = f"Frontdesk-kit/{__version__} (a customer service assistant)"


class WikipediaArguments(BaseModel):
    model_config = ConfigDict(extra="forbid")
    query: str = Field(min_length=1, max_length=300, description="What to look for: a name or a few words")
    language: str = Field(default="", max_length=16, description="Which Wikipedia: en, de, ar… Empty: the customer's language.")


class SearchWikipedia(Tool):
    name = "search_wikipedia"
    label = phrase("Wikipedia")
    description = "Look something up in Wikipedia: people, places, terms, general facts. Not for facts about this business."
    arguments = WikipediaArguments

    async def call(self, arguments: WikipediaArguments, context: sdk.Context) -> ToolAnswer:
        language = (arguments.language or context.language or "en").strip().lower()
        if not LANGUAGE.match(language):
            raise ToolError(f"{language!r} is no language code. Use one such as en, de or ar.")
        articles = _articles(await _ask(context, language, arguments.query))
        if not articles:
            raise ToolError(f"The Wikipedia in {language!r} has nothing for {arguments.query!r}. Try other words, or en.")
        text = "\n\n".join(f"{each['title']} ({each['fullurl']})\n{each['extract'][:LONGEST_EXTRACT]}" for each in articles)
        return ToolAnswer(text, title=articles[0]["title"], url=articles[0]["fullurl"])


async def _ask(context: sdk.Context, language: str, query: str) -> Any:
    parameters: dict[str, str | int] = {
        "action": "query",
        "format": "json",
        "formatversion": 2,
        "redirects": 1,
        "generator": "search",
        "gsrsearch": query,
        "gsrlimit": ARTICLES,
        "prop": "extracts|info",
        "exintro": 1,
        "explaintext": 1,
        "exlimit": ARTICLES,
        "inprop": "url",
    }
    address = f"https://{language}.wikipedia.org/w/api.php"
    try:
        async with context.http(timeout=10) as client:
            response = await client.get(address, params=parameters, headers={"User-Agent": USER_AGENT})
            response.raise_for_status()
            return orjson.loads(response.content)
    except httpx.ConnectError as error:
        raise ToolError(f"There is no Wikipedia in {language!r}, or it cannot be reached. Try en.") from error
    except (httpx.HTTPError, orjson.JSONDecodeError) as error:
        raise ToolError("Wikipedia did not answer properly. Try again later.") from error


def _articles(answer: Any) -> list[dict[str, Any]]:
    """Those that say something, the best first."""
    found = answer.get("query", {}).get("pages", []) if isinstance(answer, dict) else []
    pages = [page for page in found if page.get("extract") and page.get("fullurl")]
    return sorted(pages, key=lambda page: page.get("index", ARTICLES))
