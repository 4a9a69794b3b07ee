from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
import pytest_asyncio

from frontdesk.core import engines

from .house import House


@pytest.fixture(scope="session")
def house(migrated: bytes, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("house")
    made = House(folder, migrated)
    yield made
    made.close()
    engines.clean(folder / "data")


@pytest_asyncio.fixture
async def client(house: House) -> AsyncIterator[httpx.AsyncClient]:
    """A program with the house's key."""
    headers = {"Authorization": f"Api-Key {house.key}"}
    async with httpx.AsyncClient(base_url=house.url, headers=headers, timeout=60, trust_env=False) as made:
        yield made
