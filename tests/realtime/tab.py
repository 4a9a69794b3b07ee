"""A browser's tab, as the server sees it: one socket that speaks docs/protocols/widget.md."""

from __future__ import annotations

import asyncio
import json
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

ORIGIN = "https://shop.example"
ENDINGS = ("end", "error", "cancelled")
SECONDS = 30
Frame = dict[str, Any]


class Tab:
    """`frames` are all that came, in order."""

    def __init__(self, socket: ClientConnection, visitor: str, after: int) -> None:
        self.socket = socket
        self.visitor = visitor
        self.after = after
        self.frames: list[Frame] = []

    @classmethod
    async def open(
        cls, base: str, *, key: str, visitor: str = "", origin: str | None = ORIGIN, after: int = 0, run: str = ""
    ) -> Tab:
        visitor = visitor or str(uuid4())
        query = urlencode({"key": key, "visitor": visitor, "after": after, "run": run})
        # However much a test leaves unread, the closing is read.
        socket = await connect(f"{base.replace('http', 'ws', 1)}/ws/widget/?{query}", origin=origin, proxy=None, max_queue=None)
        return cls(socket, visitor, after)

    async def next(self, *kinds: str) -> Frame:
        """The next frame of these kinds, whatever comes before it."""
        async with asyncio.timeout(SECONDS):
            while True:
                frame = json.loads(await self.socket.recv())
                self.frames.append(frame)
                if frame["type"] in kinds:
                    return frame

    async def send(self, kind: str, **fields: Any) -> None:
        await self.socket.send(json.dumps({"type": kind, **fields}))

    async def say(self, text: str, client_id: str = "") -> Frame:
        """Gives what the server says to it: `accepted` or `error`."""
        await self.send("say", client_id=client_id or str(uuid4()), text=text)
        return await self.next("accepted", "error")

    async def ending(self) -> Frame:
        return await self.next(*ENDINGS)

    async def closed(self) -> int:
        """The code with which the server closes."""
        async with asyncio.timeout(SECONDS):
            try:
                while True:
                    self.frames.append(json.loads(await self.socket.recv()))
            except ConnectionClosed:
                return self.socket.close_code or 0

    async def close(self) -> None:
        await self.socket.close()

    def of(self, run: str) -> list[Frame]:
        return [frame for frame in self.frames if frame.get("run") == run and "seq" in frame]

    def streamed(self, run: str, *, after: int = 0) -> str:
        """What stands on the screen of a client that applies a run's frames by the book; a hole in the chain fails."""
        last, text = after, ""
        for frame in self.of(run):
            if frame["seq"] <= last:
                continue
            assert frame["prev"] == last, f"{frame} does not follow {last}"
            last = frame["seq"]
            if frame["type"] == "start":
                text = ""
            elif frame["type"] == "delta":
                text += frame["text"]
        return text


async def answered(tab: Tab, text: str, client_id: str = "") -> str:
    """Ask, wait for the ending, and give the run's id."""
    accepted = await tab.say(text, client_id)
    assert accepted["type"] == "accepted", accepted
    await tab.ending()
    return accepted["run"]
