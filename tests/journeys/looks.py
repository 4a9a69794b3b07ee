"""How a page looks on a desktop and a phone, by day and by night: nothing sticks out, and everybody can use it."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page

PICTURES = Path(__file__).parent / "screenshots" if os.environ.get("FRONTDESK_PICTURES") else None
"""Where each page leaves four pictures behind for somebody to look at; taking them is half of the time."""
DESKTOP, PHONE = (1366, 860), (390, 844)
SHELL_FOLLOWS = "dark => document.body.matches('.studio') && document.documentElement.classList.toggle('dark', dark)"
"""The Studio's shell asks for the colour scheme once, when it loads."""
AXE = Axe()
EVERYTHING: dict[str, Any] = {"resultTypes": ["violations"]}
COLOURS: dict[str, Any] = {**EVERYTHING, "runOnly": ["color-contrast"]}
GRAVE = {"serious", "critical"}


async def problems(page: Page, url: str, name: str) -> list[str]:
    """What is wrong with a page, in words. It is open at night on a desktop afterwards."""
    await page.emulate_media(color_scheme="light", reduced_motion="reduce")
    response = await page.goto(url)
    assert response and response.status == 200, f"{url} answers {response and response.status}"
    await page.evaluate("document.fonts.ready")
    return await problems_now(page, name)


async def problems_now(page: Page, name: str) -> list[str]:
    """The same of a page as it stands. At night only the colours are others."""
    found = []
    for scheme, rules in (("light", EVERYTHING), ("dark", COLOURS)):
        await page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        await page.evaluate(SHELL_FOLLOWS, scheme == "dark")
        await _show(page, name, PHONE, scheme)
        if await page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            found.append(f"{name} on a phone, {scheme}: it scrolls sideways")
        await _show(page, name, DESKTOP, scheme)
        found += [f"{name}, {scheme}: {wrong}" async for wrong in _barriers(page, rules)]
    return found


async def _show(page: Page, name: str, size: tuple[int, int], scheme: str) -> None:
    width, height = size
    await page.set_viewport_size({"width": width, "height": height})
    if PICTURES:
        await page.screenshot(path=PICTURES / f"{name}-{width}-{scheme}.png")


async def _barriers(page: Page, rules: dict[str, Any]) -> AsyncIterator[str]:
    """What keeps somebody out."""
    results = await AXE.run(page, options=rules)
    for violation in results.response["violations"]:
        if violation["impact"] in GRAVE:
            places = [" ".join(map(str, node["target"])) for node in violation["nodes"]]
            yield f"{violation['help']} ({violation['id']}): {', '.join(places)}"
