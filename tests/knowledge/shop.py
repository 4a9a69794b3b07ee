"""A place that lists what a test puts on its shelves, and looking at it as the worker does."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any, ClassVar

from pydantic import BaseModel, SecretStr

from frontdesk.core import jobs as core_jobs
from frontdesk.core.models import Job
from frontdesk.knowledge import queries as knowledge
from frontdesk.knowledge.connections import actions, queries
from frontdesk.knowledge.models import SourceConnection
from frontdesk.sdk.context import Context
from frontdesk.sdk.errors import LoaderError
from frontdesk.sdk.loaders import LoadedItem, SourceLoader
from frontdesk.sdk.manifest import Permissions

SEES = Permissions(data=("knowledge",), storage=1)


class ShopSettings(BaseModel):
    shelf: str
    token: SecretStr = SecretStr("")


def thing(id_: str, text: str = "", **fields: Any) -> LoadedItem:
    return LoadedItem(id_, f"Thing {id_}", text or f"The thing {id_} costs {id_}0 euros.", **fields)


class Shop(SourceLoader):
    """Lists what a test puts on its shelves; anything callable there is done when its turn comes."""

    slug, label = "shop", "Shop"
    config_model = ShopSettings
    shelves: ClassVar[dict[str, list[Any]]] = {}
    given: ClassVar[list[Context]] = []

    async def items(self, context: Context) -> AsyncIterator[LoadedItem]:
        self.given.append(context)
        for entry in list(self.shelves[context.settings.shelf]):
            if isinstance(entry, LoadedItem):
                yield entry
            else:
                await entry(context)


def work_all() -> None:
    """What waits for the worker, until nothing does."""
    while waiting := list(Job.objects.filter(state=Job.State.QUEUED).order_by("pk")):
        for job in waiting:
            Job.objects.filter(pk=job.pk).update(run_after=None)
            core_jobs.run(job.pk)


def look(owner: Any, place: SourceConnection) -> SourceConnection:
    actions.refresh(owner, place)
    work_all()
    return queries.connection(place.uuid)


def learned(place: SourceConnection) -> dict[str, str]:
    return {source.external_id: source.state for source in queries.sources(place)}


def said(place: SourceConnection) -> list[str]:
    return sorted(search.text for source in queries.sources(place) for search in knowledge.passages(source))


def refuses(sentence: str) -> Callable[[Context], Any]:
    async def refuse(context: Context) -> None:
        raise LoaderError(sentence)

    return refuse
