"""What is pressed or written before the page is ready for it: its scripts, or the conversation that was asked for."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import Page, Route, expect

from .product import Product
from .test_order import Held, open_first

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.browser]


@asynccontextmanager
async def without(page: Page, script: str) -> AsyncIterator[None]:
    """One of the page's scripts comes when this is over."""
    here = asyncio.Event()

    async def late(route: Route) -> None:
        await here.wait()
        await route.continue_()

    address = re.compile(rf"/{script}(\.\w+)?\.js")
    await page.route(address, late)
    yield
    here.set()
    await page.wait_for_load_state()
    await page.unroute(address)


async def test_a_deletion_is_asked_about_though_its_scripts_are_late(leila: Page, product: Product) -> None:
    await leila.goto(f"{product.url}/studio/knowledge/")
    await leila.get_by_role("link", name="Café knowledge").click()
    await leila.get_by_role("link", name="Fine-tune").click()
    await leila.wait_for_url("**/fine-tune/")
    async with without(leila, "js/confirm"):
        await leila.goto(leila.url, wait_until="commit")
        await leila.get_by_role("button", name="Delete").click()
        name = leila.get_by_label("Name", exact=True)
        await name.fill("Begun early")
    asks = leila.get_by_role("dialog").filter(has_text="all its sources will be deleted")
    await expect(asks).to_be_visible()
    await asks.get_by_role("button", name="Not now").click()
    await expect(name).to_have_value("Begun early")
    await expect(leila.get_by_text("Not saved yet")).to_be_visible()


async def test_who_takes_over_before_the_scripts_are_there_has_taken_over(leila: Page, product: Product) -> None:
    await open_first(leila, product)
    box = leila.locator("#reply-text")
    async with without(leila, "inbox/main"):
        await leila.goto(leila.url, wait_until="commit")
        await leila.get_by_role("button", name="Take over").click()
        await box.fill("I am here")
    await expect(leila.get_by_role("button", name="Give back to the AI")).to_be_visible()
    await expect(box).to_have_value("I am here")
    await leila.reload()
    await expect(box).to_have_value("I am here")
    await box.fill("")
    await leila.get_by_role("button", name="Give back to the AI").click()
    await expect(leila.get_by_role("button", name="Take over")).to_be_visible()


async def test_what_is_sent_with_enter_before_the_scripts_are_there_is_sent(leila: Page, product: Product) -> None:
    await open_first(leila, product)
    box = leila.locator("#reply-text")
    async with without(leila, "inbox/main"):
        await leila.goto(leila.url, wait_until="commit")
        await leila.get_by_text("Note for the team", exact=True).click()
        await box.fill("Wrote before the page was there")
        await box.press("Enter")
        await expect(box).to_have_value("Wrote before the page was there")
    await expect(leila.locator(".i-note").last).to_contain_text("Wrote before the page was there")
    await expect(box).to_have_value("")


async def test_a_key_is_for_the_conversation_that_was_asked_for(leila: Page, product: Product) -> None:
    """Not for the one that stands there while the other one is on its way; and letters that follow are no keys."""
    await open_first(leila, product)
    left = str(await leila.locator("#desk").get_attribute("data-conversation"))
    pages, told = Held(), []
    leila.on("request", lambda request: told.append(request.url) if request.method == "POST" and "/who/" in request.url else None)
    await leila.route(re.compile(r"/conversations/[0-9a-f-]{36}/\?"), pages)
    await leila.keyboard.press("j")
    first = await pages.come()
    for key in "nte":
        await leila.keyboard.press(key)
    pages.let_go(first)
    note = leila.get_by_label("A note for the team")
    await expect(note).to_be_focused()
    await note.press("Escape")
    await leila.keyboard.press("k")
    second = await pages.come(after=first)
    await leila.keyboard.press("j")
    await pages.come(after=second)
    await leila.keyboard.press("t")
    pages.let_go()
    given_back = leila.get_by_role("button", name="Give back to the AI")
    await expect(given_back).to_be_visible()
    assert [left in url for url in told] == [False]
    await given_back.click()
    await expect(leila.get_by_role("button", name="Take over")).to_be_visible()
