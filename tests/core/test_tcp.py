"""Connections that are not HTTP: public servers only, to the address that was checked, with a certificate that is checked."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Never

import pytest

from frontdesk.core import http, tcp
from frontdesk.core.tcp import ConnectionRefused
from tests.ground.certificates import authority


@asynccontextmanager
async def server(context: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """Says "hello" to whoever connects."""

    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"hello")
        writer.close()

    running = await asyncio.start_server(greet, "127.0.0.1", 0, ssl=context)
    try:
        yield running.sockets[0].getsockname()[1]
    finally:
        running.close()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "169.254.169.254", "10.0.0.1", "0x7f.1", "64:ff9b::7f00:1"])
async def test_private_servers_are_refused_before_a_socket_is_opened(host) -> None:
    with pytest.raises(ConnectionRefused) as refused:
        await tcp.connect(host, 993, tls=True, timeout=5)
    assert refused.value.reason in ("private", "unknown_host")


async def test_the_operator_opens_single_ports() -> None:
    async with server() as port, server() as other:
        allowed = [f"127.0.0.1:{port}"]
        reached = await tcp.connect("127.0.0.1", port, tls=False, timeout=5, allowed_hosts=allowed)
        with reached:
            assert reached.gettimeout() == 5
            assert await asyncio.to_thread(reached.recv, 10) == b"hello"
        with pytest.raises(ConnectionRefused, match=f"allow 127.0.0.1:{other}"):
            await tcp.connect("127.0.0.1", other, tls=False, timeout=5, allowed_hosts=allowed)


async def test_a_name_that_changes_its_address_gains_nothing(monkeypatch) -> None:
    answers = iter([["93.184.215.14"], ["127.0.0.1"]])
    tried: list[tuple[str, int]] = []

    async def resolved(host: str, port: int) -> list[str]:
        return next(answers)

    async def connect(self, made, address) -> Never:
        tried.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(tcp, "resolve", resolved)
    monkeypatch.setattr(asyncio.SelectorEventLoop, "sock_connect", connect)
    with pytest.raises(ConnectionRefused, match="takes no connections"):
        await tcp.connect("rebinding.example", 993, tls=False, timeout=5)
    assert tried == [("93.184.215.14", 993)]


async def test_one_private_address_among_public_ones_is_enough_to_refuse(monkeypatch) -> None:
    async def found(self, host, port, **kind) -> list[tuple[Any, ...]]:
        return [(2, 1, 6, "", (address, port)) for address in ("93.184.215.14", "192.168.0.7")]

    monkeypatch.setattr(asyncio.SelectorEventLoop, "getaddrinfo", found)
    with pytest.raises(ConnectionRefused) as refused:
        await tcp.connect("both.example", 993, tls=True, timeout=5)
    assert refused.value.reason == "private"


async def test_the_next_address_is_tried(monkeypatch) -> None:
    async with server() as port:

        async def found(host: str, at: int) -> list[str]:
            return ["127.0.0.2", "127.0.0.1"]  # nobody listens at the first

        monkeypatch.setattr(tcp, "resolve", found)
        (await tcp.connect("two.example", port, tls=False, timeout=5)).close()


async def test_certificates_are_checked(tmp_path: Path, monkeypatch) -> None:
    ours, theirs = authority(tmp_path / "ours"), authority(tmp_path / "theirs")
    monkeypatch.setenv("SSL_CERT_FILE", str(ours.certificate))
    tcp.trust.cache_clear()
    try:
        async with (
            server(ours.server("127.0.0.1")) as good,
            server(theirs.server("127.0.0.1")) as unknown,
            server(ours.server("other.example")) as misnamed,
            server() as plain,
        ):
            allowed = [f"127.0.0.1:{port}" for port in (good, unknown, misnamed, plain)]
            (await tcp.connect("127.0.0.1", good, tls=True, timeout=5, allowed_hosts=allowed)).close()
            for port, reason in ((unknown, "certificate"), (misnamed, "certificate"), (plain, "no_tls")):
                with pytest.raises(ConnectionRefused) as refused:
                    await tcp.connect("127.0.0.1", port, tls=True, timeout=5, allowed_hosts=allowed)
                assert refused.value.reason == reason
    finally:
        tcp.trust.cache_clear()


async def test_a_server_that_never_greets_is_given_up() -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    running = await asyncio.start_server(silent, "127.0.0.1", 0)
    port = running.sockets[0].getsockname()[1]
    with pytest.raises(ConnectionRefused, match="in time"):
        await tcp.connect("127.0.0.1", port, tls=True, timeout=0.2, allowed_hosts=[f"127.0.0.1:{port}"])
    running.close()


def test_private_means_the_same_as_for_the_web() -> None:
    assert tcp.resolve is http.resolve
