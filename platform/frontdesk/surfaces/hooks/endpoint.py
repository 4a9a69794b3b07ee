"""`/hooks/<token>` in the ASGI application, in front of Django: its middleware costs more than keeping a request does."""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qsl

from frontdesk.channels.errors import ChannelResting, RequestTooLarge
from frontdesk.channels.intake import MOST_BYTES, take_in_soon
from frontdesk.core.errors import FrontdeskError, Unavailable
from frontdesk.sdk.values import WebRequest, WebResponse

from .views import METHODS

logger = logging.getLogger(__name__)

PREFIX = "/hooks/"

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


class Gone(Exception):
    """Whoever asks has left in the middle of their request."""


class HooksEndpoint:
    """An ASGI application around another one: takes in what vendors post, and leaves everything else to that one."""

    def __init__(self, inner: Callable[..., Awaitable[None]]) -> None:
        self.inner = inner

    async def __call__(self, connection: dict[str, Any], receive: Receive, send: Send) -> None:
        if connection["type"] != "http" or not connection["path"].startswith(PREFIX) or connection["method"] not in METHODS:
            await self.inner(connection, receive, send)
            return
        token = connection["path"].removeprefix(PREFIX).removesuffix("/")
        try:
            answer = await take_in_soon(token, await _request(connection, receive))
        except Gone:
            return
        except FrontdeskError as error:
            await _refuse(error, send)
        except Exception:
            logger.exception("a request to a channel could not be kept")
            await _refuse(Unavailable(), send)
        else:
            await _send(answer, send)


async def _request(connection: dict[str, Any], receive: Receive) -> WebRequest:
    """Raises RequestTooLarge, before all of it has come."""
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in connection["headers"]}
    query = dict(parse_qsl(connection["query_string"].decode("latin-1"), keep_blank_values=True))
    return WebRequest(connection["method"], connection["path"], headers, query, await _body(receive))


async def _body(receive: Receive) -> bytes:
    body = b""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Gone
        body += message.get("body", b"")
        if len(body) > MOST_BYTES:
            raise RequestTooLarge()
        if not message.get("more_body"):
            return body


async def _send(answer: WebResponse, send: Send, *more: tuple[bytes, bytes]) -> None:
    headers = [(b"content-type", f"{answer.media_type}; charset=utf-8".encode()), (b"x-content-type-options", b"nosniff"), *more]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body.encode()})


async def _refuse(error: FrontdeskError, send: Send) -> None:
    more = [(b"retry-after", str(error.retry_after).encode())] if isinstance(error, ChannelResting) else []
    body = json.dumps(error.as_dict(), ensure_ascii=False, default=str)
    await _send(WebResponse(error.status, body, "application/json"), send, *more)
