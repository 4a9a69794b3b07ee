"""Which `up` runs for a data folder. The lock on the file says whether it lives, however it died; the text says where it is."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import time
from dataclasses import asdict, dataclass
from typing import TextIO

from django.conf import settings
from django.core.management import CommandError

STOP_SECONDS = 30
CLAIM_SECONDS = 1  # `find` holds the lock for a moment


@dataclass(frozen=True)
class Running:
    pid: int
    base_url: str


def claim() -> TextIO:
    """Become the one `up` of this data folder, for as long as the file stays open."""
    file = (settings.DATA_HOME / "up.json").open("a+")
    deadline = time.monotonic() + CLAIM_SECONDS
    while not _lock(file):
        if time.monotonic() > deadline:
            raise CommandError(f"Frontdesk is already running at {_read(file).base_url}. Ctrl-C there, or `make stop`, ends it.")
        time.sleep(0.05)
    file.truncate(0)
    json.dump(asdict(Running(os.getpid(), settings.BASE_URL)), file)
    file.flush()
    return file


def find() -> Running | None:
    """The `up` that runs now."""
    path = settings.DATA_HOME / "up.json"
    if not path.exists():
        return None
    with path.open() as file:
        return None if _lock(file) else _read(file)


def stop() -> str:
    """End the `up` that runs now, wait until its children have ended too, and say so."""
    running = find()
    if running is None:
        return "Web and worker were not running."
    try:
        os.kill(running.pid, signal.SIGTERM)
    except ProcessLookupError:
        pass  # killed; its children have noticed and are leaving
    deadline = time.monotonic() + STOP_SECONDS
    while find():
        if time.monotonic() > deadline:
            raise CommandError(f"Process {running.pid} did not stop within {STOP_SECONDS} s; end it with kill -9 {running.pid}.")
        time.sleep(0.05)
    return f"Stopped web and worker (process {running.pid})."


def _lock(file: TextIO) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _read(file: TextIO) -> Running:
    file.seek(0)
    return Running(**json.load(file))
