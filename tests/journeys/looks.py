"""How a page looks on a desktop and a phone, by day and by night: nothing sticks out, and everybody can use it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page

PICTURES = Path(__file__).parent / "screenshots"
DESKTOP, PHONE = (1366, 860), (390, 844)
AXE = Axe()
EVERYTHING: dict[str, Any] = {"resultTypes": ["violations"]}
COLOURS: dict[str, Any] = {**EVERYTHING, "runOnly": ["color-contrast"]}
GRAVE = {"serious", "critical"}


async def problems(page: Page, url: str, name: str) -> list[str]:
    """What is wrong with a page, in words; leaves its four pictures behind. It is open by day on a desktop afterwards."""
    found = []
    for scheme in ("dark", "light"):
        await _open(page, url, scheme)
        found += await problems_now(page, name, scheme)
    return found


async def problems_now(page: Page, name: str, scheme: str) -> list[str]:
    """The same of a page as it stands. What is only about colours differs at night."""
    await page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    await _picture(page, name, PHONE, scheme)
    sideways = await page.evaluate("document.documentElement.scrollWidth > innerWidth")
    found = [f"{name} on a phone, {scheme}: it scrolls sideways"] if sideways else []
    await _picture(page, name, DESKTOP, scheme)
    return found + [f"{name}, {scheme}: {wrong}" async for wrong in _barriers(page, COLOURS if scheme == "dark" else EVERYTHING)]


async def _open(page: Page, url: str, scheme: str) -> None:
    await page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    response = await page.goto(url)
    assert response and response.status == 200, f"{url} answers {response and response.status}"
    await page.evaluate("document.fonts.ready")


async def _picture(page: Page, name: str, size: tuple[int, int], scheme: str) -> None:
    width, height = size
    await page.set_viewport_size({"width": width, "height": height})
    await page.screenshot(path=PICTURES / f"{name}-{width}-{scheme}.png")


async def _barriers(page: Page, rules: dict[str, Any]) -> AsyncIterator[str]:
    """What keeps somebody out."""
    results = await AXE.run(page, options=rules)
    for violation in results.response["violations"]:
        if violation["impact"] in GRAVE:
            places = [" ".join(map(str, node["target"])) for node in violation["nodes"]]
            yield f"{violation['help']} ({violation['id']}): {', '.join(places)}"
