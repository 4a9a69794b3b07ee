"""A real MCP server beside the tests, and what the host hands to the plugin."""

from __future__ import annotations

import logging
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from frontdesk_mcp.server import McpServer

from frontdesk.core.guarded import guarded_client
from frontdesk.sdk.context import Context
from tests.ground.live import free_port, wait_for

SHOP = Path(__file__).parent / "shop.py"


@dataclass(frozen=True)
class Shop:
    port: int

    def at(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}/{path}"

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    port = free_port()
    log = tmp_path_factory.mktemp("shop") / "log"
    with log.open("wb") as output:
        process = subprocess.Popen([sys.executable, str(SHOP), str(port)], stdout=output, stderr=subprocess.STDOUT)

    def answers() -> bool:
        try:
            return httpx.get(f"http://127.0.0.1:{port}/html").status_code == 200
        except httpx.HTTPError:
            return False

    wait_for(answers, failure=log.read_text)
    yield Shop(port)
    process.kill()  # or it would wait for the answers that never come
    process.wait()


@pytest.fixture
def context(shop: Shop) -> Callable[..., Context]:
    """What the host hands over for a connection; the shop's private address is open, as an operator may open one."""

    def make(path: str = "new", *, allowed: bool = True, commands: tuple[tuple[str, ...], ...] = (), **settings: str) -> Context:
        hosts = (shop.host,) if allowed else ()
        given = settings if "place" in settings else {"address": shop.at(path), **settings}
        return Context(
            plugin="mcp",
            workspace=uuid.uuid4(),
            settings=McpServer.model_validate(given),
            http=lambda *, timeout: guarded_client(timeout=timeout, allowed_hosts=hosts),
            storage=None,  # type: ignore[arg-type]
            log=logging.getLogger("mcp"),
            commands=commands,
        )

    return make
