"""A service of somebody else's, on a real socket, that owners make tools of."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

HTML = b"<!doctype html><html><head><title>Menu</title><script>steal()</script></head><body><p>Tea <b>2.50</b></p></body></html>"


@dataclass
class Service:
    """What it heard, in order."""

    port: int = 0
    heard: list[dict[str, Any]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


class _Handler(BaseHTTPRequestHandler):
    service: Service

    def _answer(self) -> None:
        address = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("content-length", 0) or 0))
        heard = {
            "method": self.command,
            "path": address.path,
            "query": parse_qs(address.query, keep_blank_values=True),
            "headers": {name.lower(): value for name, value in self.headers.items()},
            "body": body.decode(),
        }
        self.service.heard.append(heard)
        status, kind, content, more = self._content(address.path.strip("/").split("/")[0], heard)
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(content)), **more}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def _content(self, which: str, heard: dict[str, Any]) -> tuple[int, str, bytes, dict[str, str]]:
        match which:
            case "html":
                return 200, "text/html", HTML, {}
            case "big":
                return 200, "text/plain", b"word " * (10 * 2**20 // 5), {}
            case "huge":
                return 200, "text/plain", b"x" * (17 * 2**20), {}
            case "empty":
                return 200, "application/json", b"", {}
            case "broken":
                return 200, "application/json", b'{"open": tru', {}
            case "file":
                return 200, "application/pdf", b"%PDF-1.7 \x00\x01\x02", {}
            case "gone":
                return 404, "application/json", b'{"error": "no such customer"}', {}
            case "inside":
                return 302, "text/plain", b"", {"Location": "http://169.254.169.254/latest/meta-data/"}
            case _echo:
                return 200, "application/json", json.dumps(heard).encode(), {}

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _answer

    def log_message(self, *args: Any) -> None:
        """Quiet."""


@pytest.fixture
def service(settings: Any) -> Iterator[Service]:
    """The operator opened it; otherwise loopback is refused."""
    made = Service()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"service": made}))
    made.port = server.server_port
    settings.TOOL_ALLOWED_HOSTS = [f"127.0.0.1:{made.port}"]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield made
    server.shutdown()
    server.server_close()
    thread.join()
