"""`/mcp` in the ASGI application: who asks, in which workspace and language, before the library reads a word."""

from __future__ import annotations

import json
import math
from collections.abc import Awaitable, Callable
from typing import Any

from django.utils import translation
from django.utils.translation.trans_real import parse_accept_lang_header

from frontdesk.core.errors import FrontdeskError, NotAuthenticated, TooManyRequests
from frontdesk.core.scoping import scope
from frontdesk.core.threads import in_thread
from frontdesk.surfaces.api.errors import MethodNotAllowed, translate
from frontdesk.workspaces import credentials
from frontdesk.workspaces.keys import Place
from frontdesk.workspaces.permissions import Actor

PATH = "/mcp"
ACTOR = "frontdesk.actor"
MOST_BYTES = 256 * 2**10

Send = Callable[[dict[str, Any]], Awaitable[None]]


class McpEndpoint:
    """An ASGI application around another one: answers at `/mcp`, and leaves everything else to that one.

    Each request has a session manager of its own, so the library's life cycle is the request's; daphne has no lifespan.
    """

    def __init__(self, inner: Callable[..., Awaitable[None]]) -> None:
        self.inner = inner

    async def __call__(self, connection: dict[str, Any], receive: Any, send: Send) -> None:
        if connection["type"] != "http" or connection["path"].rstrip("/") != PATH:
            await self.inner(connection, receive, send)
            return
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in connection["headers"]}
        with translation.override(_language(headers.get("accept-language", ""))):
            try:
                if connection["method"] != "POST":  # nothing is said unasked, and no session is there to be ended
                    raise MethodNotAllowed
                actor = await in_thread(_actor, headers, (connection.get("client") or [""])[0])
            except Exception as error:
                await _refuse(translate(error), send)
                return
            with scope(workspace=actor.workspace):
                await _serve(actor, connection, receive, send)


async def _serve(actor: Actor, connection: dict[str, Any], receive: Any, send: Send) -> None:
    made = await in_thread(_manager)
    async with made.run():
        await made.handle_request({**connection, ACTOR: actor}, receive, send)


def _manager() -> Any:
    from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

    from .server import server

    return StreamableHTTPSessionManager(server(), stateless=True, max_request_body_size=MOST_BYTES)


def _actor(headers: dict[str, str], ip: str) -> Actor:
    """Raises NotAuthenticated and what `credentials` raises."""
    place = Place.of(origin=headers.get("origin", ""), referer=headers.get("referer", ""), host=headers.get("host", ""), ip=ip)
    found = credentials.actor(headers.get("authorization", ""), workspace_id=headers.get("x-workspace-id"), place=place)
    if found is None:
        raise NotAuthenticated
    return found


def _language(accepted: str) -> str:
    for code, _quality in parse_accept_lang_header(accepted):
        try:
            return translation.get_supported_language_variant(code)
        except LookupError:
            continue
    return "en"


async def _refuse(error: FrontdeskError, send: Send) -> None:
    headers = [(b"content-type", b"application/json")]
    if error.status == 401:
        headers.append((b"www-authenticate", b"Bearer"))
    if error.status == 405:
        headers.append((b"allow", b"POST"))
    if isinstance(error, TooManyRequests):
        headers.append((b"retry-after", str(max(1, math.ceil(error.retry_after))).encode()))
    await send({"type": "http.response.start", "status": error.status, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps(error.as_dict(), ensure_ascii=False).encode()})
