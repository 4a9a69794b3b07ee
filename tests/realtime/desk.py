"""A page of the inbox, as the server sees it: one socket that speaks docs/protocols/studio.md."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.test import Client
from websockets.asyncio.client import connect

from .tab import Tab

BACKEND = "frontdesk.workspaces.login.EmailOrUsernameBackend"


def cookie_of(user: Any) -> str:
    """Of a browser in which somebody has signed in."""
    browser = Client()
    browser.force_login(user, BACKEND)
    return f"{settings.SESSION_COOKIE_NAME}={browser.session.session_key}"


class Desk(Tab):
    """`frames` are all that came, in order."""

    @classmethod
    async def sit_down(cls, base: str, *, cookie: str, workspace: str, origin: str | None = "own") -> Desk:
        origin = base if origin == "own" else origin
        address = f"{base.replace('http', 'ws', 1)}/ws/studio/?{urlencode({'workspace': workspace})}"
        socket = await connect(address, origin=origin, additional_headers={"Cookie": cookie}, proxy=None, max_queue=None)
        return cls(socket, "", 0)

    async def look_at(self, conversation: Any, **asked: Any) -> dict[str, Any]:
        await self.send("open", conversation=str(conversation), **asked)
        return await self.next("opened", "refused")
