"""The widget's socket, as docs/protocols/widget.md has it."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from contextlib import aclosing
from typing import Any
from urllib.parse import parse_qs
from uuid import UUID

import orjson
from autobahn.exception import Disconnected
from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings
from django.utils import translation

from frontdesk.channels.models import Channel
from frontdesk.core.errors import FrontdeskError, TooManyRequests
from frontdesk.core.events import conversation_group
from frontdesk.core.scoping import scope
from frontdesk.core.threads import in_thread
from frontdesk.runs import service
from frontdesk.runs.encoders.widget import WidgetEncoder

from . import visitors

logger = logging.getLogger(__name__)

REFUSED, TOO_MANY = 4403, 4029
MAX_FRAME = 16 * 1024
# A frame that is this large is no slip of a client's.
FAR_TOO_BIG = 16 * MAX_FRAME
# Own messages of this socket that need no telling when they come around.
REMEMBERED = 100
LARGEST_SEQ = 2**31 - 1


class WidgetConsumer(AsyncWebsocketConsumer):
    """One socket of one visitor. It owns nothing: runs go on without it."""

    channel: Channel
    visitor: str

    async def connect(self) -> None:
        await self.accept()
        query = {name: values[-1] for name, values in parse_qs(self.scope["query_string"].decode(errors="replace")).items()}
        try:
            self.visitor = str(UUID(query.get("visitor", "")))
            origin = self._header(b"origin")
            self.ip = (self.scope.get("client") or [""])[0]
            self.channel = await in_thread(
                visitors.enter, query.get("key", ""), origin, own_origin=self._own_origin(), ip=self.ip
            )
        except TooManyRequests:
            await self.close(TOO_MANY)
            return
        except (ValueError, FrontdeskError):
            await self.close(REFUSED)
            return
        self.following: dict[str, asyncio.Task[None]] = {}
        self.said: deque[str] = deque(maxlen=REMEMBERED)
        self.groups: set[str] = set()
        self.window: tuple[float, int] = (0.0, 0)
        await self._join(self._visitor_group())
        await self._ready(query.get("run", ""), query.get("after", "0"))

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
        handle = {"say": self._say, "stop": self._stop, "rate": self._rate, "follow": self._follow_again, "ping": self._ping}
        handler = handle.get(_text(frame.get("type"))) if isinstance(frame, dict) else None
        if handler is None:
            return
        try:
            await handler(frame)
        except FrontdeskError as error:
            await self._refuse(frame, error)
        except Exception:
            logger.exception("a widget frame could not be handled")
            await self._refuse(frame, FrontdeskError())

    # --- what the visitor does ------------------------------------------------------------------------------------

    async def _say(self, frame: dict[str, Any]) -> None:
        client_id, text = _text(frame.get("client_id"))[:64], _text(frame.get("text"))
        self.said.append(client_id)
        taken = await self._as_visitor(visitors.say, self.channel, self.visitor, client_id, text, self.ip)
        message_id, run_id = str(taken.turn.message.uuid), str(taken.run.uuid) if taken.run else None
        await self._send({"type": "accepted", "client_id": client_id, "message_id": message_id, "run": run_id})
        if taken.run is not None:
            await service.start(taken.run)
            self._follow(str(taken.run.uuid), 0)
        conversation = str(taken.turn.conversation.uuid)
        if await self._join(conversation_group(taken.turn.conversation.uuid)):
            await self._tell_other_tabs(conversation=conversation, message=message_id, run=run_id)

    async def _stop(self, frame: dict[str, Any]) -> None:
        run = await self._as_visitor(visitors.own_run, self.channel, self.visitor, str(frame.get("run", "")))
        if run is not None:
            await service.cancel(run)

    async def _rate(self, frame: dict[str, Any]) -> None:
        rating = {"up": "up", "down": "down"}.get(str(frame.get("rating")), "")
        await self._as_visitor(visitors.rate, self.channel, self.visitor, str(frame.get("message_id", "")), rating)

    async def _follow_again(self, frame: dict[str, Any]) -> None:
        run = await self._as_visitor(visitors.own_run, self.channel, self.visitor, str(frame.get("run", "")))
        if run is not None:
            self._follow(str(run.uuid), _number(frame.get("after")), again=True)

    async def _refuse(self, frame: dict[str, Any], error: FrontdeskError) -> None:
        retry = error.status in {429, 500, 503}
        await self._send({"type": "error", "client_id": frame.get("client_id"), "message": str(error.message), "retry": retry})

    async def _ping(self, frame: dict[str, Any]) -> None:
        await self._send({"type": "pong"})

    # --- what the visitor is told ---------------------------------------------------------------------------------

    async def _ready(self, run_id: str, after: str) -> None:
        state = await self._as_visitor(visitors.state, self.channel, self.visitor, run_id)
        if state.conversation is not None:
            await self._join(conversation_group(state.conversation))
        run = {"id": state.run} if state.run else None
        conversation = str(state.conversation) if state.conversation else None
        await self._send({"type": "ready", "conversation": conversation, "messages": state.messages, "run": run})
        if state.run:
            self._follow(state.run, _number(after) if state.run == run_id else 0)

    def _follow(self, run_id: str, after: int, *, again: bool = False) -> None:
        known = self.following.get(run_id)
        if known is not None and not known.done():
            if not again:
                return
            known.cancel()
        self.following[run_id] = asyncio.create_task(self._relay(run_id, after))

    async def _relay(self, run_id: str, after: int) -> None:
        encoder = WidgetEncoder(after)
        try:
            async with aclosing(service.follow(run_id, after)) as batches:
                async for batch in batches:
                    for frame in encoder.encode(batch):
                        await self._send(frame)
        except FrontdeskError:
            logger.info("a widget asked for run %s, which is not there", run_id)
        finally:
            if self.following.get(run_id) is asyncio.current_task():
                del self.following[run_id]

    async def _join(self, group: str) -> bool:
        """Hear the news of a group; False when that is so already."""
        if group in self.groups:
            return False
        await self.channel_layer.group_add(group, self.channel_name)
        self.groups.add(group)
        return True

    def _visitor_group(self) -> str:
        """Of all tabs of this visitor, those too that were open before there was a conversation."""
        return f"visitor.{visitors.sender(self.channel, self.visitor)}"

    async def _tell_other_tabs(self, **news: str | None) -> None:
        await self.channel_layer.group_send(self._visitor_group(), {"type": "conversation.begun", **news})

    async def conversation_begun(self, event: dict[str, Any]) -> None:
        """Another tab of this visitor began a conversation."""
        if await self._join(conversation_group(UUID(event["conversation"]))):
            await self._show(event["message"])
            if event["run"]:
                self._follow(event["run"], 0)

    async def conversation_event(self, event: dict[str, Any]) -> None:
        """News of this conversation from other processes: another tab's message, a person's, a run that began."""
        kind, data = event["kind"], event["data"]
        if kind == "message.created":
            await self._show(data["message"])
        elif kind == "run.opened":
            self._follow(data["run"], 0)
        elif kind == "typing":
            await self._send({"type": "typing", "on": bool(data.get("on"))})

    async def _show(self, message_id: str) -> None:
        message = await self._as_visitor(visitors.message_to_show, self.channel, self.visitor, message_id)
        if message is not None and message["client_id"] not in self.said:
            await self._send({"type": "message_created", "message": message})

    # --- small parts ----------------------------------------------------------------------------------------------

    async def _as_visitor(self, function: Any, *arguments: Any) -> Any:
        language = self.channel.agent.content.get("language") or self.channel.workspace.language
        with scope(workspace=self.channel.workspace), translation.override(language):
            return await in_thread(function, *arguments)

    async def _send(self, frame: dict[str, Any]) -> None:
        try:
            await self.send(text_data=orjson.dumps(frame).decode())
        except Disconnected:
            logger.debug("a visitor left while something was sent")

    def _too_fast(self) -> bool:
        began, count = self.window
        now = time.monotonic()
        self.window = (began, count + 1) if now - began < 1 else (now, 1)
        return self.window[1] > settings.WEBSOCKET_MESSAGES_PER_SECOND

    def _header(self, name: bytes) -> str:
        return dict(self.scope["headers"]).get(name, b"").decode("latin-1")

    def _own_origin(self) -> str:
        """The address under which this page's own server is seen by the browser."""
        secure = settings.BASE_URL.startswith("https://")
        return f"{'https' if secure else 'http'}://{self._header(b'host')}"


def _text(value: Any) -> str:
    return value.replace("\x00", "") if isinstance(value, str) else ""


def _number(value: Any) -> int:
    try:
        return min(max(0, int(value)), LARGEST_SEQ)
    except (TypeError, ValueError, OverflowError):
        return 0
