"""An owner and plugins: look, agree, set up with a mistake, test, turn off; with the mouse and by keyboard alone."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from .conftest import PATIENCE, Open, watch
from .looks import problems, problems_now
from .product import Product
from .test_keyboard import tab_to

pytestmark = [pytest.mark.asyncio(loop_scope="session"), pytest.mark.browser]


@pytest_asyncio.fixture(loop_scope="session")
async def mistaken(browser: Browser, leilas_cookies: Any) -> AsyncIterator[Page]:
    """The café's owner, who makes mistakes: a form that comes back is a 422, which the browser logs as an error."""
    errors: list[str] = []
    context = await browser.new_context(storage_state=leilas_cookies, locale="en-US", reduced_motion="reduce")
    watch(context, errors)
    context.set_default_timeout(PATIENCE)
    yield await context.new_page()
    await context.close()
    assert [error for error in errors if "status of 422" not in error] == []


async def test_agreeing_setting_up_and_turning_off(mistaken: Page, product: Product) -> None:
    await mistaken.goto(f"{product.url}/studio/plugins/")
    await mistaken.get_by_label("Search plugins").press_sequentially("zoho")
    await expect(mistaken.locator(".p-card")).to_have_count(1)
    found = await problems_now(mistaken, "plugins-found")
    await mistaken.get_by_role("link", name="Zoho CRM").click()
    await mistaken.get_by_role("link", name="Turn on").click()
    await expect(mistaken.get_by_text("Send and get data at 14 web addresses")).to_be_visible()
    found += await problems_now(mistaken, "plugins-consent")
    await mistaken.get_by_role("button", name="Agree and turn on").click()
    await expect(mistaken.get_by_text("Zoho CRM works as soon as it is set up below.")).to_be_visible()

    await mistaken.get_by_label("Where is your Zoho?").select_option("Europe (zoho.eu)")
    await mistaken.get_by_role("button", name="Test connection").click()
    await expect(mistaken.locator("#tested")).to_contain_text("not connected")
    await mistaken.get_by_label("Client id").fill("1000.APP")
    await mistaken.get_by_role("button", name="Connect Zoho").click()
    await expect(mistaken.get_by_text("Fill in the app's id and secret first")).to_be_visible()
    await expect(mistaken.get_by_label("Client id")).to_have_value("1000.APP")
    await mistaken.get_by_label("Client secret").fill("a secret")
    found += await problems_now(mistaken, "plugins-set-up")
    await mistaken.get_by_role("button", name="Connect Zoho").click()
    away = mistaken.get_by_role("link", name="Go on to accounts.zoho.eu")
    await expect(away).to_have_attribute("href", re.compile(r"^https://accounts\.zoho\.eu/oauth/v2/auth\?.*code_challenge="))

    await mistaken.goto(f"{product.url}/oauth/zoho?error=access_denied&state=forged")
    await expect(mistaken.get_by_text("The account could not be connected.")).to_be_visible()
    await mistaken.get_by_role("link", name="Turn off").click()
    await expect(mistaken.get_by_role("heading", name="Nothing here depends on it")).to_be_visible()
    found += await problems_now(mistaken, "plugins-turn-off")
    await mistaken.get_by_role("button", name="Turn off").click()
    await expect(mistaken.get_by_text("Zoho CRM is off.")).to_be_visible()
    assert not found, "\n".join(found)


async def test_a_wrong_value_by_keyboard_alone(mistaken: Page, product: Product) -> None:
    await mistaken.goto(f"{product.url}/studio/plugins/offline_speech/")
    await tab_to(mistaken, mistaken.get_by_label("Speed"))
    await mistaken.keyboard.press("Control+a")
    await mistaken.keyboard.type("9999")
    await mistaken.keyboard.press("Enter")
    speed = mistaken.get_by_label("Speed")
    await expect(speed).to_have_attribute("aria-invalid", "true")
    await expect(speed).to_have_value("9999")
    await expect(mistaken.locator(".s-notice[role=alert]")).to_be_focused()
    await tab_to(mistaken, speed)
    await mistaken.keyboard.press("Control+a")
    await mistaken.keyboard.type("150")
    await mistaken.keyboard.press("Enter")
    await expect(mistaken.get_by_text("is set up.")).to_be_visible()
    await expect(mistaken.get_by_label("Speed")).to_have_value("150")


async def test_fields_come_when_they_are_asked_for(leila: Page, product: Product) -> None:
    await leila.goto(f"{product.url}/studio/plugins/mcp/turn-on/")
    await leila.get_by_role("button", name="Agree and turn on").click()
    await leila.goto(f"{product.url}/studio/tools/connect/mcp/")
    credential = leila.locator("[name='own-credential']")
    token, header = leila.locator("[name='own-token']"), leila.locator("[name='own-header']")
    await credential.select_option("none")
    await expect(token).to_be_hidden()
    await credential.select_option("bearer")
    await expect(token).to_be_visible()
    await expect(header).to_be_hidden()
    await credential.select_option("header")
    await expect(header).to_be_visible()
    assert await problems_now(leila, "plugins-conditions") == []


async def test_without_script_all_fields_are_there(open_browser: Open, leilas_cookies: Any, product: Product) -> None:
    page = await open_browser(storage_state=leilas_cookies, java_script_enabled=False)
    await page.goto(f"{product.url}/studio/plugins/zoho/turn-on/")
    await page.get_by_role("button", name="Agree and turn on").click()
    await page.get_by_label("Source of new leads").fill("Trade Show")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_label("Source of new leads")).to_have_value("Trade Show")


async def test_from_right_to_left(open_browser: Open, leilas_cookies: Any, product: Product) -> None:
    page = await open_browser(storage_state=leilas_cookies)
    await page.context.add_cookies([{"name": "django_language", "value": "ar", "url": product.url}])
    found = [*await problems(page, f"{product.url}/studio/plugins/zoho/", "plugins-rtl")]
    assert await page.evaluate("document.documentElement.dir") == "rtl"
    assert not found, "\n".join(found)


async def test_how_the_gallery_looks(leila: Page, product: Product) -> None:
    found = await problems(leila, f"{product.url}/studio/plugins/", "plugins")
    assert not found, "\n".join(found)
