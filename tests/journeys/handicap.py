"""A slow computer at the end of a bad line, so that of two things each comes first sometimes: `FRONTDESK_SLOW_BROWSER=5`."""

from __future__ import annotations

import asyncio
import os
import random

from playwright.async_api import BrowserContext, Error, Page, Route

SLOWER = float(os.environ.get("FRONTDESK_SLOW_BROWSER") or 0)
"""So many times slower than this machine the pages' scripts run; 0 is no handicap at all."""
LATE = 0.8
"""Seconds that a request may take longer, on its way there or back."""


async def handicap(context: BrowserContext) -> None:
    """Call before the context has a page."""
    if not SLOWER:
        return
    context.on("page", _slow_down)
    await context.route("**/*", _late)


async def _slow_down(page: Page) -> None:
    devices = await page.context.new_cdp_session(page)
    await devices.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})


async def _late(route: Route) -> None:
    try:
        await asyncio.sleep(random.uniform(0, LATE))
        if not _is_whole(route) or random.random() < 0.5:
            return await route.continue_()
        answer = await route.fetch(max_redirects=0)
        await asyncio.sleep(random.uniform(0, LATE))
        await route.fulfill(response=answer)
    except Error:
        """The page that asked is gone."""


def _is_whole(route: Route) -> bool:
    """Whether its answer can be kept back: not a stream's, and not where files go along or the origin counts."""
    request = route.request
    asks = request.resource_type in ("xhr", "fetch") and "/studio/" in request.url
    return asks and "multipart" not in request.headers.get("content-type", "")
