"""By keyboard alone: sign in, find the agent, change it, try it, ask why. What has the focus can be seen."""

from __future__ import annotations

import pytest
from playwright.async_api import Locator, Page, expect

from .product import Product

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.browser]

MOST_STOPS = 60
FOCUS_SHOWS = """node => {
    const style = getComputedStyle(node);
    return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1;
}"""


async def tab_to(page: Page, wanted: Locator) -> None:
    for _stop in range(MOST_STOPS):
        if await wanted.evaluate("node => node === document.activeElement"):
            assert await wanted.evaluate(FOCUS_SHOWS), f"nobody sees that {wanted} has the focus"
            return
        await page.keyboard.press("Tab")
    raise AssertionError(f"{MOST_STOPS} times Tab does not lead to {wanted}")


async def test_from_the_door_to_an_answer(page: Page, product: Product) -> None:
    await page.goto(f"{product.url}/studio/")
    await tab_to(page, page.get_by_label("E-mail"))
    await page.keyboard.type(product.demo["email"])
    await tab_to(page, page.get_by_label("Password"))
    await page.keyboard.type(product.demo["password"])
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Home")).to_be_visible()
    await page.wait_for_load_state()
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("link", name="Skip to the page")).to_be_focused()

    await page.keyboard.press("Control+k")
    await expect(page.get_by_role("combobox", name="Find anything")).to_be_focused()
    await page.keyboard.type("Nour")
    await page.keyboard.press("Escape")
    await page.keyboard.press("Control+k")
    await page.keyboard.press("Control+a")
    await page.keyboard.type("Mila")
    await expect(page.get_by_role("option").first).to_contain_text("Mila")
    await page.keyboard.press("Enter")

    await expect(page.get_by_role("heading", name="Mila", level=1)).to_be_visible()
    await page.wait_for_load_state()
    await tab_to(page, page.get_by_label("Greeting"))
    await page.keyboard.press("Control+a")
    await page.keyboard.type("Hello by keyboard")
    await expect(page.locator("#trial [data-welcome]").first).to_have_text("Hello by keyboard")
    await tab_to(page, page.get_by_label("Ask as a customer"))
    await page.keyboard.type(product.demo["sample_question"])
    await page.keyboard.press("Enter")
    answer = page.locator("#trial .s-message[data-author=ai]").last
    await expect(answer).to_contain_text(product.demo["sample_answer_contains"])
    await expect(page.get_by_label("Ask as a customer")).to_be_focused()

    why = answer.locator("summary")
    for _stop in range(MOST_STOPS):
        if await why.evaluate("node => node === document.activeElement"):
            break
        await page.keyboard.press("Shift+Tab")
    await page.keyboard.press("Enter")
    await expect(answer.get_by_text("It cost nothing.")).to_be_visible()
