"""The widget's socket, as docs/protocols/widget.md has it."""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any
from urllib.parse import parse_qs
from uuid import UUID

from django.utils import translation

from frontdesk.channels.models import Channel
from frontdesk.core.errors import FrontdeskError, TooManyRequests
from frontdesk.core.events import conversation_group, desk_group
from frontdesk.core.scoping import scope
from frontdesk.core.threads import in_thread
from frontdesk.runs import service
from frontdesk.runs.encoders.widget import WidgetEncoder

from . import visitors
from .socket import REFUSED, TOO_MANY, Frame, Socket, number_of, text_of

# Own messages of this socket that need no telling when they come around.
REMEMBERED = 100


class WidgetConsumer(Socket):
    """One socket of one visitor."""

    encoder = WidgetEncoder
    channel: Channel
    visitor: str

    async def connect(self) -> None:
        await self.accept()
        query = {name: values[-1] for name, values in parse_qs(self.scope["query_string"].decode(errors="replace")).items()}
        try:
            self.visitor = str(UUID(query.get("visitor", "")))
            origin = self.header(b"origin")
            self.ip = (self.scope.get("client") or [""])[0]
            self.channel = await in_thread(visitors.enter, query.get("key", ""), origin, own_origin=self.own_origin(), ip=self.ip)
        except TooManyRequests:
            await self.close(TOO_MANY)
            return
        except (ValueError, FrontdeskError):
            await self.close(REFUSED)
            return
        self.begin()
        self.said: deque[str] = deque(maxlen=REMEMBERED)
        self.conversation: UUID | None = None
        await self.join(visitors.visitor_group(self.channel, self.visitor))
        await self._ready(query.get("run", ""), query.get("after", "0"))

    def handlers(self) -> dict[str, Callable[[Frame], Awaitable[None]]]:
        return {
            "say": self._say,
            "typing": self._typing,
            "stop": self._stop,
            "rate": self._rate,
            "follow": self._follow_again,
            "ping": self.ping,
        }

    # --- what the visitor does ------------------------------------------------------------------------------------

    async def _say(self, frame: Frame) -> None:
        client_id, text = text_of(frame.get("client_id"))[:64], text_of(frame.get("text"))
        self.said.append(client_id)
        said = partial(visitors.say, language=self.header(b"accept-language"))
        taken = await self._as_visitor(said, self.channel, self.visitor, client_id, text, self.ip)
        message_id, run_id = str(taken.turn.message.uuid), str(taken.run.uuid) if taken.run else None
        await self.tell({"type": "accepted", "client_id": client_id, "message_id": message_id, "run": run_id})
        if taken.run is not None:
            await service.start(taken.run)
            self.follow(str(taken.run.uuid), 0)
        self.conversation = taken.turn.conversation.uuid
        if await self.join(conversation_group(self.conversation)):
            await self._tell_other_tabs(conversation=str(self.conversation), message=message_id, run=run_id)
            if taken.told is not None:
                await self._show(str(taken.told.uuid))
            await self._tell_who_answers()

    async def _typing(self, frame: Frame) -> None:
        """Told to teammates who look at the conversation, and kept nowhere."""
        if self.conversation is not None:
            typing = {"type": "desk.typing", "conversation": str(self.conversation), "on": frame.get("on") is True}
            await self.channel_layer.group_send(desk_group(self.conversation), typing)

    async def _stop(self, frame: Frame) -> None:
        run = await self._as_visitor(visitors.own_run, self.channel, self.visitor, str(frame.get("run", "")))
        if run is not None:
            await service.cancel(run)

    async def _rate(self, frame: Frame) -> None:
        rating = {"up": "up", "down": "down"}.get(str(frame.get("rating")), "")
        await self._as_visitor(visitors.rate, self.channel, self.visitor, str(frame.get("message_id", "")), rating)

    async def _follow_again(self, frame: Frame) -> None:
        run = await self._as_visitor(visitors.own_run, self.channel, self.visitor, str(frame.get("run", "")))
        if run is not None:
            self.follow(str(run.uuid), number_of(frame.get("after")), again=True)

    async def refuse(self, frame: Frame, error: FrontdeskError) -> None:
        retry = error.status in {429, 500, 503}
        await self.tell({"type": "error", "client_id": frame.get("client_id"), "message": str(error.message), "retry": retry})

    # --- what the visitor is told ---------------------------------------------------------------------------------

    async def _ready(self, run_id: str, after: str) -> None:
        state = await self._state(run_id)
        self.conversation = state.conversation
        run = {"id": state.run} if state.run else None
        conversation = str(state.conversation) if state.conversation else None
        await self.tell(
            {"type": "ready", "conversation": conversation, "messages": state.messages, "run": run, "answers": state.answers}
        )
        if state.run:
            self.follow(state.run, number_of(after) if state.run == run_id else 0)

    async def _state(self, run_id: str) -> visitors.VisitorState:
        """Read once the conversation is heard: what is said between the two would be told to nobody."""
        known = await self._as_visitor(visitors.conversation_uuid, self.channel, self.visitor)
        if known is not None:
            await self.join(conversation_group(known))
        state: visitors.VisitorState = await self._as_visitor(visitors.state, self.channel, self.visitor, run_id)
        if state.conversation is not None and await self.join(conversation_group(state.conversation)):
            state = await self._as_visitor(visitors.state, self.channel, self.visitor, run_id)
        return state

    async def _tell_who_answers(self) -> None:
        answers = await self._as_visitor(visitors.who_answers, self.channel, self.visitor)
        await self.tell({"type": "status", "answers": answers})

    async def _tell_other_tabs(self, **news: str | None) -> None:
        group = visitors.visitor_group(self.channel, self.visitor)
        await self.channel_layer.group_send(group, {"type": "conversation.begun", **news})

    async def conversation_begun(self, event: dict[str, Any]) -> None:
        """Another tab of this visitor began a conversation, or sent files."""
        self.conversation = UUID(event["conversation"])
        if await self.join(conversation_group(self.conversation)):
            state = await self._as_visitor(visitors.state, self.channel, self.visitor, "")
            for message in state.messages:
                if message["role"] != "agent" and message["client_id"] not in self.said:
                    await self.tell({"type": "message_created", "message": message})
            await self.tell({"type": "status", "answers": state.answers})
            if event["run"]:
                self.follow(event["run"], 0)

    async def conversation_event(self, event: dict[str, Any]) -> None:
        """News of this conversation from other processes: another tab's message, a person's, a run that began."""
        kind, data = event["kind"], event["data"]
        if kind == "message.created":
            await self._show(data["message"])
        elif kind == "message.changed":
            await self._show(data["message"], again=True)
        elif kind == "conversation.changed":
            await self._tell_who_answers()
        elif kind == "run.opened":
            self.follow(data["run"], 0)
        elif kind == "typing":
            await self.tell({"type": "typing", "on": bool(data.get("on"))})

    async def _show(self, message_id: str, *, again: bool = False) -> None:
        message = await self._as_visitor(visitors.message_to_show, self.channel, self.visitor, message_id)
        if message is not None and (again or message["client_id"] not in self.said):
            await self.tell({"type": "message_created", "message": message})

    # --- small parts ----------------------------------------------------------------------------------------------

    async def _as_visitor(self, function: Any, *arguments: Any) -> Any:
        language = self.channel.agent.content.get("language") or self.channel.workspace.language
        with scope(workspace=self.channel.workspace), translation.override(language):
            return await in_thread(function, *arguments)
