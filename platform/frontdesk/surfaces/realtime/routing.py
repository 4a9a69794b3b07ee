"""Sockets, by address."""

from __future__ import annotations

from channels.routing import ProtocolTypeRouter, URLRouter
from django.urls import path

from .studio import StudioConsumer
from .unknown import UnknownSocket
from .widget import WidgetConsumer

websocket_urlpatterns = [
    path("ws/studio/", StudioConsumer.as_asgi()),
    path("ws/widget/", WidgetConsumer.as_asgi()),
    path("<path:address>", UnknownSocket.as_asgi()),
]


def application(http: object) -> ProtocolTypeRouter:
    """The ASGI application around Django's own."""
    return ProtocolTypeRouter({"http": http, "websocket": URLRouter(websocket_urlpatterns)})
