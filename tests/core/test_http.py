"""The safe client: only public hosts, whatever names, redirects or DNS say."""

from __future__ import annotations

import asyncio
import gzip
import tracemalloc
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from frontdesk.core import http
from frontdesk.core.http import FetchRefused, SafeClient, is_public

PRIVATE = [
    "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
    "255.255.255.255", "::1", "::", "fe80::1", "fc00::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
    "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::", "2002:a00:1::",
    "::7f00:1", "::a9fe:a9fe", "fec0::1", "64:ff9b:1::7f00:1",
    "192.0.0.192", "168.63.129.16", "::ffff:0:7f00:1", "::ffff:168.63.129.16", "64:ff9b::a83f:8110",
]  # fmt: skip


@pytest.mark.parametrize("address", PRIVATE)
def test_private_addresses_are_not_public(address) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["1.1.1.1", "93.184.215.14", "2606:4700:4700::1111", "64:ff9b::101:101"])
def test_public_addresses_are(address) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.com/",
        "file:///etc/passwd",
        "http://",
        "https://user:pw@example.com/",
        "javascript:alert(1)",
        "http://a:99999/",
        "gopher://x",
    ],
)
async def test_what_is_no_web_address_is_refused(url) -> None:
    with pytest.raises(FetchRefused, match="not a web address"):
        await SafeClient().fetch(url)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "0x7f.1", "2130706433", "169.254.169.254"])
async def test_private_hosts_are_refused_before_a_socket_is_opened(host) -> None:
    with pytest.raises(FetchRefused, match=r"private network|does not exist"):
        await SafeClient().fetch(f"http://{host}:9/")


@asynccontextmanager
async def server(answer: Callable[[str], bytes]) -> AsyncIterator[int]:
    """A real HTTP/1.1 server on loopback that answers what `answer` gives for a path."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        try:
            writer.write(answer(head.split()[1].decode()))
            await writer.drain()
        except ConnectionError:
            pass
        writer.close()

    running = await asyncio.start_server(handle, "127.0.0.1", 0)
    try:
        yield running.sockets[0].getsockname()[1]
    finally:
        running.close()


def ok(body: bytes, **headers: str) -> bytes:
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    return b"HTTP/1.1 200 OK\r\n" + lines.encode() + b"Content-Length: %d\r\nConnection: close\r\n\r\n" % len(body) + body


def redirect(location: str) -> bytes:
    return f"HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode()


async def test_a_named_private_host_can_be_opened_by_the_operator() -> None:
    async with server(lambda path: ok(b"hello", Content_Type="text/plain; charset=utf-8")) as port:
        fetched = await SafeClient(allowed_hosts=[f"127.0.0.1:{port}"]).fetch(f"http://127.0.0.1:{port}/")
    assert (fetched.status, fetched.body, fetched.media_type) == (200, b"hello", "text/plain")


async def test_a_redirect_to_a_private_address_is_refused() -> None:
    async with server(lambda path: redirect("http://127.0.0.1:9/secret")) as port:
        with pytest.raises(FetchRefused, match="private network"):
            await SafeClient(allowed_hosts=[f"127.0.0.1:{port}"]).fetch(f"http://127.0.0.1:{port}/")


async def test_a_redirect_to_another_scheme_is_refused() -> None:
    async with server(lambda path: redirect("file:///etc/passwd")) as port:
        with pytest.raises(FetchRefused):
            await SafeClient(allowed_hosts=[f"127.0.0.1:{port}"]).fetch(f"http://127.0.0.1:{port}/")


async def test_redirects_end() -> None:
    async with server(lambda path: redirect("/again")) as port:
        with pytest.raises(FetchRefused, match="too many times"):
            await SafeClient(allowed_hosts=[f"127.0.0.1:{port}"]).fetch(f"http://127.0.0.1:{port}/")


async def test_a_body_over_the_limit_is_refused() -> None:
    async with server(lambda path: ok(b"x" * 2_000_000)) as port:
        with pytest.raises(FetchRefused, match="larger than"):
            await SafeClient(max_bytes=1_000_000, allowed_hosts=[f"127.0.0.1:{port}"]).fetch(f"http://127.0.0.1:{port}/")


async def test_a_body_that_unpacks_to_more_than_the_limit_is_refused_before_it_is_there() -> None:
    bomb = gzip.compress(b"\0" * 50_000_000)
    tracemalloc.start()
    try:
        async with server(lambda path: ok(bomb, Content_Encoding="gzip")) as port:
            tracemalloc.reset_peak()
            with pytest.raises(FetchRefused, match="larger than"):
                await SafeClient(max_bytes=1_000_000, allowed_hosts=[f"127.0.0.1:{port}"]).fetch(f"http://127.0.0.1:{port}/")
        assert tracemalloc.get_traced_memory()[1] < 10_000_000
    finally:
        tracemalloc.stop()


async def test_a_packed_body_is_unpacked() -> None:
    async with server(lambda path: ok(gzip.compress(b"hello" * 1000), Content_Encoding="gzip")) as port:
        fetched = await SafeClient(allowed_hosts=[f"127.0.0.1:{port}"]).fetch(f"http://127.0.0.1:{port}/")
    assert fetched.body == b"hello" * 1000


@pytest.mark.parametrize("encoding", ["gzip, gzip", "br", "zstd", "gzip"])
async def test_a_body_packed_in_another_way_than_asked_for_is_refused(encoding) -> None:
    async with server(lambda path: ok(b"no such thing", Content_Encoding=encoding)) as port:
        with pytest.raises(FetchRefused, match="could not be reached"):
            await SafeClient(allowed_hosts=[f"127.0.0.1:{port}"]).fetch(f"http://127.0.0.1:{port}/")


async def test_a_redirect_to_another_host_takes_no_credentials_along() -> None:
    heard: list[str | None] = []

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        heard.append(next((line for line in head.splitlines() if line.startswith("authorization")), None))
        writer.write(ok(b"done"))
        writer.close()

    other = await asyncio.start_server(listen, "127.0.0.1", 0)
    elsewhere = other.sockets[0].getsockname()[1]
    async with server(lambda path: redirect(f"http://127.0.0.1:{elsewhere}/")) as port:
        client = SafeClient(allowed_hosts=[f"127.0.0.1:{port}", f"127.0.0.1:{elsewhere}"])
        assert (await client.fetch(f"http://127.0.0.1:{port}/", headers={"authorization": "Bearer secret"})).body == b"done"
    other.close()
    assert heard == [None]


IMPOSSIBLE = ["http://a\x01b/", "http://xn--zzzz-.com/", "http://\u2100.com/", "http://" + "a" * 70_000, "http://["]


@pytest.mark.parametrize("url", IMPOSSIBLE, ids=range(len(IMPOSSIBLE)))
async def test_an_address_that_cannot_be_one_is_refused(url) -> None:
    with pytest.raises(FetchRefused):
        await SafeClient().fetch(url)


async def test_a_server_that_drips_is_given_up() -> None:
    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        while not reader.at_eof():
            writer.write(b"x")
            await asyncio.sleep(0.02)

    running = await asyncio.start_server(drip, "127.0.0.1", 0)
    port = running.sockets[0].getsockname()[1]
    with pytest.raises(FetchRefused, match="in time"):
        await SafeClient(timeout=0.3, allowed_hosts=[f"127.0.0.1:{port}"]).fetch(f"http://127.0.0.1:{port}/")
    running.close()


async def test_a_server_that_says_nothing_is_given_up() -> None:
    accepted = asyncio.Event()

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        accepted.set()
        await reader.read()

    running = await asyncio.start_server(silent, "127.0.0.1", 0)
    port = running.sockets[0].getsockname()[1]
    with pytest.raises(FetchRefused, match="in time"):
        await SafeClient(timeout=0.2, allowed_hosts=[f"127.0.0.1:{port}"]).fetch(f"http://127.0.0.1:{port}/")
    assert accepted.is_set()
    running.close()


async def test_a_name_that_resolves_differently_the_second_time_gains_nothing(monkeypatch) -> None:
    """DNS rebinding: the address that was checked is the address that is connected to."""
    answers = iter([["93.184.215.14"], ["127.0.0.1"]])
    connected: list[str] = []

    async def resolved(host: str, port: int) -> list[str]:
        return next(answers)

    async def connect(self, host: str, port: int, **options: object) -> None:
        connected.append(host)
        raise http.httpcore.ConnectError("closed for the test")

    monkeypatch.setattr(http, "resolve", resolved)
    monkeypatch.setattr(http.httpcore.AnyIOBackend, "connect_tcp", connect)
    with pytest.raises(FetchRefused, match="could not be reached"):
        await SafeClient().fetch("http://rebinding.example/")
    assert connected == ["93.184.215.14"]
