"""A web site on this machine: real HTTP, pages from a dictionary, and a list of what was asked."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PAGE = "<html><head><title>{title}</title>{head}</head><body><main><h1>{title}</h1><p>{text}</p>{links}</main></body></html>"


def page(title: str, text: str, *links: str, head: str = "") -> bytes:
    """A page as a help center has it."""
    anchors = "".join(f'<p>More about it stands <a href="{link}">on the page {link}</a>.</p>' for link in links)
    return PAGE.format(title=title, text=text, links=anchors, head=head).encode()


@dataclass
class Answer:
    """What an address gives. `location` redirects."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    location: str = ""
    etag: bool = False


@dataclass
class Site:
    """`pages` by path and query; `asked` is every path in order, `conditional` those that were asked with a validator."""

    address: str = ""
    pages: dict[str, bytes | Answer] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    conditional: list[str] = field(default_factory=list)

    def answer(self, path: str) -> Answer:
        found = self.pages.get(path, Answer(b"<h1>Not here</h1>", 404))
        return found if isinstance(found, Answer) else Answer(found)

    def read(self) -> list[str]:
        """The pages that were asked for since the last time, without robots.txt and sitemaps."""
        asked = [path for path in self.asked if "robots.txt" not in path and "sitemap" not in path]
        self.asked.clear()
        self.conditional.clear()
        return asked


@contextmanager
def serving() -> Iterator[Site]:
    site = Site()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            site.asked.append(self.path)
            answer = site.answer(self.path)
            tag = f'"{sha256(answer.body).hexdigest()[:12]}"' if answer.etag else ""
            given = self.headers.get("if-none-match", "")
            if given:
                site.conditional.append(self.path)
            fresh = bool(tag) and given == tag
            headers = {"content-type": "text/html; charset=utf-8", **answer.headers}
            if tag:
                headers["etag"] = tag
            if answer.location:
                headers["location"] = answer.location
            self.send_response(304 if fresh else answer.status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            if not fresh:
                self.wfile.write(answer.body)

        def log_message(self, *_args: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    site.address = f"http://127.0.0.1:{server.server_port}"
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
