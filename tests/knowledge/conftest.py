"""A knowledge base of the café, and sources that are learned by the real pipeline with the offline embedder."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from frontdesk.core import jobs as core_jobs
from frontdesk.core.threads import in_thread
from frontdesk.knowledge import actions
from frontdesk.knowledge.connections import actions as places
from frontdesk.knowledge.connections import queries as connections
from frontdesk.knowledge.models import KnowledgeBase, Source, SourceConnection
from frontdesk.plugins import actions as plugins
from frontdesk.providers import calls
from tests.ground.plugins import module

from .shop import SEES, Shop, thing, work_all
from .site_server import Site, serving


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Any) -> Any:
    settings.MEDIA_ROOT = tmp_path / "media"
    return settings.MEDIA_ROOT


@pytest.fixture
def site(settings: Any) -> Iterator[Site]:
    with serving() as site:
        settings.KNOWLEDGE_ALLOWED_HOSTS = [site.address.removeprefix("http://")]
        settings.KNOWLEDGE_SITE_PAUSE = 0
        yield site


@pytest.fixture
def base(owner: Any, in_workspace: Any) -> KnowledgeBase:
    return actions.create_base(owner, "Menu", reranking_enabled=False)


@pytest.fixture
def learned(owner: Any, base: KnowledgeBase) -> Callable[..., Source]:
    """Add a text and let the worker's code learn it."""

    def add(text: str, title: str = "Notes", **options: Any) -> Source:
        return work(actions.add_text(owner, base, title, text, **options))

    return add


def work(source: Source) -> Source:
    """Run the job of a source, as the worker does."""
    core_jobs.run(source.job_id)
    return Source.objects.select_related("job", "base", "workspace").get(pk=source.pk)


@contextmanager
def watching_embeddings(before: Callable[[int], None] = lambda call: None) -> Iterator[list[str]]:
    """The document texts that are sent to the embedding model; `before` is told each call's number first."""
    sent: list[str] = []
    real, number = calls.embed, 0

    async def watched(workspace: Any, choice: str, texts: Any, *, kind: str, **options: Any) -> Any:
        nonlocal number
        if kind == "document":
            await in_thread(before, number)
            number += 1
            sent.extend(texts)
        return await real(workspace, choice, texts, kind=kind, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(calls, "embed", watched)
        yield sent


@pytest.fixture
def shop(owner: Any, in_workspace: Any, install: Any) -> type[Shop]:
    """Installed, and on in the café. The shelf "a" has three things."""
    Shop.shelves, Shop.given = {"a": [thing("1"), thing("2"), thing("3")]}, []
    install(module("shop", permissions=SEES, hooks={"register_loaders": lambda: [Shop]}))
    plugins.turn_on(owner, "shop", agreed=SEES)
    return Shop


@pytest.fixture
def place(owner: Any, base: KnowledgeBase, shop: Any) -> SourceConnection:
    """Connected, looked at and learned."""
    made = places.connect(owner, base, "shop", {"shelf": "a", "token": "secret"}, name="Our shop")
    work_all()
    return connections.connection(made.uuid)
