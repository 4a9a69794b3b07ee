"""The web process ends when it is asked to, however much it has in hand."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx
import pytest

from tests.ground.live import Web


async def _ask_for_ever(client: httpx.AsyncClient, path: str, answered: list[int]) -> None:
    while True:
        try:
            answered.append((await client.get(path)).status_code)
        except httpx.TransportError:
            await asyncio.sleep(0.05)


@pytest.mark.django_db(transaction=True)
async def test_stop_in_the_middle_of_many_requests(process_environment: dict[str, str], tmp_path: Path) -> None:
    web = await asyncio.to_thread(Web, tmp_path, process_environment)
    answered: list[int] = []
    async with httpx.AsyncClient(base_url=web.url, timeout=30, trust_env=False) as client:
        pages = ["/api/health", "/studio/sign-in/", "/api/conversations/", "/"] * 5
        asking = [asyncio.create_task(_ask_for_ever(client, page, answered)) for page in pages]
        while len(answered) < 3 * len(pages):
            await asyncio.sleep(0.05)
        await asyncio.to_thread(web.stop)
        for each in asking:
            each.cancel()
        await asyncio.gather(*asking, return_exceptions=True)
    assert web.process.returncode == 0, web.said()
    assert not [status for status in answered if status >= 500]
