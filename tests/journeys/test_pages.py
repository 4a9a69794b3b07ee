"""Every page that an owner or a customer can open: all of it readable, nothing sideways, nothing in the console."""

from __future__ import annotations

import re
from itertools import chain
from urllib.parse import urldefrag, urlsplit

import pytest
from django.urls import resolve
from playwright.async_api import Page, expect

from .desk import ask, last_answer
from .looks import problems, problems_now
from .product import Product

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.browser]

HREFS = "links => links.map((link) => link.href)"
LEAST = {"index", "agent", "agent_version", "base", "base_ask", "source", "conversation", "channel", "settings_team"}
DOORS = ["/studio/sign-in/", "/studio/sign-up/"]


def kind(path: str) -> str:
    """Pages that differ only in whose they are look alike."""
    return resolve(path).url_name or ""


async def test_every_page_of_the_studio(leila: Page, product: Product) -> None:
    """Follows the links, so that a new page is looked at without being named here."""
    waiting, seen, found = {"index": "/studio/"}, set[str](), list[str]()
    while waiting:
        name, path = waiting.popitem()
        found += await problems(leila, product.url + path, f"studio-{name}")
        seen.add(name)
        for link in await leila.eval_on_selector_all("a[href*='/studio/']:not([download])", HREFS):
            path = urlsplit(urldefrag(link).url).path
            if link.startswith(product.url) and kind(path) not in seen:
                waiting.setdefault(kind(path), path)
    assert seen >= LEAST
    assert not found, "\n".join(found)


async def test_the_doors_of_the_studio(page: Page, product: Product) -> None:
    found = [await problems(page, product.url + path, f"studio-{kind(path)}") for path in DOORS]
    assert not list(chain(*found)), "\n".join(chain(*found))


async def test_what_customers_open(page: Page, product: Product) -> None:
    """The public page, the chat on it while it answers, and the chat's own page."""
    chat_page = f"{product.url}/chat/{product.demo['public_key']}"
    found = [*await problems(page, product.url, "public"), *await problems(page, chat_page, "chat")]
    await page.goto(product.url)
    await page.get_by_role("button", name="Open chat").click()
    await ask(page, product.demo["sample_question"])
    await expect(last_answer(page)).to_contain_text(product.demo["sample_answer_contains"])
    await expect(last_answer(page).get_by_role("button", name="Helpful", exact=True)).to_be_visible()
    await last_answer(page).get_by_role("button", name=re.compile("^Sources")).click()
    found += await problems_now(page, "widget")
    assert not found, "\n".join(found)


@pytest.mark.parametrize("path", ["/api/schema/swagger-ui/", "/api/schema/redoc/"])
async def test_the_documentation_of_the_api_draws_itself(page: Page, product: Product, path: str) -> None:
    await page.goto(product.url + path)
    await expect(page.get_by_text("/api/v1/ai/chat").first).to_be_visible()
