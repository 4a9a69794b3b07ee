"""A real MCP server in a process of its own: `plugins/mcp/tests/shop.py`."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.ground.live import free_port, wait_for

SHOP = Path(__file__).parents[2] / "plugins/mcp/tests/shop.py"
PROGRAM = (sys.executable, str(SHOP))
TOKEN = "s3cret-s3cret"


@dataclass(frozen=True)
class Shop:
    port: int

    def at(self, path: str) -> str:
        return f"http://{self.host}/{path}"

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    made = Shop(free_port())
    log = tmp_path_factory.mktemp("shop") / "log"
    with log.open("wb") as output:
        process = subprocess.Popen([*PROGRAM, str(made.port)], stdout=output, stderr=subprocess.STDOUT)

    def answers() -> bool:
        try:
            return httpx.get(made.at("html")).status_code == 200
        except httpx.HTTPError:
            return False

    wait_for(answers, failure=log.read_text)
    yield made
    process.kill()  # or it would wait for the answers that never come
    process.wait()
