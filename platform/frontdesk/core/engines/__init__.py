"""PostgreSQL with pgvector and a Redis-protocol server, out of the wheels that pip installed: nothing to set up by hand.

`DATABASE_URL` or `REDIS_URL` set: that server is used, and never started or stopped from here. Unset: an embedded one lives in
the data folder, is started on demand, and outlives the process that started it, so the next start finds it warm.
This package imports no Django: settings are built from what it says.
"""

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from .errors import EngineError
from .folder import claim, data_home, forget, local_secret
from .postgres import Postgres
from .valkey import Valkey

__all__ = [
    "EngineError",
    "EngineStatus",
    "clean",
    "data_home",
    "database_url",
    "embedded",
    "ensure",
    "keep_running",
    "local_secret",
    "redis_url",
    "status",
    "stop",
]

LOCK = "engines.lock"
LOOK_SECONDS = 0.5


@dataclass(frozen=True)
class EngineStatus:
    name: str
    url: str
    embedded: bool
    answers: bool | None  # None: a server of your own, which is not asked


def database_url() -> str:
    """`DATABASE_URL`, or the address of the embedded PostgreSQL, which need not be running yet."""
    return os.environ.get("DATABASE_URL") or Postgres(data_home()).url


def redis_url() -> str:
    """`REDIS_URL`, or the address of the embedded Valkey, which need not be running yet."""
    return os.environ.get("REDIS_URL") or Valkey(data_home()).url


def ensure() -> None:
    """Start the embedded engines that are needed and not running; raises `EngineError` with the reason when one will not."""
    if all(engine.answers() for engine in _needed(data_home())):
        return
    home = claim(data_home())
    with _locked(home):
        for engine in _needed(home):
            engine.start()


def embedded() -> bool:
    """Whether at least one of the two is ours to start and stop."""
    return any(_needed(data_home()))


def keep_running(say: Callable[[str], object]) -> None:
    """Start an embedded engine again whenever its process has ended, and say so; until this process is ended itself.

    Raises `EngineError` when one cannot be started again."""
    while True:
        for engine in _needed(data_home()):
            if not engine.running() and not engine.answers():
                if not engine.folder.exists():
                    raise EngineError(f"{engine.folder} is gone, and {engine.name} with it. Stop Frontdesk and start it anew.")
                say(f"{engine.name} ended by itself; starting it again.")
                ensure()
                say(f"{engine.name} runs again.")
        time.sleep(LOOK_SECONDS)


def stop(home: Path | None = None) -> list[str]:
    """Stop the embedded engines of a data folder (by default this process's) and of those in it, such as the tests' own.

    Says what was done, a sentence for each."""
    home = home or data_home()
    if not home.exists():
        return [f"Nothing to stop: there is no data folder {home}."]
    said = []
    for folder in _with_inner(home):
        with _locked(claim(folder)):
            for engine in (Valkey(folder), Postgres(folder)):
                pid = engine.stop()
                if pid or folder == home:
                    said.append(f"Stopped {engine.name} (process {pid})." if pid else f"{engine.name} was not running.")
    return said


def clean(home: Path | None = None) -> list[str]:
    """Stop the engines of a data folder, remove it with everything in it, and say what was done."""
    home = home or data_home()
    places = [place for folder in _with_inner(home) for engine in (Valkey(folder), Postgres(folder)) for place in engine.places()]
    return [*stop(home), *forget(home, *places)]


def status() -> list[EngineStatus]:
    """Both engines, embedded or not. Asking starts nothing."""
    home = data_home()
    external = {"DATABASE_URL": bool(os.environ.get("DATABASE_URL")), "REDIS_URL": bool(os.environ.get("REDIS_URL"))}
    return [
        EngineStatus(engine.name, url, embedded=not external[variable], answers=None if external[variable] else engine.answers())
        for variable, url, engine in (
            ("DATABASE_URL", database_url(), Postgres(home)),
            ("REDIS_URL", redis_url(), Valkey(home)),
        )
    ]


def _needed(home: Path) -> Iterator[Postgres | Valkey]:
    if not os.environ.get("DATABASE_URL"):
        yield Postgres(home)
    if not os.environ.get("REDIS_URL"):
        yield Valkey(home)


def _with_inner(home: Path) -> list[Path]:
    return [home, *(lock.parent for lock in sorted(home.glob(f"*/{LOCK}")))]


@contextmanager
def _locked(home: Path) -> Iterator[None]:
    with (home / LOCK).open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
