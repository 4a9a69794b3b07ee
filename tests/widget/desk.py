"""A small server that speaks docs/protocols/widget.md, led by the test: it answers what it is told to, when it is told to."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.datastructures import Headers
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from frontdesk.sdk.themes import load
from frontdesk.surfaces.site.widget import FOLDER, script

THEMES = Path(__file__).parents[2] / "themes"
PAGES = Path(__file__).parent / "pages"
CHAT_CSS = FOLDER.parent / "chat.css"
PICTURE = '<svg xmlns="http://www.w3.org/2000/svg" width="800" height="400"><rect width="800" height="400" fill="teal"/></svg>'
PATIENCE = 60
"""Seconds that a busy machine may take for what is quick."""
Frame = dict[str, Any]
CONFIG = {
    "name": "Mila",
    "greeting": "Hello! I know our **menu** and our opening hours. What would you like to know?",
    "avatar": None,
    "suggestions": ["When are you open on Sunday?", "Do you have oat milk?", "Book a table"],
    "language": "en",
    "direction": "ltr",
    "strings": {},
}


@dataclass
class Run:
    """One answer: `emit` writes to its journal, and every socket of the visitor hears it."""

    talk: Talk
    question: str
    id: str = field(default_factory=lambda: str(uuid4()))
    journal: list[Frame] = field(default_factory=list)
    open: bool = True
    seq: int = 0

    async def emit(self, kind: str, **data: Any) -> None:
        """`hidden` is an event that a visitor does not see: it takes a number and sends nothing."""
        self.seq += 1
        if kind == "hidden":
            return
        prev = self.journal[-1]["seq"] if self.journal else 0
        event = {"type": kind, "run": self.id, "seq": self.seq, "prev": prev, **data}
        self.journal.append(event)
        if kind == "message":
            sources = data.get("sources", [])
            self.talk.store("agent", data["text"], id=data["message_id"], run=self.id, sources=sources)
        self.open = self.open and kind not in ("end", "error", "cancelled")
        await self.talk.tell(event)

    async def write(self, *pieces: str) -> None:
        for piece in pieces:
            await self.emit("delta", text=piece)

    async def finish(self, text: str, sources: list[Frame] | None = None) -> None:
        await self.emit("message", message_id=str(uuid4()), text=text, sources=sources or [])
        await self.emit("end")

    def after(self, seq: int) -> list[Frame]:
        events = [event for event in self.journal if event["seq"] > seq]
        return [events[0] | {"prev": seq}, *events[1:]] if events else []


@dataclass
class Talk:
    """One visitor's conversation."""

    messages: list[Frame] = field(default_factory=list)
    runs: dict[str, Run] = field(default_factory=dict)
    sockets: set[ServerConnection] = field(default_factory=set)
    by_person: bool = False

    def store(self, role: str, text: str, **more: Any) -> Frame:
        message = {
            "id": str(uuid4()),
            "role": role,
            "text": text,
            "sources": [],
            "rating": "none",
            "run": None,
            "client_id": None,
        }
        message |= {"created_at": "2026-01-05T10:00:00Z", "name": None} | more
        self.messages.append(message)
        return message

    async def tell(self, frame: Frame) -> None:
        for socket in list(self.sockets):
            try:
                await socket.send(json.dumps(frame))
            except ConnectionClosed:
                self.sockets.discard(socket)

    async def person(self, text: str, name: str, files: list[Frame] | None = None) -> None:
        await self.tell({"type": "message_created", "message": self.store("person", text, name=name, files=files or [])})


class Desk:
    """`asked` gets a run for each new question; `heard` and `frames` every frame, `connections` the query of every socket."""

    def __init__(self) -> None:
        self.talks: dict[str, Talk] = {}
        self.asked: asyncio.Queue[Run] = asyncio.Queue()
        self.heard: asyncio.Queue[Frame] = asyncio.Queue()
        self.frames: list[Frame] = []
        self.connections: list[dict[str, str]] = []
        self.config = CONFIG | {"theme": {"slug": "calm", **load(THEMES / "calm").tokens}}
        self.config_status = HTTPStatus.OK
        self.close_code: int | None = None
        self.refusal: Frame | None = None
        self.silent = False
        self.losing_receipts = False
        self.changed = asyncio.Condition()
        self.server: Server | None = None
        self.port = 0

    async def start(self) -> None:
        self.server = await serve(self.converse, "127.0.0.1", self.port, process_request=self.page, ping_interval=None)
        self.port = self.server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        self.server.close()
        await self.server.wait_closed()

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def shop(self, page: str) -> str:
        """The owner's page, on another origin than the desk."""
        return f"http://localhost:{self.port}/pages/{page}"

    @property
    def talk(self) -> Talk:
        [talk] = self.talks.values()
        return talk

    async def next_question(self) -> Run:
        return await asyncio.wait_for(self.asked.get(), PATIENCE)

    async def joined(self, sockets: int = 1) -> None:
        """So many sockets hear what is told from now on."""
        async with asyncio.timeout(PATIENCE), self.changed:
            await self.changed.wait_for(lambda: sum(len(talk.sockets) for talk in self.talks.values()) >= sockets)

    def count(self, kind: str) -> int:
        return sum(frame["type"] == kind for frame in self.frames)

    async def next_frame(self, kind: str) -> Frame:
        async with asyncio.timeout(PATIENCE):
            while (frame := await self.heard.get())["type"] != kind:
                pass
        return frame

    async def cut(self) -> None:
        """The network breaks: every socket ends without a good-bye."""
        for talk in self.talks.values():
            for socket in list(talk.sockets):
                talk.sockets.discard(socket)
                socket.transport.abort()

    # --- HTTP ---

    def page(self, connection: ServerConnection, request: Request) -> Response | None:
        url = urlsplit(request.path)
        if url.path.startswith("/ws/"):
            return None
        if url.path == "/widget.js":
            return self.reply(script(), "text/javascript", **{"Access-Control-Allow-Origin": "*"})
        if url.path == "/widget/config":
            allow = {"Access-Control-Allow-Origin": "*"}
            return self.reply(json.dumps(self.config), "application/json", self.config_status, **allow)
        if url.path == "/files/picture":
            return self.reply(PICTURE, "image/svg+xml")
        if url.path == "/chat.css":
            return self.reply(CHAT_CSS.read_text(), "text/css")
        if url.path.startswith("/themes/"):
            return self.reply((THEMES / url.path.split("/")[2] / "tokens.css").read_text(), "text/css")
        file = PAGES / Path(url.path).name
        if not file.is_file():
            return self.reply("", "text/plain", HTTPStatus.NOT_FOUND)
        policy = f"default-src 'none'; style-src 'self'; script-src {self.origin}; connect-src {self.origin} ws://127.0.0.1:{self.port}"
        policy += f"; img-src {self.origin}"
        text = file.read_text().replace("https://HOST", self.origin)
        return self.reply(text, "text/css" if file.suffix == ".css" else "text/html", **{"Content-Security-Policy": policy})

    def reply(self, text: str, kind: str, status: HTTPStatus = HTTPStatus.OK, **headers: str) -> Response:
        body = text.encode()
        head = Headers(
            {"Content-Type": f"{kind}; charset=utf-8", "Content-Length": str(len(body)), "Connection": "close"} | headers
        )
        return Response(status, status.phrase, head, body)

    # --- WebSocket ---

    async def converse(self, socket: ServerConnection) -> None:
        query = {key: values[0] for key, values in parse_qs(urlsplit(socket.request.path).query).items()}
        self.connections.append(query)
        if self.close_code:
            await socket.close(self.close_code)
            return
        talk = self.talks.setdefault(query["visitor"], Talk())
        run = next((run for run in talk.runs.values() if run.open), talk.runs.get(query.get("run", "")))
        ready = {"type": "ready", "conversation": None, "messages": talk.messages, "run": {"id": run.id} if run else None}
        await socket.send(json.dumps(ready))
        for event in run.after(int(query["after"]) if query.get("run") == run.id else 0) if run else []:
            await socket.send(json.dumps(event))
        talk.sockets.add(socket)
        async with self.changed:
            self.changed.notify_all()
        try:
            async for data in socket:
                await self.hear(talk, socket, json.loads(data))
        except ConnectionClosed:
            pass
        finally:
            talk.sockets.discard(socket)

    async def hear(self, talk: Talk, socket: ServerConnection, frame: Frame) -> None:
        self.frames.append(frame)
        await self.heard.put(frame)
        if self.silent:
            return
        if frame["type"] == "say":
            receipt = await self.accept(talk, frame)
            if not self.losing_receipts:
                await socket.send(json.dumps(receipt))
        elif frame["type"] == "follow":
            for event in talk.runs[frame["run"]].after(frame["after"]):
                await socket.send(json.dumps(event))
        elif frame["type"] == "ping":
            await socket.send(json.dumps({"type": "pong"}))

    async def accept(self, talk: Talk, say: Frame) -> Frame:
        if self.refusal:
            return {"type": "error", "client_id": say["client_id"], **self.refusal}
        stored = next((message for message in talk.messages if message["client_id"] == say["client_id"]), None)
        run = next((run for run in talk.runs.values() if run.question == say["client_id"]), None)
        if not stored:
            stored = talk.store("visitor", say["text"], client_id=say["client_id"])
            if not talk.by_person:
                run = Run(talk, say["client_id"])
                talk.runs[run.id] = run
                await self.asked.put(run)
        return {"type": "accepted", "client_id": say["client_id"], "message_id": stored["id"], "run": run.id if run else None}
