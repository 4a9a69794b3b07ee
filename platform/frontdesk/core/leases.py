"""The leases of what this process works on. One thread extends them all: one for each costs more than many a job."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass

from django.db import close_old_connections

logger = logging.getLogger(__name__)


@dataclass
class _Held:
    """`due` is when to extend it next, of the monotonic clock."""

    seconds: float
    extend: Callable[[], object]
    due: float


_held: dict[Hashable, _Held] = {}
_changed = threading.Condition()
_wakes_at = float("inf")
_keeper: threading.Thread | None = None


def hold(what: Hashable, seconds: float, extend: Callable[[], object]) -> None:
    """Extend the lease of so many seconds that was just taken on something, again and again until `let_go`."""
    global _keeper
    with _changed:
        mine = _held[what] = _Held(seconds, extend, time.monotonic() + seconds / 3)
        if _keeper is None or not _keeper.is_alive():
            _keeper = threading.Thread(target=_keep, daemon=True, name="leases")
            _keeper.start()
        elif mine.due < _wakes_at:
            _changed.notify()


def let_go(what: Hashable) -> None:
    with _changed:
        _held.pop(what, None)


def _keep() -> None:
    global _wakes_at
    while True:
        with _changed:
            _wakes_at = min((each.due for each in _held.values()), default=float("inf"))
            left = _wakes_at - time.monotonic()
            if left > 0:
                _changed.wait(None if left == float("inf") else left)
            now = time.monotonic()
            due = {what: each for what, each in _held.items() if each.due <= now}
        for what, each in due.items():
            _extend(what, each)


def _extend(what: Hashable, mine: _Held) -> None:
    mine.due = time.monotonic() + mine.seconds / 3
    try:
        mine.extend()
    except Exception:
        logger.warning("could not extend the lease of %s; will try again", what)
    finally:
        close_old_connections()
