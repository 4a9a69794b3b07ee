"""Take the pictures of the README anew: `PYTHONPATH=platform python -m tests.journeys.pictures`."""

from __future__ import annotations

import asyncio
import io
import os
import re
import tempfile
from pathlib import Path

from PIL import Image
from playwright.async_api import Page, async_playwright

from tests.ground.browser import FLAGS

from .desk import ask, sign_in, try_question
from .looks import DESKTOP
from .product import Product

FOLDER = Path(__file__).parents[2] / "docs" / "pictures"
QUESTIONS = ("Which cakes are vegan?", "Are you open on Monday?")


async def keep(page: Page, name: str) -> None:
    """With 256 colours a picture is a third as large and looks the same."""
    await page.evaluate("document.fonts.ready")
    with Image.open(io.BytesIO(await page.screenshot())) as picture:
        small = picture.convert("RGB").quantize(256, dither=Image.Dither.NONE)
    small.save(FOLDER / f"{name}.png", optimize=True)


async def widget(page: Page, product: Product) -> None:
    await page.goto(product.url)
    await page.get_by_role("button", name="Open chat").click()
    for number, question in enumerate(QUESTIONS):
        await ask(page, question)
        await page.get_by_role("button", name=re.compile("^Sources")).nth(number).wait_for()
    await keep(page, "widget")


async def studio(page: Page, product: Product) -> None:
    await sign_in(page, product)
    await page.get_by_role("link", name="Agents", exact=True).first.click()
    await page.get_by_role("link", name="Mila").click()
    answer = await try_question(page, product.demo["sample_question"])
    await answer.get_by_text("Why this answer?").click()
    await answer.get_by_text("It cost nothing.").wait_for()
    await keep(page, "agent")
    await page.goto(f"{product.url}/studio/knowledge/")
    await page.get_by_role("link", name="Café knowledge").click()
    await page.wait_for_load_state()
    await keep(page, "knowledge")
    await page.goto(f"{product.url}/studio/")
    await keep(page, "home")


async def main(product: Product) -> None:
    width, height = DESKTOP
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        for take in (widget, studio):
            page = await browser.new_page(viewport={"width": width, "height": height}, locale="en-US", reduced_motion="reduce")
            await take(page, product)
        await browser.close()


if __name__ == "__main__":
    from frontdesk.core import engines

    FOLDER.mkdir(exist_ok=True)
    os.environ["DJANGO_SETTINGS_MODULE"] = "frontdesk.config.settings"
    with tempfile.TemporaryDirectory() as folder:
        product = Product(Path(folder), database="")
        product.start()
        try:
            asyncio.run(main(product))
        finally:
            product.stop()
            engines.clean(product.launch.data)
