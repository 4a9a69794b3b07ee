"""Waiting no longer than one can afford for code that may never come back."""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

T = TypeVar("T")


def harmless(error: BaseException) -> Exception:
    """The same, as something that `except Exception` catches."""
    if isinstance(error, Exception):
        return error
    return RuntimeError(f"{type(error).__name__}: this cannot end the host")


def in_time(function: Callable[..., T], *args: Any, seconds: float, name: str) -> T:
    """Run a function in a thread that is left behind when it takes longer. Raises TimeoutError, or what it raised, and
    RuntimeError for what is meant to end or cancel the thread that waits (SystemExit, KeyboardInterrupt, CancelledError…)."""
    future: Future[T] = Future()
    context = contextvars.copy_context()

    def work() -> None:
        try:
            future.set_result(context.run(function, *args))
        except BaseException as error:
            future.set_exception(harmless(error))

    threading.Thread(target=work, daemon=True, name=name).start()
    return future.result(seconds)
