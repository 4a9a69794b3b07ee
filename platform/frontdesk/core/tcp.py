"""Connections to servers that speak no HTTP and that somebody outside can name: only public hosts, as in `core.http`."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Collection
from functools import lru_cache
from typing import Any

import httpx
from django.utils.translation import gettext_lazy as _

from .errors import FrontdeskError
from .http import FetchRefused, resolve

REASONS = {
    "unknown_host": _("The server %(host)s does not exist. Check the spelling."),
    "private": _(
        "%(host)s is inside a private network. Use a public server, or ask whoever runs Frontdesk to allow %(host)s:%(port)s."
    ),
    "slow": _("%(host)s did not answer in time on port %(port)s. Check the port."),
    "unreachable": _("%(host)s takes no connections on port %(port)s. Check the name and the port."),
    "certificate": _("%(host)s cannot prove that it is %(host)s: its certificate is not valid. Check the name."),
    "no_tls": _("%(host)s does not speak TLS on port %(port)s. Check the port and the kind of encryption."),
}


class ConnectionRefused(FrontdeskError):
    """A server may not be connected to, or cannot be; `reason` is a key of REASONS."""

    status = 422
    code = "CONNECTION_REFUSED"

    def __init__(self, reason: str, **parameters: Any) -> None:
        self.reason = reason
        super().__init__(REASONS[reason] % parameters)


@lru_cache(maxsize=1)
def trust() -> ssl.SSLContext:
    """The certificates that are believed: those of httpx, or of SSL_CERT_FILE."""
    return httpx.create_ssl_context()


async def connect(host: str, port: int, *, tls: bool, timeout: float, allowed_hosts: Collection[str] = ()) -> socket.socket:
    """A blocking socket to an address that was checked when it was connected to. Raises ConnectionRefused.

    `timeout` in seconds is for the whole of connecting, and then for each read and write. `allowed_hosts` ("10.0.0.5:993") are
    private ones that the operator opened.
    """
    where = {"host": host, "port": port}
    try:
        async with asyncio.timeout(timeout):
            addresses = await _addresses(host, port, allowed_hosts)
            plain = await _first(addresses, port, timeout / len(addresses))
    except FetchRefused as refused:
        raise ConnectionRefused(refused.reason, **where) from refused
    except TimeoutError as error:
        raise ConnectionRefused("slow", **where) from error
    except OSError as error:
        raise ConnectionRefused("unreachable", **where) from error
    plain.settimeout(timeout)
    return await asyncio.to_thread(_in_tls, plain, where) if tls else plain


async def _addresses(host: str, port: int, allowed_hosts: Collection[str]) -> list[str]:
    if f"{host}:{port}" not in allowed_hosts:
        return await resolve(host, port)
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (socket.gaierror, UnicodeError) as error:
        raise FetchRefused("unknown_host", host=host) from error
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


async def _first(addresses: list[str], port: int, seconds: float) -> socket.socket:
    """Connected to the first of them that answers; each has so many seconds."""
    failed: OSError = OSError("no address")
    for address in addresses:
        made = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
        try:
            made.setblocking(False)
            await asyncio.wait_for(asyncio.get_running_loop().sock_connect(made, (address, port)), seconds)
        except OSError as error:  # a TimeoutError is one
            made.close()
            failed = error
        except BaseException:
            made.close()
            raise
        else:
            return made
    raise failed


def _in_tls(plain: socket.socket, where: dict[str, Any]) -> ssl.SSLSocket:
    try:
        return trust().wrap_socket(plain, server_hostname=where["host"])
    except BaseException as error:
        plain.close()
        match error:
            case ssl.SSLCertVerificationError():
                raise ConnectionRefused("certificate", **where) from error
            case TimeoutError():
                raise ConnectionRefused("slow", **where) from error
            case OSError():  # an SSLError is one
                raise ConnectionRefused("no_tls", **where) from error
        raise
