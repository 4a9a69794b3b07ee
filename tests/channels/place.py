"""A customer's own system on a real socket: takes answers, and says what a test wants it to say."""

from __future__ import annotations

import json
import threading
import uuid
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from django.test import Client
from frontdesk_webhook import signing

from frontdesk.sdk.errors import SignatureInvalid

SECRET = "correct horse battery staple"


@dataclass(frozen=True)
class Answer:
    """`cut` takes the message and drops the connection instead of answering."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: Any = None
    cut: bool = False


class Place:
    """`got` are the bodies that came, in order, pings left out; `says` the answers to come, then 200 for ever; `answered` pairs
    of the two.
    """

    def __init__(self) -> None:
        self.got: list[dict[str, Any]] = []
        self.answered: list[tuple[dict[str, Any], Answer]] = []
        self.says: deque[Answer] = deque()
        self.files: dict[str, Any] = {}
        self.fetched: list[str] = []
        self.secrets = [SECRET]
        self.hold = threading.Event()
        self.hold.set()
        self.came = threading.Semaphore(0)
        place = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:  # noqa: N802  (the library's name)
                body = self.rfile.read(int(self.headers["content-length"]))
                place.check({name.lower(): value for name, value in self.headers.items()}, body)
                place.answer(self, json.loads(body))

            def do_GET(self) -> None:  # noqa: N802  (the library's name)
                place.give(self)

            def log_message(self, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.host = f"127.0.0.1:{self.server.server_port}"
        self.url = f"http://{self.host}/answers"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True)
        self.thread.start()

    def check(self, headers: dict[str, str], body: bytes) -> None:
        for secret in self.secrets[:-1]:
            with suppress(SignatureInvalid):
                signing.verify(secret, headers, body)
                return
        signing.verify(self.secrets[-1], headers, body)

    def answer(self, handler: BaseHTTPRequestHandler, said: dict[str, Any]) -> None:
        pinged = said["type"] == "ping"
        if not pinged:
            self.got.append(said)
            self.came.release()
            self.hold.wait(30)
        wanted = self.says.popleft() if self.says and not pinged else Answer()
        self.answered.append((said, wanted))
        if wanted.cut:
            handler.close_connection = True
            handler.connection.close()
            return
        body = json.dumps(wanted.body or {}).encode()
        handler.send_response(wanted.status)
        for name, value in {**wanted.headers, "content-length": str(len(body))}.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(body)

    def give(self, handler: BaseHTTPRequestHandler) -> None:
        """What `files` has at that path: bytes, or a status; of a list one after the other."""
        self.fetched.append(handler.path)
        found = self.files.get(handler.path, 404)
        if isinstance(found, list):
            found = found.pop(0) if len(found) > 1 else found[0]
        body = found if isinstance(found, bytes) else b""
        handler.send_response(200 if isinstance(found, bytes) else found)
        handler.send_header("content-length", str(len(body)))
        handler.end_headers()
        with suppress(ConnectionError):
            handler.wfile.write(body)

    @property
    def texts(self) -> list[str]:
        return [said["text"] for said in self.got]

    def close(self) -> None:
        self.hold.set()
        self.server.shutdown()
        self.server.server_close()


def signed(said: Any, *, request_id: str = "", secret: str = SECRET) -> tuple[bytes, dict[str, str]]:
    """Body and headers as the place sends them."""
    body = said if isinstance(said, bytes) else json.dumps(said).encode()
    return body, signing.headers(secret, request_id or uuid.uuid4().hex, body)


def post(address: str, said: Any, *, request_id: str = "", secret: str = SECRET, **more: str) -> Any:
    """What a channel's address answers."""
    body, headers = signed(said, request_id=request_id, secret=secret)
    client = Client(raise_request_exception=False, enforce_csrf_checks=True)
    return client.generic("POST", address, body, content_type="application/json", headers={**headers, **more})


def message(text: str, number: int | str = 1, *, sender: str = "42", **more: Any) -> dict[str, Any]:
    return {"type": "message", "id": f"m-{number}", "sender": {"id": sender, "name": "Ana"}, "text": text, **more}
