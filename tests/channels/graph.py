"""Meta's Graph API on this machine: what it was asked, and what it says."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
from collections import deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.test import Client
from frontdesk_meta.graph import version

APP_SECRET = "0123456789abcdef0123456789abcdef"
VERIFY_TOKEN = "made-up-words"
TOKEN = "EAAtest-of-nobody-0123456789-0123456789"


class GraphApi:
    """`asked` are (method, path below the version, arguments) in order; `answers` what a path gives; `says` the next answers to
    messages, then it takes everything as "mid.1", "mid.2"…; `files` what is at /files/<name>.
    """

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, Any]] = []
        self.answers: dict[str, dict[str, Any]] = {}
        self.says: deque[tuple[int, dict[str, Any]]] = deque()
        self.files: dict[str, tuple[str, bytes]] = {}
        self.taken = 0
        api = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:  # noqa: N802  (the library's name)
                parts = urlsplit(self.path)
                if parts.path.startswith("/files/"):
                    media_type, body = api.files[parts.path.removeprefix("/files/")]
                    return self.give(200, body, media_type)
                api.asked.append(("GET", api.below(parts.path), parse_qs(parts.query)))
                return self.give(*api.answer(self.headers, api.below(parts.path)))

            def do_POST(self) -> None:  # noqa: N802
                body = self.rfile.read(int(self.headers["content-length"]))
                is_json = self.headers["content-type"] == "application/json"
                path = api.below(self.path)
                api.asked.append(("POST", path, json.loads(body) if is_json else body))
                self.give(*(api.take(json.loads(body)) if path.endswith("/messages") else api.answer(self.headers, path)))

            def give(self, status: int, body: bytes, media_type: str = "application/json") -> None:
                self.send_response(status)
                self.send_header("content-type", media_type)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.host = f"127.0.0.1:{self.server.server_port}"
        self.url = f"http://{self.host}"
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    @staticmethod
    def below(path: str) -> str:
        return urlsplit(path).path.removeprefix(f"/{version()}/")

    def answer(self, headers: Any, path: str) -> tuple[int, bytes]:
        if headers["authorization"] != f"Bearer {TOKEN}":
            return 401, json.dumps({"error": {"message": "Invalid OAuth access token.", "code": 190}}).encode()
        return 200, json.dumps(self.answers.get(path, {"success": True})).encode()

    def take(self, body: dict[str, Any]) -> tuple[int, bytes]:
        """A message; typing is no message."""
        if self.says and "sender_action" not in body and "typing_indicator" not in body:
            status, answer = self.says.popleft()
            return status, json.dumps(answer).encode()
        if "sender_action" in body or "typing_indicator" in body:
            return 200, b'{"success": true}'
        self.taken += 1
        mid = f"mid.{self.taken}"
        return 200, json.dumps({"message_id": mid, "messages": [{"id": mid}]}).encode()

    @property
    def sent(self) -> list[dict[str, Any]]:
        """Messages, without typing."""
        posted = [body for method, path, body in self.asked if method == "POST" and path.endswith("/messages")]
        return [body for body in posted if "sender_action" not in body and "typing_indicator" not in body]

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


def push(address: str, notification: Any, *, secret: str = APP_SECRET) -> int:
    """Post as Meta does; gives the status. Bytes go out as they are."""
    body = notification if isinstance(notification, bytes) else json.dumps(notification).encode()
    signature = "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    headers = {"x-hub-signature-256": signature}
    return Client().post(address, body, content_type="application/json", headers=headers).status_code


def ask_for_challenge(address: str, token: str) -> tuple[int, str]:
    """How Meta checks an address."""
    answer = Client().get(address, {"hub.mode": "subscribe", "hub.verify_token": token, "hub.challenge": "1158201444"})
    return answer.status_code, answer.content.decode()
