"""Passages and questions as vectors, through the workspace's providers."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from frontdesk.providers import calls, registry
from frontdesk.sdk.values import ModelInfo
from frontdesk.workspaces.models import Workspace

from . import vectors
from .vectors import Vectors

REMEMBERED_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Space:
    """A vector space: the embedding model written out in full, and what it can read."""

    name: str
    model: ModelInfo

    def reads(self, shares: dict[str, float]) -> float:
        """Share of a text (its scripts' shares) that the model understands, 0…1."""
        if not self.model.scripts or not shares:
            return 1.0
        return sum(share for script, share in shares.items() if script in self.model.scripts)


_spaces: dict[tuple[int, str], tuple[float, Space]] = {}


async def space_of(workspace: Workspace, choice: str) -> Space:
    """The space that a base's `embedding_type` means now; asked again every few seconds, because every search needs it."""
    kept = _spaces.get((workspace.pk, choice))
    if kept is None or time.monotonic() - kept[0] > REMEMBERED_SECONDS:
        if len(_spaces) > 10_000:
            _spaces.clear()
        kept = _spaces[workspace.pk, choice] = (time.monotonic(), Space(*await calls.embedding_model(workspace, choice)))
    return kept[1]


async def embed_stretches(workspace: Workspace, space: Space, stretches: Sequence[Sequence[str]]) -> list[bytes]:
    """What is embedded of each passage → its packed windows."""
    rows = await calls.embed(workspace, space.name, [text for group in stretches for text in group], kind="document")
    ends = np.cumsum([len(group) for group in stretches])
    return [vectors.pack(group) for group in np.split(rows, ends[:-1])]


async def embed_question(workspace: Workspace, space: Space, question: str) -> Vectors:
    """One unit vector."""
    return (await calls.embed(workspace, space.name, [question], kind="query"))[0]


async def close() -> None:
    """Close what the running event loop opened towards vendors."""
    await registry.close_all()
