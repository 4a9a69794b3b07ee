"""A vendor made of recordings: a real HTTP/1.1 server on a real socket, for tests of plugins that speak HTTP.

async with VendorServer() as vendor:
    vendor.play(Reply.file(RECORDINGS / "chat.sse"))
    provider = make_provider(base_url=vendor.url)
    …
    assert vendor.requests[0].json()["model"] == "gpt-5"
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self
from urllib.parse import parse_qsl, urlsplit

import h11
import orjson

MEDIA_TYPES = {".sse": "text/event-stream", ".json": "application/json", ".html": "text/html; charset=utf-8"}


@dataclass(frozen=True, slots=True)
class VendorRequest:
    """What the vendor was asked. Header names are lower case."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return orjson.loads(self.body)


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer of the vendor.

    `pieces` are written one at a time. `ending` says what follows the last one: "complete" ends the body as HTTP asks,
    "cut" drops the connection in the middle of it, "hang" keeps silent until the client gives up; with no status
    line sent at all when `status` is 0.
    """

    pieces: tuple[bytes, ...] = ()
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    ending: Literal["complete", "cut", "hang"] = "complete"

    @classmethod
    def file(cls, path: Path, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Self:
        """A recording. The suffix gives the content type; a stream (.sse) is sent event by event."""
        body = path.read_bytes()
        pieces = split_events(body) if path.suffix == ".sse" else (body,)
        return cls(pieces, status, {"content-type": MEDIA_TYPES[path.suffix], **(headers or {})})

    @classmethod
    def of(cls, data: Any, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Self:
        """An answer in JSON."""
        return cls((orjson.dumps(data),), status, {"content-type": "application/json", **(headers or {})})

    @classmethod
    def silence(cls) -> Self:
        """Take the request and never answer."""
        return cls(status=0, ending="hang")

    def first(self, pieces: int, *, ending: Literal["complete", "cut", "hang"]) -> Self:
        """The beginning of this answer, ended in another way."""
        return replace(self, pieces=self.pieces[:pieces], ending=ending)

    def then(self, piece: bytes) -> Self:
        """This answer with one more piece at its end."""
        return replace(self, pieces=(*self.pieces, piece))


Handler = Callable[[VendorRequest], Reply]


def split_events(body: bytes) -> tuple[bytes, ...]:
    """The events of a stream, each with the empty line that ends it."""
    end = b"\r\n\r\n" if b"\r\n" in body else b"\n\n"
    return tuple(event + end for event in body.split(end) if event.strip())


class VendorServer:
    """Plays replies in the order they were given and keeps the requests.

    A request that nothing was prepared for is answered 599 and fails the test when the server is left.
    """

    def __init__(self) -> None:
        self.requests: list[VendorRequest] = []
        self.connections = 0
        """How many times a client has connected."""
        self.client_left = asyncio.Event()
        """Set when a client drops the connection while an answer hangs."""
        self._replies: deque[Reply | Handler] = deque()
        self._handler: Handler | None = None
        self._unexpected: list[str] = []
        self._open: dict[asyncio.StreamWriter, asyncio.Task[None]] = {}

    @property
    def url(self) -> str:
        host, port = self._server.sockets[0].getsockname()[:2]
        return f"http://{host}:{port}"

    def play(self, *replies: Reply | Handler) -> None:
        """Answer the next requests with these, one each. A function is asked for its reply."""
        self._replies.extend(replies)

    def serve(self, handler: Handler) -> None:
        """Ask this function for the reply to every request for which none is left to play."""
        self._handler = handler

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._server.close()
        serving = dict(self._open)
        for writer in serving:
            writer.close()
        await asyncio.gather(*serving.values())
        if error is None and self._unexpected:
            raise AssertionError(f"The vendor was asked for something that was not prepared: {', '.join(self._unexpected)}.")

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.current_task()
        assert task is not None
        self._open[writer] = task
        try:
            with suppress(ConnectionError, h11.RemoteProtocolError):
                await self._serve(reader, writer)
        finally:
            del self._open[writer]
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = h11.Connection(h11.SERVER)
        while (request := await _read_request(connection, reader)) is not None:
            self.requests.append(request)
            await self._answer(self._reply_to(request), connection, reader, writer)
            if connection.our_state is not h11.DONE or connection.their_state is not h11.DONE:
                return
            connection.start_next_cycle()

    def _reply_to(self, request: VendorRequest) -> Reply:
        if self._replies:
            reply = self._replies.popleft()
            return reply if isinstance(reply, Reply) else reply(request)
        if self._handler:
            return self._handler(request)
        self._unexpected.append(f"{request.method} {request.path}")
        return Reply.of({"error": {"message": "No reply was prepared for this request."}}, status=599)

    async def _answer(
        self, reply: Reply, connection: h11.Connection, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        if reply.status:
            headers = [*reply.headers.items(), ("transfer-encoding", "chunked")]
            writer.write(connection.send(h11.Response(status_code=reply.status, headers=headers)) or b"")
        for piece in reply.pieces:
            writer.write(connection.send(h11.Data(data=piece)) or b"")
            await writer.drain()
        match reply.ending:
            case "complete":
                writer.write(connection.send(h11.EndOfMessage()) or b"")
                await writer.drain()
            case "cut":
                writer.close()
            case "hang":
                with suppress(ConnectionError):
                    await reader.read()
                self.client_left.set()


async def _read_request(connection: h11.Connection, reader: asyncio.StreamReader) -> VendorRequest | None:
    """The next request of a connection, None when the client has closed it."""
    head: h11.Request | None = None
    body = bytearray()
    while True:
        event = connection.next_event()
        if event is h11.NEED_DATA:
            connection.receive_data(await reader.read(65536))
        elif isinstance(event, h11.Request):
            head = event
        elif isinstance(event, h11.Data):
            body += event.data
        elif isinstance(event, h11.EndOfMessage):
            break
        else:
            return None
    assert head is not None
    target = urlsplit(head.target.decode())
    headers = {name.decode(): value.decode() for name, value in head.headers}
    return VendorRequest(head.method.decode(), target.path, dict(parse_qsl(target.query)), headers, bytes(body))
