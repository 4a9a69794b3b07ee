"""What a visitor does, in the browser."""

from __future__ import annotations

from playwright.async_api import Page

from .desk import Desk, Frame, Run

HOURS = {"n": 1, "title": "Hours.pdf", "place": "page 1", "url": "https://example.com/hours.pdf", "quote": "Sunday 8 to 14."}


async def visit(page: Page, desk: Desk) -> None:
    await page.goto(desk.shop("shop.html"))
    await page.get_by_role("button", name="Open chat").click()


async def ask(page: Page, desk: Desk, text: str = "Are you open on Sunday?") -> Run:
    await page.get_by_role("textbox").fill(text)
    await page.get_by_role("textbox").press("Enter")
    return await desk.next_question()


async def answer(page: Page, desk: Desk, text: str, sources: list[Frame] | None = None) -> None:
    run = await ask(page, desk)
    await run.emit("start")
    await run.finish(text, sources)
