"""Home's cards: all of them are drawn, and an owner arranges them by keyboard alone."""

from __future__ import annotations

import pytest
from playwright.async_api import Locator, Page, expect

from .looks import problems_now
from .product import Product
from .test_keyboard import tab_to

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.browser]


async def open_home(page: Page, product: Product) -> None:
    await page.goto(f"{product.url}/studio/")
    await expect(page.locator(".h-card")).not_to_have_count(0)
    await expect(page.locator(".h-waiting")).to_have_count(0)


def names(page: Page) -> Locator:
    return page.locator("#board .h-card h3")


async def order(page: Page) -> list[str]:
    return await names(page).evaluate_all("names => names.map((name) => name.lastChild.textContent.trim())")


async def press(page: Page, button: str) -> None:
    await tab_to(page, page.get_by_role("button", name=button, exact=True))
    await page.keyboard.press("Enter")


async def test_every_card_is_drawn_and_can_be_read(leila: Page, product: Product) -> None:
    await open_home(leila, product)
    assert await leila.locator(".h-card").count() == 8
    assert await leila.get_by_text("could not be drawn").count() == 0
    await expect(leila.locator(".h-card", has_text="Conversations").locator("tbody tr")).to_have_count(30)
    found = await problems_now(leila, "home-cards")
    assert not found, "\n".join(found)


async def test_arranging_by_keyboard(leila: Page, product: Product) -> None:
    await leila.goto(f"{product.url}/studio/home/arrange/")
    await expect(leila.locator(".h-waiting")).to_have_count(0)
    before = await order(leila)
    await press(leila, f"Move {before[0]} later")
    await expect(names(leila).first).to_contain_text(before[1])
    await expect(leila.get_by_role("button", name=f"Move {before[0]} later")).to_be_focused()
    await leila.keyboard.press("Enter")
    await expect(names(leila).nth(2)).to_contain_text(before[0])
    await expect(leila.get_by_role("status")).to_contain_text("Now at place 3.")
    await leila.keyboard.press("Shift+Tab")
    await leila.keyboard.press("Enter")
    await expect(names(leila).nth(1)).to_contain_text(before[0])
    await expect(leila.get_by_role("button", name=f"Move {before[0]} earlier")).to_be_focused()
    await leila.keyboard.press("Enter")
    await expect(names(leila).first).to_contain_text(before[0])
    await expect(leila.get_by_role("button", name=f"Move {before[0]} later")).to_be_focused()
    assert await order(leila) == before

    await press(leila, f"Take away {before[0]}")
    await expect(names(leila)).to_have_count(7)
    await expect(leila.get_by_role("heading", name="On your Home page")).to_be_focused()
    await leila.get_by_role("button", name="Undo").click()
    await expect(names(leila)).to_have_count(8)
    assert await order(leila) == before


async def test_a_card_is_added_and_set_up(leila: Page, product: Product) -> None:
    await leila.goto(f"{product.url}/studio/home/arrange/")
    await leila.get_by_role("button", name="Add Busiest hours").click()
    await expect(names(leila)).to_have_count(9)
    await expect(leila.get_by_role("button", name="Move Busiest hours earlier").last).to_be_focused()
    found = await problems_now(leila, "arrange-cards")
    await leila.get_by_role("link", name="Set up Busiest hours").last.click()
    await leila.get_by_label("How many days to look back").select_option("90")
    await leila.get_by_role("button", name="Save").click()
    await expect(leila.get_by_role("heading", name="Arrange your cards")).to_be_visible()
    await leila.get_by_role("button", name="Take away Busiest hours").last.click()
    await expect(names(leila)).to_have_count(8)
    assert not found, "\n".join(found)


async def test_a_question_leads_to_its_answer(leila: Page, product: Product) -> None:
    await leila.goto(f"{product.url}/studio/write-answer/?question=Do+you+rent+bicycles%3F")
    await expect(leila.get_by_role("heading", name="Where does the answer belong?")).to_be_visible()
    await leila.get_by_role("link", name="Café knowledge").click()
    await expect(leila.get_by_label("When customers ask")).to_have_value("Do you rent bicycles?")
    await expect(leila.get_by_role("button", name="Learn this answer")).to_be_visible()
