"""Outbound HTTP to addresses that somebody outside can influence: only public hosts, whatever DNS or redirects say.

The name is resolved where the connection is made, every address is checked, and the socket goes to the checked address:
a second, different DNS answer (rebinding) has nothing to act on. Redirects pass the same door. Bodies have a size limit.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import ssl
import time
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

import httpcore
import httpx
from django.utils.translation import gettext_lazy as _

from .errors import FrontdeskError

MAX_REDIRECTS = 5
# One client may carry all the streams of a process.
MAX_CONNECTIONS = 1000
# NAT64 (RFC 6052, RFC 8215), SIIT (RFC 7915) and addresses "compatible" with IPv4 (RFC 4291): the last 32 bits are an IPv4
# address.
IPV4_INSIDE = tuple(map(ipaddress.ip_network, ("64:ff9b::/96", "64:ff9b:1::/48", "::ffff:0:0:0/96", "::/96")))
# What `is_global` calls public before Python 3.11.10, and a public address where Azure answers nobody but its own machines.
# Oracle's metadata are at 192.0.0.192.
NOT_PUBLIC = tuple(map(ipaddress.ip_network, ("192.0.0.0/24", "168.63.129.16/32", "3fff::/20", "5f00::/16")))


REASONS = {
    "unknown_host": _("The address %(host)s does not exist. Check the spelling."),
    "private": _("%(host)s is an address inside a private network. Use a public web address."),
    "not_web": _("Only web addresses can be fetched."),
    "no_address": _("This is not a web address. It should look like https://example.com/page."),
    "slow": _("%(host)s did not answer in time."),
    "unreachable": _("%(host)s could not be reached."),
    "redirects": _("This address redirects too many times."),
    "too_large": _("This page is larger than %(limit)s MiB."),
    "locked": _("%(host)s asks for a password or does not let programs read this page."),
    "gone": _("This page does not exist any more. Check the address."),
    "status": _("%(host)s answered with an error (%(status)s). Try again later."),
}


class FetchRefused(FrontdeskError):
    """The address may not be fetched, or what it answered may not be taken.

    `reason` is a key of REASONS; with `parameters` it can be said again later, in another language.
    """

    status = 422
    code = "FETCH_REFUSED"

    def __init__(self, reason: str, **parameters: Any) -> None:
        self.reason, self.parameters = reason, parameters
        super().__init__(REASONS[reason] % parameters)


def is_public(address: str) -> bool:
    """Whether an IP address may be contacted: not private, loopback, link-local, shared or reserved, nor such a one in IPv6."""
    ip = ipaddress.ip_address(address)
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if inner is None and any(ip in network for network in IPV4_INSIDE):
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
        if ip.is_site_local:
            return False
    return ip.is_global and not ip.is_multicast and not any(ip in network for network in NOT_PUBLIC)


async def resolve(host: str, port: int) -> list[str]:
    """All addresses of a host; raises FetchRefused unless every one of them is public."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (socket.gaierror, UnicodeError) as error:
        raise FetchRefused("unknown_host", host=host) from error
    addresses = list(dict.fromkeys(entry[4][0].split("%")[0] for entry in found))
    if not addresses or not all(is_public(address) for address in addresses):
        raise FetchRefused("private", host=host)
    return addresses


class PublicOnlyBackend(httpcore.AsyncNetworkBackend):
    """Connects to checked addresses only. TLS still checks the certificate against the name."""

    def __init__(self, allowed_hosts: Iterable[str] = ()) -> None:
        self._inner = httpcore.AnyIOBackend()
        self._allowed = frozenset(allowed_hosts)

    async def connect_tcp(
        self, host: str, port: int, timeout: float | None = None, **options: Any
    ) -> httpcore.AsyncNetworkStream:
        if f"{host}:{port}" in self._allowed:
            return await self._inner.connect_tcp(host, port, timeout=timeout, **options)
        error: Exception | None = None
        for address in await resolve(host, port):
            try:
                return await self._inner.connect_tcp(address, port, timeout=timeout, **options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as failed:
                error = failed
        raise error or httpcore.ConnectError(f"no address of {host} answers")

    async def connect_unix_socket(self, path: str, timeout: float | None = None, **options: Any) -> httpcore.AsyncNetworkStream:
        raise FetchRefused("not_web")

    async def sleep(self, seconds: float) -> None:
        await self._inner.sleep(seconds)


@dataclass(frozen=True, slots=True)
class Fetched:
    """What an address answered, after redirects."""

    url: str
    status: int
    headers: httpx.Headers
    body: bytes

    @property
    def media_type(self) -> str:
        return self.headers.get("content-type", "").split(";")[0].strip().lower()


class SafeClient:
    """An HTTP client for addresses that owners, customers or models name.

    `allowed_hosts` ("127.0.0.1:9000") lets an operator or a test open single private hosts; it is never filled from a request.
    """

    def __init__(self, *, timeout: float = 20.0, max_bytes: int = 25 * 2**20, allowed_hosts: Iterable[str] = ()) -> None:
        self.timeout = timeout
        self.max_bytes = max_bytes
        self.allowed_hosts = tuple(allowed_hosts)

    def transport(self) -> httpx.AsyncHTTPTransport:
        """An httpx transport whose connections are checked; ignores proxies from the environment."""
        transport = httpx.AsyncHTTPTransport(trust_env=False, verify=_tls())
        transport._pool = httpcore.AsyncConnectionPool(
            ssl_context=_tls(),
            max_connections=MAX_CONNECTIONS,
            network_backend=PublicOnlyBackend(self.allowed_hosts),
        )
        return transport

    async def fetch(
        self, url: str, *, method: str = "GET", headers: dict[str, str] | None = None, content: bytes | None = None
    ) -> Fetched:
        """Fetch an address. Raises FetchRefused, with an owner's sentence, for all that is no HTTP answer within the limits."""
        deadline = time.monotonic() + self.timeout
        sent = {"accept-encoding": "gzip", **(headers or {})}
        request: httpx.Request | None = None
        async with httpx.AsyncClient(transport=self.transport(), timeout=self.timeout, trust_env=False) as client:
            for _hop in range(MAX_REDIRECTS + 1):
                check_url(url)
                try:
                    request = request or client.build_request(method, url, headers=sent, content=content)
                    response = await asyncio.wait_for(client.send(request, stream=True), max(0.1, deadline - time.monotonic()))
                    try:
                        if not response.has_redirect_location:
                            body = await asyncio.wait_for(self._read(response), max(0.1, deadline - time.monotonic()))
                            return Fetched(str(response.url), response.status_code, response.headers, body)
                        request = _for_others(response.next_request, response.url, headers or {})
                        url = str(request.url) if request else ""
                    finally:
                        await response.aclose()
                except (TimeoutError, httpx.TimeoutException) as error:
                    raise FetchRefused("slow", host=urlsplit(url).hostname) from error
                except (httpx.HTTPError, httpx.InvalidURL, UnicodeError, OSError) as error:
                    raise FetchRefused("unreachable", host=urlsplit(url).hostname) from error
        raise FetchRefused("redirects")

    async def _read(self, response: httpx.Response) -> bytes:
        """The body. The limit holds while it is unpacked, too: a few bytes can stand for gigabytes."""
        unpack = _unpacking(response)
        body = bytearray()
        async for piece in response.aiter_raw():
            body += unpack(piece, self.max_bytes + 1 - len(body))
            if len(body) > self.max_bytes:
                raise FetchRefused("too_large", limit=self.max_bytes // 2**20)
        return bytes(body)


def _for_others(request: httpx.Request | None, before: httpx.URL, given: Iterable[str]) -> httpx.Request | None:
    """Another host is not told what was meant for this one: httpx takes `Authorization` away, but a key may be in any header."""
    if request is None:
        return None
    secure = request.url.scheme == "https" and before.scheme == "http" and before.port is None and request.url.port is None
    same = (request.url.scheme, request.url.port) == (before.scheme, before.port) or secure
    if request.url.host != before.host or not same:
        for name in given:
            request.headers.pop(name, None)
    return request


@lru_cache(maxsize=1)
def _tls() -> ssl.SSLContext:
    """One for all connections: to read the certificates takes 30 ms."""
    return httpx.create_ssl_context()


def _unpacking(response: httpx.Response) -> Callable[[bytes, int], bytes]:
    """A function of the next bytes and of how many may come out of them, at least one."""
    encoding = response.headers.get("content-encoding", "").strip().lower()
    if encoding in {"", "identity"}:
        return lambda piece, room: piece[:room]
    if encoding not in {"gzip", "x-gzip"}:
        raise httpx.DecodingError(f"{encoding} was not asked for")
    inflate = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)

    def unpack(piece: bytes, room: int) -> bytes:
        try:
            return inflate.decompress(piece, room)
        except zlib.error as error:
            raise httpx.DecodingError(str(error)) from error

    return unpack


def check_url(url: str) -> None:
    """Raises FetchRefused unless this is an http(s) address with a host and without a password in it."""
    try:
        parts = urlsplit(url)
        port_ok = parts.port is None or 0 < parts.port < 65536
    except ValueError:
        port_ok, parts = False, None
    if parts is None or not port_ok or parts.scheme not in {"http", "https"} or not parts.hostname or parts.username:
        raise FetchRefused("no_address")
