"""One Chromium for all browser tests of a run; each test opens a context, a browser profile, of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, async_playwright

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
# Playwright presses a button as soon as it sees it, on a busy machine before the page's scripts are there; a person does not, and
# so what it presses counts when the page is whole. The Studio takes care of that by itself (`early.js`).
PATIENT = """(() => {
  if (location.pathname.startsWith("/studio/")) return;
  const early = [];
  const later = (event, press) => {
    if (document.readyState === "complete" || !event.isTrusted) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    early.push(press);
  };
  const button = (event) => event.target.closest?.("button");
  window.addEventListener("click", (event) => button(event) && later(event, () => button(event).click()), true);
  window.addEventListener("submit", (event) => later(event, () => event.target.requestSubmit(event.submitter)), true);
  window.addEventListener("load", () => setTimeout(() => early.splice(0).forEach((press) => press())));
})()"""


@pytest_asyncio.fixture(loop_scope="session", scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        open_context = browser.new_context

        async def new_context(**options: Any) -> BrowserContext:
            context = await open_context(**options)
            await context.add_init_script(PATIENT)
            return context

        browser.new_context = new_context  # type: ignore[method-assign]
        yield browser
        await browser.close()
