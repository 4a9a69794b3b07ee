"""An answer is heard: tried, read out by the offline voice in a real player, by keyboard, and said when it cannot be."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, Route, expect

from .desk import try_question
from .product import Product

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.browser]
HEARD = "player => player.currentTime > 0.2 && player.error === null"


async def test_listening_to_an_answer(leila: Page, product: Product) -> None:
    page = leila
    await page.goto(f"{product.url}/studio/agents/")
    await page.get_by_role("link", name="Mila").first.click()
    answer = await try_question(page, product.demo["sample_question"])
    button = answer.get_by_role("button", name="Listen")
    await button.focus()
    await page.keyboard.press("Enter")
    player = answer.get_by_label("The answer, read out")
    await expect(player).to_be_focused()
    await page.wait_for_function(HEARD, arg=await player.element_handle())

    async def break_off(route: Route) -> None:
        await route.fulfill(content_type="audio/mpeg", body="This is no audio.")

    await page.route("**/studio/listen/*/audio/", break_off)
    again = await try_question(page, product.demo["sample_question"])
    await again.get_by_role("button", name="Listen").click()
    await expect(again.get_by_role("alert")).to_contain_text("cannot be read out")
