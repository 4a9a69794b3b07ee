"""News between sockets: in this process always, between processes while Valkey is there."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from frontdesk.core import layer as layers
from frontdesk.core.engines import process
from frontdesk.core.engines.valkey import Valkey
from frontdesk.core.layer import Layer


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Valkey]:
    """One of this test's own, to be killed by it."""
    made = Valkey(tmp_path)
    made.start()
    yield made
    made.stop()


def kill(server: Valkey) -> None:
    process.find(server.pid_file, mentions=server.socket).kill()


async def heard(layer: Layer, channel: str) -> Any:
    async with asyncio.timeout(20):
        return (await layer.receive(channel))["word"]


def news(word: str) -> dict[str, str]:
    return {"type": "news", "word": word}


@pytest.mark.parametrize("connected", [True, False])
async def test_a_socket_opened_without_valkey_hears_its_own_process_and_later_the_others(
    server: Valkey, monkeypatch: pytest.MonkeyPatch, connected: bool
) -> None:
    monkeypatch.setattr(layers, "RETRY_SECONDS", 0.05)
    here, elsewhere = Layer(url=server.url, prefix="layer"), Layer(url=server.url, prefix="layer")
    if connected:
        before = await here.new_channel()
        await here.group_add("visitors", before)
        await elsewhere.group_send("visitors", news("before"))
        assert await heard(here, before) == "before"

    kill(server)
    visitor, lonely = await here.new_channel(), await here.new_channel()
    await here.group_add("visitors", visitor)
    await here.group_add("lonely", lonely)
    for group, channel in (("visitors", visitor), ("lonely", lonely)):
        await here.group_send(group, news("without"))
        assert await heard(here, channel) == "without"

    await asyncio.to_thread(server.start)
    for group, channel in (("visitors", visitor), ("lonely", lonely)):
        hearing = asyncio.create_task(heard(here, channel))
        while not hearing.done():  # it hears again when its connection is back
            await elsewhere.group_send(group, news("after"))
            await asyncio.wait([hearing], timeout=0.05)
        assert await hearing == "after"
        await here.group_discard(group, channel)
    for layer in (here, elsewhere):
        await layer.flush()


async def test_an_event_loop_of_this_process_is_told_by_another(server: Valkey) -> None:
    layer = Layer(url=server.url, prefix="layer")
    channel = await layer.new_channel()
    await layer.group_add("visitors", channel)
    kill(server)
    await asyncio.to_thread(asyncio.run, layer.group_send("visitors", news("across")))
    assert await heard(layer, channel) == "across"
    await layer.flush()
