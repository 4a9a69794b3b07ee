"""The web process: daphne with the ASGI application."""

from __future__ import annotations

import gc
import socket

from django.conf import settings
from django.core.management import CommandError
from django.urls import get_resolver

BACKLOG = 1024
# Speech comes in as base64 inside a message, and what is too large is answered with a sentence, so it has to arrive first.
SPEECH_BYTES = 2 * settings.UPLOAD_MAX_BYTES
# Up to here a body is read and answered with a sentence; beyond, its sender is cut off before it fills the disk.
CUT_OFF_BYTES = 4 * settings.UPLOAD_MAX_BYTES


def listen() -> socket.socket:
    """The listening socket at `HOST` and `PORT`; raises `CommandError` when the address cannot be had."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.HOST, settings.PORT))
    except OSError as error:
        listener.close()
        raise CommandError(
            f"Port {settings.PORT} on {settings.HOST} cannot be used ({error.strerror}). "
            f"Choose another one, such as PORT={settings.PORT + 1}."
        ) from error
    listener.listen(BACKLOG)
    return listener


def serve(listener: socket.socket) -> None:
    """Answer on a socket that listens already, until SIGTERM or SIGINT."""
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # WhiteNoise wants it, even empty
    # Twisted makes its event loop when it is imported, and a loop must not be shared by forked processes.
    from daphne import http_protocol

    from frontdesk.config.asgi import application

    from .bodies import bounded
    from .stopping import StoppingServer

    get_resolver().url_patterns  # noqa: B018  (loads now what the first request would have to load)
    # What is loaded by now stays for ever. Looking through it for garbage would hold up every stream for a tenth of a second.
    gc.collect()
    gc.freeze()
    http_protocol.WebRequest = bounded(http_protocol.WebRequest, CUT_OFF_BYTES)
    StoppingServer(
        application=application,
        endpoints=[f"fd:fileno={listener.fileno()}"],
        websocket_max_message_size=SPEECH_BYTES,
        websocket_max_frame_size=SPEECH_BYTES,
        server_name="Frontdesk",
    ).run()
