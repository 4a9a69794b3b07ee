"""Whoever names a vendor's address may be its vendor: what such a server may do to this process."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import httpx
import pytest

from frontdesk.core import guarded
from frontdesk.providers import registry


@asynccontextmanager
async def vendor(answer: Callable[[str, asyncio.StreamWriter], Awaitable[None]]) -> AsyncIterator[str]:
    """A server on loopback; `answer` gets the head of a request and writes what it wants."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await answer((await reader.readuntil(b"\r\n\r\n")).decode().lower(), writer)
        except ConnectionError:
            pass
        writer.close()

    running = await asyncio.start_server(handle, "127.0.0.1", 0)
    yield f"127.0.0.1:{running.sockets[0].getsockname()[1]}"
    running.close()


async def test_an_answer_without_end_breaks_off(settings, monkeypatch) -> None:
    monkeypatch.setattr(guarded, "MAX_ANSWER_BYTES", 1_000_000)

    async def endless(head: str, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 500 No\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            writer.write(b"10000\r\n" + b"x" * 0x10000 + b"\r\n")
            await writer.drain()

    async with vendor(endless) as place:
        settings.PROVIDER_ALLOWED_HOSTS = [place]
        async with registry._safe_http(timeout=5) as client:
            with pytest.raises(httpx.ReadError, match="larger than"):
                await client.get(f"http://{place}/v1/models")


async def test_nothing_is_unpacked(settings) -> None:
    heads: list[str] = []

    async def packed(head: str, writer: asyncio.StreamWriter) -> None:
        heads.append(head)
        body = gzip.compress(b"\0" * 1_000_000)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        await writer.drain()

    async with vendor(packed) as place:
        settings.PROVIDER_ALLOWED_HOSTS = [place]
        async with registry._safe_http(timeout=5) as client:
            with pytest.raises(httpx.DecodingError, match="compressed"):
                await client.get(f"http://{place}/v1/models")
    assert "accept-encoding: identity\r\n" in heads[0]


async def test_a_private_address_is_one_that_cannot_be_connected_to(settings) -> None:
    settings.PROVIDER_ALLOWED_HOSTS = []
    async with registry._safe_http(timeout=5) as client:
        with pytest.raises(httpx.ConnectError, match="private network"):
            await client.get("http://127.0.0.1:9/v1/models")
