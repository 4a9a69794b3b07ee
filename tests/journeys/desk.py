"""What people do at Frontdesk, in the browser."""

from __future__ import annotations

from playwright.async_api import Locator, Page, expect

from tests.ground.live import Web

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


async def let_the_script_speak(page: Page, scripted: Web) -> None:
    """Under Fine-tune, an owner chooses which AI answers."""
    await page.goto(f"{scripted.url}/studio/agents/")
    await page.get_by_role("link", name="Mila").click()
    await page.wait_for_load_state()
    await page.get_by_text("Fine-tune").click()
    await page.get_by_label("Which AI answers?").select_option("Scripted, its best model")
    await page.get_by_role("button", name="Put live").click()
    await expect(page.get_by_text("Live. Customers get this from now on.")).to_be_visible()
