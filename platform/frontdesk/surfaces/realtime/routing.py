"""Sockets, by address."""

from __future__ import annotations

from channels.routing import ProtocolTypeRouter, URLRouter


def application(http: object) -> ProtocolTypeRouter:
    """The ASGI application around Django's own."""
    return ProtocolTypeRouter({"http": http, "websocket": URLRouter([])})
