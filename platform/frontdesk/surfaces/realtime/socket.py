"""What the sockets of a widget and of the Studio have in common: frames with a type, groups to hear, runs to follow."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from typing import Any

import orjson
from autobahn.exception import Disconnected
from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings

from frontdesk.core.errors import FrontdeskError
from frontdesk.runs import service
from frontdesk.runs.encoders.chained import ChainedEncoder

logger = logging.getLogger(__name__)

REFUSED, TOO_MANY = 4403, 4029
MAX_FRAME = 16 * 1024
# A frame that is this large is no slip of a client's.
FAR_TOO_BIG = 16 * MAX_FRAME
LARGEST_SEQ = 2**31 - 1
Frame = dict[str, Any]


class Socket(AsyncWebsocketConsumer):
    """One socket. It owns nothing: runs go on without it. `handlers` are the frames that a client may send, by their type."""

    encoder: type[ChainedEncoder]

    def begin(self) -> None:
        """From now on frames are taken."""
        self.following: dict[str, asyncio.Task[None]] = {}
        self.groups: set[str] = set()
        self.window: tuple[float, int] = (0.0, 0)

    def handlers(self) -> dict[str, Callable[[Frame], Awaitable[None]]]:
        raise NotImplementedError

    async def disconnect(self, code: int) -> None:
        for task in getattr(self, "following", {}).values():
            task.cancel()
        for group in getattr(self, "groups", ()):
            await self.channel_layer.group_discard(group, self.channel_name)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        if not hasattr(self, "following") or text_data is None:
            return
        if self._too_fast() or len(text_data) > FAR_TOO_BIG:
            await self.close(TOO_MANY)
            return
        try:
            frame = orjson.loads(text_data) if len(text_data) <= MAX_FRAME else {}
        except orjson.JSONDecodeError:
            return
        handler = self.handlers().get(text_of(frame.get("type"))) if isinstance(frame, dict) else None
        if handler is None:
            return
        try:
            await handler(frame)
        except FrontdeskError as error:
            await self.refuse(frame, error)
        except Exception:
            logger.exception("a frame of a socket could not be handled")
            await self.refuse(frame, FrontdeskError())

    async def refuse(self, frame: Frame, error: FrontdeskError) -> None:
        """Say why a frame was not done."""
        raise NotImplementedError

    async def ping(self, frame: Frame) -> None:
        await self.tell({"type": "pong"})

    async def tell(self, frame: Frame) -> None:
        try:
            await self.send(text_data=orjson.dumps(frame).decode())
        except Disconnected:
            logger.debug("somebody left while something was sent")

    async def join(self, group: str) -> bool:
        """Hear the news of a group; False when that is so already."""
        if group in self.groups:
            return False
        await self.channel_layer.group_add(group, self.channel_name)
        self.groups.add(group)
        return True

    async def quit(self, group: str) -> None:
        if group in self.groups:
            self.groups.remove(group)
            await self.channel_layer.group_discard(group, self.channel_name)

    def follow(self, run_id: str, after: int, *, again: bool = False) -> None:
        """Tell a run's events after that number; `again`: though they are being told already."""
        known = self.following.get(run_id)
        if known is not None and not known.done():
            if not again:
                return
            known.cancel()
        self.following[run_id] = asyncio.create_task(self._relay(run_id, after))

    async def _relay(self, run_id: str, after: int) -> None:
        encoder = self.encoder(after)
        try:
            async with aclosing(service.follow(run_id, after)) as batches:
                async for batch in batches:
                    for frame in encoder.encode(batch):
                        await self.tell(frame)
        except FrontdeskError:
            logger.info("a socket asked for run %s, which is not there", run_id)
        finally:
            if self.following.get(run_id) is asyncio.current_task():
                del self.following[run_id]

    def _too_fast(self) -> bool:
        began, count = self.window
        now = time.monotonic()
        self.window = (began, count + 1) if now - began < 1 else (now, 1)
        return self.window[1] > settings.WEBSOCKET_MESSAGES_PER_SECOND

    def header(self, name: bytes) -> str:
        return dict(self.scope["headers"]).get(name, b"").decode("latin-1")

    def own_origin(self) -> str:
        """The address under which this page's own server is seen by the browser."""
        secure = settings.BASE_URL.startswith("https://")
        return f"{'https' if secure else 'http'}://{self.header(b'host')}"


def text_of(value: Any) -> str:
    return value.replace("\x00", "") if isinstance(value, str) else ""


def number_of(value: Any) -> int:
    try:
        return min(max(0, int(value)), LARGEST_SEQ)
    except (TypeError, ValueError, OverflowError):
        return 0
