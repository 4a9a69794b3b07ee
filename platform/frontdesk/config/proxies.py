"""Behind a reverse proxy the other end of the socket is the proxy, and it says in headers who the client is and whether it came
over TLS. This is the one place that reads them: the rest of Frontdesk takes address and scheme from the ASGI scope."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Any

Headers = list[tuple[bytes, bytes]]
FORWARDED_FOR, FORWARDED_PROTO = b"x-forwarded-for", b"x-forwarded-proto"
SCHEMES = {"http": {"http": "http", "https": "https"}, "websocket": {"http": "ws", "https": "wss"}}


class TrustedProxies:
    """An ASGI application that believes `X-Forwarded-For` and `X-Forwarded-Proto` from peers in `networks` and hides them from
    the application inside, so that nothing else can believe them.

    Each proxy adds to the right of what it was sent, so the client is the right-most address that is not a trusted proxy's;
    what stands left of it is the client's own word.
    """

    def __init__(self, application: Callable[..., Awaitable[None]], networks: Sequence[IPv4Network | IPv6Network]) -> None:
        self.application = application
        self.networks = networks

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        await self.application(self._read(scope) if scope["type"] in SCHEMES else scope, receive, send)

    def _read(self, scope: dict[str, Any]) -> dict[str, Any]:
        hops, schemes = (_values(scope["headers"], name) for name in (FORWARDED_FOR, FORWARDED_PROTO))
        kept = [header for header in scope["headers"] if header[0].lower() not in (FORWARDED_FOR, FORWARDED_PROTO)]
        known: dict[str, Any] = {"headers": kept}
        peer = _address((scope.get("client") or [""])[0])
        if peer is not None and self._trusts(peer):
            known["client"] = [str(self._client(peer, hops)), 0]
            scheme = SCHEMES[scope["type"]].get(schemes[-1].lower()) if schemes else None
            known |= {"scheme": scheme} if scheme else {}
        return scope | known

    def _client(self, peer: IPv4Address | IPv6Address, hops: list[str]) -> IPv4Address | IPv6Address:
        client = peer
        for hop in reversed(hops):
            address = _address(hop)
            if address is None or not self._trusts(client):
                break
            client = address
        return client

    def _trusts(self, address: IPv4Address | IPv6Address) -> bool:
        return any(address in network for network in self.networks)


def _values(headers: Headers, name: bytes) -> list[str]:
    """Of a header that is a list, in order, however many lines it came in."""
    lines = [value.decode("latin-1") for found, value in headers if found.lower() == name]
    return [part.strip() for part in ",".join(lines).split(",") if part.strip()]


def _address(text: str) -> IPv4Address | IPv6Address | None:
    """ "198.51.100.7", and as some proxies write it "198.51.100.7:4711", "[2001:db8::7]:4711", "::ffff:198.51.100.7"."""
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
