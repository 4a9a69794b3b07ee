"""A knowledge base of the café, and sources that are learned by the real pipeline with the offline embedder."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from frontdesk.core import jobs as core_jobs
from frontdesk.knowledge import actions
from frontdesk.knowledge.models import KnowledgeBase, Source


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"


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
    source.refresh_from_db()
    return source
