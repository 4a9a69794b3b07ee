"""The whole product in processes of its own, and browsers that look at it as its people do."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from typing import Any

import psycopg
import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, expect
from psycopg.conninfo import make_conninfo

from frontdesk.core import engines
from tests.ground.live import Web
from tests.ground.migrated import time_stands_still

from .desk import sign_in
from .handicap import handicap
from .product import Product

Open = Callable[..., Awaitable[Page]]
PATIENCE = 60_000
"""Milliseconds that a busy machine may take for what is quick."""
expect.set_options(timeout=PATIENCE)
MAKERS_LOGO = "https://cdn.redoc.ly/redoc/logo-mini.svg"
"""ReDoc asks for it by itself; our content policy refuses, as it should, and the page does without."""

DRAFT = "status of 400"
"""Wagtail saves a new page by itself while it is written, and is refused as long as the page has no title."""

REPLACED = {"htmx:sendAbort", "htmx:afterRequest"}
"""So HTMX logs that a look was broken off for a newer one. Of what really fails it logs more than that."""


@pytest.fixture(scope="session")
def own_database(engines_up: None, migrated_template: str) -> Iterator[str]:
    with database_beside(f"test_journeys_{os.getpid()}", migrated_template) as address:
        yield address


@contextmanager
def database_beside(name: str, migrated_template: str) -> Iterator[str]:
    """A database beside that of the other tests, migrated as theirs; what a killed run leaves the next one drops."""
    with psycopg.connect(engines.database_url(), dbname="postgres", autocommit=True) as maintenance:
        maintenance.execute(f'CREATE DATABASE "{name}" TEMPLATE "{migrated_template}"')
        yield make_conninfo(engines.database_url(), dbname=name)
        maintenance.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture(scope="session")
def product(own_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    product = Product(tmp_path_factory.mktemp("journeys"), own_database)
    try:
        with time_stands_still():
            product.start()
        yield product
    finally:
        product.stop()
        engines.clean(product.launch.data)


@pytest.fixture
def scripted(product: Product) -> Iterator[Web]:
    web = product.scripted()
    yield web
    web.stop()


@pytest_asyncio.fixture(loop_scope="session", scope="session")
async def leilas_cookies(browser: Browser, product: Product) -> Any:
    """Leila owns the café and is signed in."""
    context = await browser.new_context(locale="en-US")
    page = await context.new_page()
    await sign_in(page, product)
    state = await context.storage_state()
    await context.close()
    return state


@pytest_asyncio.fixture(loop_scope="session")
async def open_browser(browser: Browser) -> AsyncIterator[Open]:
    """A new browser of somebody: `await open_browser(width=390, storage_state=…)` gives its page.

    None of its pages may log an error: an exception, a broken content policy, a file that is missing.
    """
    errors: list[str] = []
    async with AsyncExitStack() as stack:

        async def open(width: int = 1366, height: int = 860, **options: Any) -> Page:
            usual = {"viewport": {"width": width, "height": height}, "locale": "en-US", "reduced_motion": "reduce"}
            context = await browser.new_context(**{**usual, **options})
            stack.push_async_callback(context.close)
            watch(context, errors)
            context.set_default_timeout(PATIENCE)
            await handicap(context)
            return await context.new_page()

        yield open
    assert errors == []


def watch(context: BrowserContext, errors: list[str]) -> None:
    def heard(line: ConsoleMessage) -> None:
        place = line.page.url if line.page else ""
        known = MAKERS_LOGO in line.text or line.text in REPLACED or (DRAFT in line.text and "/cms/pages/add/" in place)
        if line.type == "error" and not known:
            errors.append(f"{place}: {line.text}")

    context.on("weberror", lambda error: errors.append(str(error.error)))
    context.on("console", heard)


@pytest_asyncio.fixture(loop_scope="session")
async def page(open_browser: Open) -> Page:
    """Of somebody who comes for the first time."""
    return await open_browser()


@pytest_asyncio.fixture(loop_scope="session")
async def leila(open_browser: Open, leilas_cookies: Any) -> Page:
    """The café's owner, signed in."""
    return await open_browser(storage_state=leilas_cookies)
