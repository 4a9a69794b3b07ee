"""A program of the owner's that takes webhooks, on a real socket; and running the jobs that are due."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import orjson
import pytest
from django.utils import timezone

from frontdesk.agents import actions as agents
from frontdesk.agents.content import AgentContent
from frontdesk.agents.models import Agent
from frontdesk.core import jobs
from frontdesk.core.models import Job
from frontdesk.webhooks import wanted
from frontdesk.webhooks.models import Delivery


@dataclass
class Receiver:
    """`answers` are given one after the other, the last one again and again: (status, body, headers)."""

    url: str = ""
    answers: list[tuple[int, bytes, dict[str, str]]] = field(default_factory=lambda: [(200, b"ok", {})])
    heard: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    def told(self) -> list[dict[str, Any]]:
        return [orjson.loads(body) for _headers, body in self.heard]

    def answer(self) -> tuple[int, bytes, dict[str, str]]:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@pytest.fixture
def target(settings: Any) -> Iterator[Receiver]:
    """The operator opened its address; otherwise loopback is refused."""
    made = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            made.heard.append(({name.lower(): value for name, value in self.headers.items()}, body))
            status, said, more = made.answer()
            self.send_response(status)
            for name, value in {"Content-Length": str(len(said)), **more}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *args: Any) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.url = f"http://127.0.0.1:{server.server_port}/hook"
    settings.WEBHOOK_ALLOWED_HOSTS = [f"127.0.0.1:{server.server_port}"]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield made
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(autouse=True)
def nothing_remembered() -> None:
    """Rows of an earlier test are gone, and so must be what is known of them."""
    wanted._kept.clear()


@pytest.fixture
def agent(owner: Any, in_workspace: Any) -> Agent:
    made = agents.create_agent(owner, AgentContent(name="Mila"), live=True)
    made.refresh_from_db()
    return made


@pytest.fixture
def work() -> Callable[[], int]:
    """Do the room's jobs that are due, and those they make; gives how many."""

    def run_due() -> int:
        count = 0
        while due := list(Job.objects.filter(kind__startswith="webhooks.", state=Job.State.QUEUED).order_by("pk")):
            due = [row for row in due if row.run_after is None or row.run_after <= timezone.now()]
            if not due:
                return count
            for row in due:
                jobs.run(row.pk)
                count += 1
        return count

    return run_due


@pytest.fixture
def sooner() -> Callable[[], None]:
    """Let the pause before the next attempt be over."""

    def pass_time() -> None:
        Delivery.objects.filter(next_at__isnull=False).update(next_at=timezone.now())
        Job.objects.filter(kind="webhooks.deliver", state=Job.State.QUEUED).update(run_after=None)

    return pass_time
