"""Reading what the host cannot read itself: kinds of files, and places where content lives."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

from pydantic import BaseModel

from .context import Context
from .manifest import NoConfig


@dataclass(frozen=True, slots=True)
class TextBlock:
    """A piece of a document in reading order. `level` is a heading's depth, 1 to 6; `place` says where ("page 3")."""

    kind: Literal["heading", "paragraph", "item", "table", "code"]
    text: str
    level: int = 0
    place: str = ""


class FileLoader(ABC):
    """A kind of file. Runs in a process of its own without network, under limits of time and memory, and may be killed.

    The module of a loader imports nothing of the host and nothing heavy that is not needed for reading.
    """

    slug: ClassVar[str]
    label: ClassVar[str]
    suffixes: ClassVar[tuple[str, ...]]
    """Lower case, with their dot: (".eml",)."""

    @abstractmethod
    def recognises(self, head: bytes, name: str) -> bool:
        """Whether this is such a file, from its first 4 KiB and its name. A name alone proves nothing."""

    @abstractmethod
    def read(self, path: Path) -> Iterator[TextBlock]:
        """Its content. Raises LoaderError with a sentence for the owner."""


@dataclass(frozen=True, slots=True)
class LoadedItem:
    """One thing of a place: an article, a product. `id` stays the same as long as it is the same thing.

    `version` changes whenever the content does, such as a revision or an ETag; without one the host compares the content.
    HTML may come as it is: the host takes the text out of it in a process of its own. An item without text is left out.
    """

    id: str
    title: str
    text: str
    url: str = ""
    version: str = ""
    media_type: Literal["text/plain", "text/html", "text/markdown"] = "text/plain"


class SourceLoader(ABC):
    """A place on the web that content is taken from, again and again: a shop, a help centre, a feed.

    `context.settings` is its `config_model` as the owner filled it in for this place. `context.storage` is of this place alone;
    it is emptied when the settings change or when a listing was not taken whole, so an ETag kept there can be relied on. The
    host makes an object for each listing, waits a limited time for each item, and learns only what is new or changed.
    """

    slug: ClassVar[str]
    label: ClassVar[str]
    description: ClassVar[str] = ""
    config_model: ClassVar[type[BaseModel]] = NoConfig
    lists_all: ClassVar[bool] = True
    """Whether what is not listed any more is gone there; False where old things drop off the end, as in feeds. What the
    owner finds chosen; they may decide otherwise."""

    @abstractmethod
    def items(self, context: Context) -> AsyncIterator[LoadedItem]:
        """All that is there now: an async generator. Raises LoaderError with a sentence for the owner, after which nothing is
        taken away; NothingNew when all is as it was at the last listing."""
