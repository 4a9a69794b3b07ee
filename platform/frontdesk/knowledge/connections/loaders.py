"""Calling a plugin's `SourceLoader`: which there are, what one is handed, and its items one after the other."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError

from frontdesk.plugins import activation, calling
from frontdesk.plugins.capabilities import context
from frontdesk.plugins.host import host
from frontdesk.plugins.offers import Offer
from frontdesk.sdk.context import Context, Storage
from frontdesk.sdk.loaders import LoadedItem
from frontdesk.workspaces.models import Workspace

from ..models import SourceConnection
from .errors import LoaderGone, LoaderOff, LoaderUnset, UnknownLoader

SECONDS_AN_ITEM = 60.0
LOOK_SECONDS = 0.5


def available(workspace: Workspace) -> list[Offer]:
    """The loaders of plugins that are on, by label."""
    offers = host().offers("source_loaders").values()
    active = activation.active(workspace) if offers else frozenset()
    return sorted((offer for offer in offers if offer.plugin in active), key=lambda offer: str(offer.item.label).casefold())


def known(slug: str) -> Offer | None:
    """Whether its plugin is on or not."""
    return host().offers("source_loaders").get(slug)


def chosen(workspace: Workspace, slug: str) -> Offer:
    """One of the available ones. Raises UnknownLoader."""
    found = next((offer for offer in available(workspace) if offer.slug == slug), None)
    if found is None:
        raise UnknownLoader
    return found


def offer_of(connection: SourceConnection) -> Offer:
    """Raises LoaderGone, LoaderOff."""
    offer = known(connection.loader)
    if offer is None:
        raise LoaderGone
    if not activation.is_on(connection.workspace, offer.plugin):
        raise LoaderOff
    return offer


def settings_of(offer: Offer, connection: SourceConnection) -> BaseModel:
    """As the owner filled them in. Raises LoaderUnset when the plugin asks for others by now."""
    try:
        settings: BaseModel = offer.item.config_model.model_validate({**connection.settings, **connection.secrets})
    except ValidationError as error:
        raise LoaderUnset from error
    return settings


def handed(workspace: Workspace, offer: Offer, settings: BaseModel, connection: SourceConnection | None = None) -> Context:
    """What a loader gets; without a connection it remembers nothing."""
    made = context(workspace, offer.plugin, settings, language=workspace.language)
    storage = _Own(made.storage, f"{connection.uuid}:") if connection else _Nothing()
    return dataclasses.replace(made, storage=storage)


async def forget(storage: Storage) -> None:
    for key in await storage.keys():
        await storage.delete(key)


def listed(workspace: Workspace, offer: Offer, context: Context, between: Callable[[], None]) -> Iterator[LoadedItem]:
    """All items, for synchronous code; `between` is called twice a second while one is waited for, and may raise.

    Raises PluginFailed and what the loader raises on purpose.
    """
    with asyncio.Runner() as runner:
        stream = _stream(workspace, offer, context)
        try:
            while (item := _next(runner, stream, between)) is not None:
                yield item
        finally:
            runner.run(stream.aclose())


async def first(workspace: Workspace, offer: Offer, context: Context, most: int) -> Sequence[LoadedItem]:
    """The first few items. Raises as `listed`."""
    found: list[LoadedItem] = []
    async with aclosing(_stream(workspace, offer, context)) as stream:
        async for item in stream:
            found.append(item)
            if len(found) == most:
                break
    return found


def _stream(workspace: Workspace, offer: Offer, context: Context) -> Any:
    """An async generator. The object is made inside the plugin's call, for its `__init__` is the plugin's, too."""

    def items(context: Context) -> AsyncIterator[LoadedItem]:
        found: AsyncIterator[LoadedItem] = offer.item().items(context)
        return found

    what = f"loader {offer.slug}"
    return calling.stream(
        offer.plugin, what, items, context, seconds=SECONDS_AN_ITEM, workspace=workspace.uuid, answers=LoadedItem
    )


def _next(runner: asyncio.Runner, stream: Any, between: Callable[[], None]) -> LoadedItem | None:
    async def piece() -> LoadedItem | None:
        item: LoadedItem | None = await anext(stream, None)
        return item

    async def arrived() -> bool:
        done, _waiting = await asyncio.wait({task}, timeout=LOOK_SECONDS)
        return bool(done)

    task = runner.get_loop().create_task(piece())
    try:
        while not runner.run(arrived()):
            between()
    except BaseException:
        task.cancel()
        runner.run(asyncio.wait({task}))
        raise
    return task.result()


@dataclass(frozen=True, slots=True)
class _Own:
    """A connection's part of the plugin's storage."""

    inner: Storage
    prefix: str

    async def get(self, key: str) -> Any | None:
        return await self.inner.get(self.prefix + key)

    async def put(self, key: str, value: Any) -> None:
        await self.inner.put(self.prefix + key, value)

    async def delete(self, key: str) -> None:
        await self.inner.delete(self.prefix + key)

    async def keys(self, prefix: str = "") -> Sequence[str]:
        return [key.removeprefix(self.prefix) for key in await self.inner.keys(self.prefix + prefix)]


class _Nothing:
    """For a look that leaves no trace."""

    async def get(self, key: str) -> Any | None:
        return None

    async def put(self, key: str, value: Any) -> None:
        """Kept nowhere."""

    async def delete(self, key: str) -> None:
        """Nothing is there."""

    async def keys(self, prefix: str = "") -> Sequence[str]:
        return ()
