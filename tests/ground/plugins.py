"""Plugins made for a test, installed beside the real ones."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import pytest

from frontdesk.plugins import calling
from frontdesk.plugins import host as plugins
from frontdesk.providers.registry import provider_classes
from frontdesk.sdk.context import Context
from frontdesk.sdk.hookspecs import hookimpl
from frontdesk.sdk.manifest import Manifest, Permissions


@dataclass(frozen=True)
class Entry:
    """An entry point as `importlib.metadata` gives it."""

    name: str
    load: Callable[[], Any]


def module(
    slug: str, *, permissions: Permissions | None = None, hooks: dict[str, Callable[..., Any]] | None = None, **manifest: Any
) -> ModuleType:
    """A plugin's module."""
    given = {"name": slug.title(), "version": "1.0", "requires_frontdesk": ">=0", **manifest}
    made = ModuleType(slug)
    made.manifest = hookimpl(lambda: Manifest(slug=slug, permissions=permissions or Permissions(), **given))
    for name, function in (hooks or {}).items():
        setattr(made, name, hookimpl(function))
    return made


@pytest.fixture
def install(monkeypatch) -> Iterator[Callable[..., None]]:
    """Install modules, or entries, for the length of a test; again to replace them."""
    real = list(plugins.entry_points(group="frontdesk.plugins"))

    def forget() -> None:
        plugins.host.cache_clear()
        provider_classes.cache_clear()

    def put(*modules: ModuleType | Entry) -> None:
        entries = [entry if isinstance(entry, Entry) else Entry(entry.__name__, lambda it=entry: it) for entry in modules]
        monkeypatch.setattr(plugins, "entry_points", lambda group: [*real, *entries])
        forget()

    yield put
    forget()


@pytest.fixture(autouse=True)
def rested() -> Iterator[None]:
    """What a plugin did in one test is not held against it in the next."""
    yield
    calling._process = calling._Process(0)


class Heard:
    """An observer of everything."""

    def __init__(self) -> None:
        self.said: list[tuple[Any, Context]] = []

    async def hear(self, what: Any, context: Context) -> None:
        self.said.append((what, context))

    def hooks(self) -> dict[str, Any]:
        async def run_event(event, context) -> None:
            await self.hear(event, context)

        async def message_received(message, context) -> None:
            await self.hear(message, context)

        async def conversation_changed(change, context) -> None:
            await self.hear(change, context)

        return {item.__name__: item for item in (run_event, message_received, conversation_changed)}

    async def of(self, kind: type, count: int = 1) -> list[Any]:
        """The first of a kind, once there are so many."""
        async with asyncio.timeout(10):
            while len(found := [what for what, _context in self.said if isinstance(what, kind)]) < count:
                await asyncio.sleep(0.01)
        return found
