"""A Frontdesk of a test's own: the real commands, in processes of their own, on a port and data folder of their own."""

from __future__ import annotations

import http.client
import os
import pwd
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil

WELCOME = "Frontdesk is running."
START_SECONDS = 300


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(what: Callable[[], object], seconds: float = 30, *, failure: str) -> None:
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, failure
        time.sleep(0.05)


def _hear_interrupts() -> None:
    """Whoever runs the tests in the background of a script has Ctrl-C ignored, and everything below inherits that."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


class Launch:
    """`command` run in `checkout`, which prints the welcome once the web answers; as `account`, if one is given."""

    def __init__(self, checkout: Path, data: Path, port: int, account: pwd.struct_passwd | None = None) -> None:
        self.checkout, self.data, self.port = checkout, data, port
        self.identity = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []} if account else {}
        self.log = data.with_suffix(".log")
        self.environment = {
            **os.environ,
            "FRONTDESK_DATA": str(data),
            "FRONTDESK_ENGINES_PROFILE": "test",
            "PORT": str(port),
            "PYTHONUNBUFFERED": "1",
        }
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, *command: str) -> float:
        """Start and give the seconds until the welcome."""
        started = time.monotonic()
        self.begin(*command)
        self.wait()
        return time.monotonic() - started

    def begin(self, *command: str) -> None:
        where = {"cwd": self.checkout, "env": self.environment, **self.identity}
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                command,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_hear_interrupts,
                **where,
            )

    def wait(self) -> None:
        wait_for(lambda: WELCOME in self.said() or self.process.poll() is not None, START_SECONDS, failure=self.said())
        assert self.process.poll() is None, self.said()

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        where = {"cwd": self.checkout, "env": self.environment, **self.identity}
        return subprocess.run(command, capture_output=True, text=True, timeout=120, **where)

    def manage(self, *command: str) -> subprocess.CompletedProcess[str]:
        return self.run(sys.executable, "manage.py", *command)

    def said(self) -> str:
        return self.log.read_text(errors="replace")

    def health(self) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        connection.request("GET", "/api/health")
        return connection.getresponse().status

    def family(self) -> list[psutil.Process]:
        """The process and all below it."""
        parent = psutil.Process(self.process.pid)
        return [parent, *parent.children(recursive=True)]

    def child(self, name: str) -> psutil.Process:
        """The web, the worker or the engines process."""
        [found] = [child for child in psutil.Process(self.process.pid).children() if child.name() == f"desk-{name}"]
        return found

    def interrupt(self) -> int:
        """Ctrl-C: the terminal sends SIGINT to the whole group in the foreground."""
        os.killpg(self.process.pid, signal.SIGINT)
        return self.process.wait(60)
