"""An owner finds two prices for one thing, sees what a change would alter, and calls the rest fine."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, expect

from .looks import problems, problems_now
from .product import Product

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.browser]
TEXTS = {"Menu": "Breakfast costs 12 € for every guest.", "Website": "Breakfast costs 14 € for every guest."}


async def write(leila: Page, title: str, text: str) -> None:
    await leila.locator("label", has_text="Text").first.click()
    way = leila.locator('[data-way="text"]')
    await way.get_by_label("Title").fill(title)
    await way.get_by_label("What should it know?").fill(text)
    await way.get_by_role("button").click()
    await expect(leila.locator("#sources").get_by_role("link", name=title, exact=True)).to_be_visible()


async def test_from_two_prices_to_one(leila: Page, product: Product) -> None:
    await leila.goto(f"{product.url}/studio/knowledge/new/")
    await leila.get_by_label("What is it about?").fill("Breakfast")
    await leila.get_by_role("main").get_by_role("button").first.click()
    for title, text in TEXTS.items():
        await write(leila, title, text)
    await expect(leila.locator("#sources").get_by_text("Ready", exact=True)).to_have_count(2)
    await leila.get_by_role("link", name="Health").click()
    await expect(leila.get_by_role("heading", name="See how your knowledge is")).to_be_visible()
    found = await problems_now(leila, "studio-health-none")
    await leila.get_by_role("button", name="Look now").click()
    await expect(leila.get_by_role("heading", name="Two different prices")).to_be_visible()
    found += await problems_now(leila, "studio-health")

    await leila.get_by_role("link", name="Website").click()
    await leila.get_by_role("button", name="If it is deleted").click()
    await expect(leila.get_by_text("No past answer rests on this.")).to_be_visible()
    found += await problems_now(leila, "studio-source-foreseen")
    await leila.go_back()

    await leila.get_by_role("button", name="This is fine").press("Enter")
    await expect(leila.get_by_role("heading", name="Nothing to look at")).to_be_visible()
    await expect(leila.locator(".k-badge")).to_have_count(0)
    await leila.get_by_role("link", name="What you called fine").click()
    await leila.locator(".k-finding").get_by_role("button", name="Show again").click()
    await expect(leila.get_by_role("heading", name="Nothing is put aside")).to_be_visible()
    await expect(leila.locator(".k-badge")).to_have_text("1 to look at")
    await leila.get_by_role("link", name="Back to what is open").click()
    await leila.locator(".k-side-of", has_text="14 €").get_by_role("button", name="Leave this passage out").click()
    await expect(leila.get_by_role("heading", name="Nothing to look at")).to_be_visible()
    found += await problems(leila, f"{product.url}/studio/knowledge/questions/", "studio-questions")
    assert found == []
