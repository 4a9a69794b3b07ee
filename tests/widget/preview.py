"""Take the pictures of the themes anew: `PYTHONPATH=platform python -m tests.widget.preview`."""

from __future__ import annotations

import asyncio

from playwright.async_api import Browser, async_playwright

from frontdesk.sdk.themes import Theme, load
from tests.ground.browser import FLAGS

from .desk import THEMES, Desk

SIZE = {"width": 360, "height": 420}
HOURS = {"n": 1, "title": "Opening hours.pdf", "place": "page 1", "url": None, "quote": "Sunday 8:00 to 14:00"}


async def picture(browser: Browser, theme: Theme) -> None:
    desk = Desk()
    desk.config |= {"theme": {"slug": theme.slug, **theme.tokens}, "greeting": "Hello! How can I help?", "suggestions": []}
    await desk.start()
    page = await browser.new_page(viewport=SIZE)
    await page.emulate_media(reduced_motion="reduce")
    await page.goto(desk.shop("shop.html"))
    await page.get_by_role("button", name="Open chat").click()
    await page.get_by_role("textbox").fill("Are you open on Sunday?")
    await page.get_by_role("textbox").press("Enter")
    run = await desk.next_question()
    await run.finish("Yes, from **8:00 to 14:00**. [1] Breakfast is served until noon.", [HOURS])
    await page.get_by_role("button", name="Helpful", exact=True).wait_for()
    await page.screenshot(path=theme.preview)
    await page.close()
    await desk.stop()


async def main() -> None:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        for file in sorted(THEMES.glob("*/theme.toml")):
            await picture(browser, load(file.parent))
        await browser.close()


if __name__ == "__main__":
    asyncio.run(main())
