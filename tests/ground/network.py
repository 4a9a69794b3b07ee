"""The network is closed: sockets reach this machine and nothing else."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterator
from typing import Any

import pytest

LOCAL_NAMES = {"localhost", "", None}


class NetworkClosed(OSError):
    """A test tried to reach another machine."""


def _check(address: Any) -> None:
    if isinstance(address, tuple) and not _local(address[0]):
        raise NetworkClosed(f"The network is closed in tests; somebody tried to reach {address[0]!r}.")


def _local(host: Any) -> bool:
    host = host.decode() if isinstance(host, bytes) else host
    if host in LOCAL_NAMES:
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@pytest.fixture(autouse=True, scope="session")
def closed_network() -> Iterator[None]:
    """Refuses connections and name look-ups beyond loopback and Unix sockets."""
    patch = pytest.MonkeyPatch()
    connect, connect_ex, sendto, look_up = (
        socket.socket.connect,
        socket.socket.connect_ex,
        socket.socket.sendto,
        socket.getaddrinfo,
    )

    def checked_connect(self: socket.socket, address: Any) -> None:
        _check(address)
        connect(self, address)

    def checked_connect_ex(self: socket.socket, address: Any) -> int:
        _check(address)
        return connect_ex(self, address)

    def checked_sendto(self: socket.socket, data: Any, *rest: Any) -> int:
        _check(rest[-1])
        return sendto(self, data, *rest)

    def checked_look_up(host: Any, *args: Any, **kwargs: Any) -> list[Any]:
        try:
            ipaddress.ip_address(host.decode() if isinstance(host, bytes) else host or "")
        except ValueError:
            if not _local(host):
                raise socket.gaierror(f"The network is closed in tests; somebody asked for {host!r}.") from None
        return look_up(host, *args, **kwargs)

    patch.setattr(socket.socket, "connect", checked_connect)
    patch.setattr(socket.socket, "connect_ex", checked_connect_ex)
    patch.setattr(socket.socket, "sendto", checked_sendto)
    patch.setattr(socket, "getaddrinfo", checked_look_up)
    yield
    patch.undo()
