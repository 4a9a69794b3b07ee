"""The Studio's socket, as docs/protocols/studio.md has it: what happens in the inbox, and answers as they are written."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs
from uuid import UUID

from frontdesk.core.errors import FrontdeskError, TooManyRequests
from frontdesk.core.events import conversation_group, desk_group, studio_group
from frontdesk.core.scoping import scope
from frontdesk.core.threads import in_thread
from frontdesk.runs.encoders.inbox import InboxEncoder
from frontdesk.workspaces.permissions import Actor

from . import operators
from .socket import REFUSED, TOO_MANY, Frame, Socket, number_of, text_of

# For so many seconds a membership counts as seen; then it is looked up again before anything else is told.
RECHECK_SECONDS = 15.0
# What of an event goes out; the page asks for the rest, and is shown what it may see.
TOLD = ("conversation", "message", "author", "status", "state", "what", "contact", "run")
STATES = {"looking", "writing", "left"}


class StudioConsumer(Socket):
    """One page of one teammate."""

    encoder = InboxEncoder
    actor: Actor

    async def connect(self) -> None:
        await self.accept()
        query = {name: values[-1] for name, values in parse_qs(self.scope["query_string"].decode(errors="replace")).items()}
        self.workspace = query.get("workspace", "")
        origins = {"origin": self.header(b"origin"), "own_origin": self.own_origin()}
        try:
            self.actor = await in_thread(operators.enter, self.header(b"cookie"), self.workspace, **origins)
        except TooManyRequests:
            await self.close(TOO_MANY)
            return
        except FrontdeskError:
            await self.close(REFUSED)
            return
        self.begin()
        self.seen_at = time.monotonic()
        self.open: UUID | None = None
        await self.join(studio_group(self.actor.workspace.uuid))
        await self.tell({"type": "ready"})

    async def disconnect(self, code: int) -> None:
        if getattr(self, "open", None):
            await self._say_here("left")
        await super().disconnect(code)

    def handlers(self) -> dict[str, Callable[[Frame], Awaitable[None]]]:
        return {
            "open": self._open,
            "leave": self._leave,
            "here": self._here,
            "follow": self._follow_run,
            "unfollow": self._unfollow,
            "ping": self.ping,
        }

    async def tell(self, frame: Frame) -> None:
        if await self._may_stay():
            await super().tell(frame)

    async def refuse(self, frame: Frame, error: FrontdeskError) -> None:
        await self.tell({"type": "refused", "of": text_of(frame.get("type")), "code": error.code, "text": str(error.message)})

    # --- what the page asks for -----------------------------------------------------------------------------------

    async def _open(self, frame: Frame) -> None:
        """Look at one conversation, from now on and alone."""
        await self._leave({})
        asked_run = text_of(frame.get("run"))
        conversation, run = await self._inside(operators.look_at, text_of(frame.get("conversation")), asked_run)
        self.open = conversation.uuid
        await self.join(desk_group(self.open))
        await self.join(conversation_group(self.open))
        await self.tell({"type": "opened", "conversation": str(self.open), "run": run})
        await self._say_here("looking", asks=True)
        if run is not None:
            self.follow(run, number_of(frame.get("after")) if run == asked_run else 0)

    async def _leave(self, frame: Frame) -> None:
        if self.open is None:
            return
        await self._say_here("left")
        for group in (desk_group(self.open), conversation_group(self.open)):
            await self.quit(group)
        self.open = None
        for task in self.following.values():
            task.cancel()
        self.following.clear()

    async def _here(self, frame: Frame) -> None:
        """Tell colleagues what one does, and the customer that somebody writes."""
        state = text_of(frame.get("state"))
        if self.open is None or state not in STATES - {"left"}:
            return
        await self._say_here(state)
        if frame.get("to_customer") is True and self.actor.may("answer"):
            typing = {"type": "conversation.event", "kind": "typing", "data": {"on": state == "writing"}}
            await self.channel_layer.group_send(conversation_group(self.open), typing)

    async def _follow_run(self, frame: Frame) -> None:
        """Once more from a number on, or a suggestion that is being written for this page."""
        run = await self._inside(operators.run_to_follow, text_of(frame.get("run")))
        self.follow(run, number_of(frame.get("after")), again=True)

    async def _unfollow(self, frame: Frame) -> None:
        task = self.following.get(text_of(frame.get("run")))
        if task is not None:
            task.cancel()

    # --- what the page is told ------------------------------------------------------------------------------------

    async def studio_event(self, event: dict[str, Any]) -> None:
        """Something in the workspace changed."""
        told = {name: event["data"][name] for name in TOLD if name in event["data"]}
        await self.tell({"type": "news", "kind": event["kind"], **told})

    async def conversation_event(self, event: dict[str, Any]) -> None:
        """Of the open conversation: an answer begins to be written."""
        if event["kind"] == "run.opened" and self.open is not None:
            run = event["data"]["run"]
            await self.tell({"type": "run", "conversation": str(self.open), "run": run})
            self.follow(run, 0)

    async def desk_typing(self, event: dict[str, Any]) -> None:
        """The customer of the open conversation writes."""
        await self.tell({"type": "typing", "conversation": event["conversation"], "on": event["on"]})

    async def desk_here(self, event: dict[str, Any]) -> None:
        """A colleague looks at the open conversation too; who asks is told that we do."""
        if event["socket"] == self.channel_name or event["conversation"] != str(self.open):
            return
        if event["asks"]:
            await self._say_here("looking")
        if event["user"] != self._me:
            known = {name: event[name] for name in ("conversation", "user", "name", "state")}
            await self.tell({"type": "here", **known})

    # --- small parts ----------------------------------------------------------------------------------------------

    @property
    def _me(self) -> str:
        return str(self.actor.user.uuid) if self.actor.user else ""

    async def _say_here(self, state: str, *, asks: bool = False) -> None:
        here = {"conversation": str(self.open), "user": self._me, "name": str(self.actor), "state": state}
        told = {"type": "desk.here", **here, "asks": asks, "socket": self.channel_name}
        await self.channel_layer.group_send(desk_group(self.open), told)

    async def _inside(self, function: Any, *arguments: Any) -> Any:
        with scope(workspace=self.actor.workspace):
            return await in_thread(function, *arguments)

    async def _may_stay(self) -> bool:
        """Who signed out, left the team or opened another workspace hears nothing any more."""
        now = time.monotonic()
        if now - self.seen_at < RECHECK_SECONDS:
            return True
        self.seen_at = now
        try:
            self.actor = await in_thread(operators.member, self.header(b"cookie"), self.workspace)
        except FrontdeskError:
            self.seen_at = float("-inf")
            await self.close(REFUSED)
            return False
        return True
