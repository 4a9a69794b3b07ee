"""Fixtures for the tests of plugins: two workspaces, a clock that is moved by hand, a model that plays a script, and no network.

`manage.py plugin test` loads this; elsewhere, `pytest -p frontdesk.sdk.testing.fixtures`.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ..context import Context
from .context import OTHER_WORKSPACE, WORKSPACE, context_for
from .scripted import ScriptedProvider

LOCAL = ("127.0.0.1", "::1", "localhost")


@dataclass
class Clock:
    """Time that passes when it is told to. Begins on 2026-01-05 at 09:00 UTC, a Monday."""

    now: datetime = datetime(2026, 1, 5, 9, tzinfo=UTC)

    def pass_by(self, **span: float) -> datetime:
        """Let time pass: `clock.pass_by(hours=25)`."""
        self.now += timedelta(**span)
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """`time.time()` says what the clock says; `clock.now` is for code that is handed the time."""
    made = Clock()
    monkeypatch.setattr(time, "time", lambda: made.now.timestamp())
    return made


@pytest.fixture
def scripted() -> Iterator[ScriptedProvider]:
    """A model that plays what the test tells it (`scripted.play(Say("Hello"))`), and fails on a call too many or too few."""
    provider = ScriptedProvider(steps=[])
    yield provider
    provider.assert_finished()


@pytest.fixture
def make_context() -> Callable[..., Context]:
    """`make_context(plugin.manifest(), settings, web=answers)`: what the host hands to the plugin in Alice's workspace."""
    return context_for


@pytest.fixture
def two_workspaces() -> Callable[..., tuple[Context, Context]]:
    """The same for two workspaces whose storage is apart, Alice's and Charlie's."""

    def both(*given: Any, **named: Any) -> tuple[Context, Context]:
        return context_for(*given, **named, workspace=WORKSPACE), context_for(*given, **named, workspace=OTHER_WORKSPACE)

    return both


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test that reaches out of this machine fails, and says where it wanted to go."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: Any) -> None:
        if isinstance(address, tuple) and address[0] not in LOCAL:
            raise AssertionError(f"A test wanted to reach {address[0]}; give its context a `web` that answers.")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)
