"""What people do at Frontdesk, in the browser."""

from __future__ import annotations

from playwright.async_api import Locator, Page, expect

from .product import Product


async def sign_in(page: Page, product: Product) -> None:
    await page.goto(f"{product.url}/studio/")
    await page.get_by_label("E-mail").fill(product.demo["email"])
    await page.get_by_label("Password").fill(product.demo["password"])
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("heading", name="Home")).to_be_visible()


async def try_question(page: Page, question: str) -> Locator:
    """Ask in the playground and give the finished answer."""
    await page.wait_for_load_state()
    await page.get_by_label("Ask as a customer").fill(question)
    await page.get_by_role("button", name="Ask", exact=True).click()
    await expect(page.get_by_role("button", name="Stop")).to_be_hidden()
    return page.locator("#trial .s-message[data-author=ai]").last


async def ask(page: Page, question: str) -> None:
    """Ask in the widget, or on the chat's own page."""
    box = page.get_by_role("textbox")
    await box.fill(question)
    await box.press("Enter")


def last_answer(page: Page) -> Locator:
    """What the visitor sees last from the agent."""
    return page.locator("frontdesk-chat .items .agent").last
