from __future__ import annotations

import http.client
import json
import signal
import socket
import sys
from collections.abc import Callable
from contextlib import closing
from functools import partial
from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, CommandError, CommandParser

from frontdesk.core import engines

from .. import running
from ..preparation import prepare
from ..supervisor import Program, Supervisor, end_children, run_to_end
from ..web import listen, serve
from ..worker import consume

START_SECONDS = 60


class Command(BaseCommand):
    help = "Prepare the database, then run web, worker and the embedded engines together until Ctrl-C."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--no-demo", action="store_true", help="leave an empty database empty")

    def handle(self, *args: Any, **options: Any) -> None:
        for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(signum, signal.default_int_handler)
        try:
            with running.claim(), closing(listen()) as listener:
                self._prepare(demo=not options["no_demo"])
                self._run(listener)
        except KeyboardInterrupt:
            self._say("Stopping…")
        finally:
            end_children()
        self._say("Stopped. PostgreSQL and Valkey stay warm for the next start; `make stop` ends them.")

    def _prepare(self, *, demo: bool) -> None:
        """In a process of its own: the models and connections that the demo needs are not inherited by web and worker."""
        if run_to_end(Program("preparation", partial(prepare, demo=demo, say=self._say))):
            raise CommandError("The database could not be prepared; the lines above say why.")

    def _run(self, listener: socket.socket) -> None:
        web = Program("web", partial(serve, listener))
        worker = Program("worker", partial(_work, listener))
        servers = [Program("engines", partial(_watch, listener, self._say))] if engines.embedded() else []
        supervisor = Supervisor([web, worker, *servers], self._say)
        self._wait_for_answer(listener, supervisor)
        self._say(welcome())
        supervisor.watch()

    def _wait_for_answer(self, listener: socket.socket, supervisor: Supervisor) -> None:
        host, port = listener.getsockname()
        for _ in range(START_SECONDS):
            connection = http.client.HTTPConnection("127.0.0.1" if host == "0.0.0.0" else host, port, timeout=1)  # noqa: S104
            try:
                connection.request("GET", "/api/health")
                if connection.getresponse().status < 500:
                    return
            except (OSError, http.client.HTTPException):
                pass
            finally:
                connection.close()
            if not supervisor.is_running("web"):
                break
        raise CommandError("The web process does not answer; the lines above say why.")

    def _say(self, sentence: str) -> None:
        self.stdout.write(sentence)
        self.stdout.flush()


def _work(listener: socket.socket) -> None:
    listener.close()  # or a worker that takes its time would keep the port from the next start
    consume()


def _watch(listener: socket.socket, say: Callable[[str], object]) -> None:
    listener.close()
    try:
        engines.keep_running(say)
    except engines.EngineError as error:
        sys.exit(str(error))


def welcome() -> str:
    lines = {
        "Public page": f"{settings.BASE_URL}/",
        "Studio": f"{settings.BASE_URL}/studio/",
        "Ops": f"{settings.BASE_URL}/ops/",
        "API": f"{settings.BASE_URL}/api/schema/swagger-ui/",
    }
    demo = settings.DATA_HOME / "demo.json"
    if demo.exists():
        account = json.loads(demo.read_text())
        lines["Sign in"] = f"{account['email']}  {account['password']}"
    rows = "\n".join(f"  {name:<12} {value}" for name, value in lines.items())
    return f"\nFrontdesk is running. Ctrl-C stops it.\n\n{rows}\n"
