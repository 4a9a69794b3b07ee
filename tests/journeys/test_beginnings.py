"""Somebody new: from signing up to a chat to share, along the first steps; the same in Arabic."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, expect

from .conftest import Open
from .desk import ask, last_answer, try_question
from .looks import problems
from .product import Product

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.browser]

PASSWORD = "correct horse battery staple"
QUESTION = "Do you repair cargo bikes?"
ANSWER = "We repair cargo bikes on Tuesdays, from 30 euro."


async def sign_up(page: Page, product: Product, business: str, email: str) -> None:
    await page.goto(f"{product.url}/studio/sign-up/")
    for name, words in {"workspace_name": business, "full_name": "Sam Rivers", "email": email, "password": PASSWORD}.items():
        await page.locator(f"[name={name}]").fill(words)
    await page.locator("[name=password]").press("Enter")
    await expect(page).to_have_url(f"{product.url}/studio/")


async def test_the_first_five_minutes(page: Page, product: Product, open_browser: Open) -> None:
    await sign_up(page, product, "Rivers Bikes", "sam@example.org")
    await page.get_by_role("link", name="Add what you know").click()
    await write_an_answer(page)

    await page.get_by_role("link", name="Home").click()
    await page.get_by_role("link", name="Make your first agent").click()
    await page.get_by_label("What is its name?").fill("Robin")
    await page.get_by_role("button", name="Make it and try it").click()
    await expect(await try_question(page, QUESTION)).to_contain_text(ANSWER)
    await page.get_by_role("button", name="Put live").click()
    await expect(page.get_by_text("Live. Customers get this from now on.")).to_be_visible()

    await page.get_by_role("link", name="Home").click()
    await page.get_by_role("link", name="Put the chat on your website").click()
    await page.get_by_role("link", name="Set up the chat").click()
    await page.get_by_role("button", name="Make the chat").click()
    await expect(page.locator("#line")).to_contain_text(f'<script src="{product.url}/widget.js" data-agent-key="pk_')
    link = await page.get_by_role("link", name="The chat's own page").get_attribute("href")

    customer = await open_browser(width=390, height=844)
    await customer.goto(link)
    await ask(customer, QUESTION)
    await expect(last_answer(customer)).to_contain_text(ANSWER)
    await page.get_by_role("link", name="Home").click()
    await expect(page.get_by_role("link").filter(has_text="Visitor")).to_contain_text("cargo bikes")
    await expect(page.get_by_role("heading", name="First steps")).to_be_hidden()


async def write_an_answer(page: Page) -> None:
    """Knowledge without any file."""
    await page.get_by_role("link", name="Add knowledge").click()
    await page.get_by_label("What is it about?").fill("Workshop")
    await page.get_by_role("button", name="Go on and add files").click()
    await page.get_by_text("Question and answer", exact=True).click()
    await page.get_by_label("When customers ask").fill(QUESTION)
    await page.get_by_label("it should know").fill(ANSWER)
    await page.get_by_role("button", name="Learn this answer").click()
    row = page.get_by_role("listitem").filter(has=page.get_by_role("link", name=QUESTION))
    await expect(row.get_by_text("Ready", exact=True)).to_be_visible()


async def test_an_owner_whose_browser_speaks_arabic(open_browser: Open, product: Product) -> None:
    page = await open_browser(locale="ar")
    await sign_up(page, product, "دراجات النهر", "river@example.org")
    await expect(page.locator("html")).to_have_attribute("dir", "rtl")
    found = []
    for path in ("", "agents/new/", "settings/team/"):
        found += await problems(page, f"{product.url}/studio/{path}", f"arabic-{path.strip('/').replace('/', '-') or 'index'}")
    assert not found, "\n".join(found)


async def test_an_arabic_question_is_answered_from_the_arabic_document(leila: Page, open_browser: Open, product: Product) -> None:
    await leila.goto(f"{product.url}/studio/channels/")
    await leila.get_by_role("link", name="المحادثة العربية").click()
    link = await leila.get_by_role("link", name="The chat's own page").get_attribute("href")

    customer = await open_browser(width=390, height=844, locale="ar")
    await customer.goto(link)
    await expect(customer.locator("frontdesk-chat .root")).to_have_attribute("dir", "rtl")
    await customer.get_by_role("button", name="كم رسوم التوصيل؟").click()
    await expect(last_answer(customer)).to_contain_text("أربعة يوروهات ونصف")
    await last_answer(customer).get_by_role("button", name="المصادر").click()
    await expect(last_answer(customer)).to_contain_text("دليل-الضيوف.docx")
