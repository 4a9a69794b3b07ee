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
    """One thing of a place: an article, a product. `id` stays the same; `version` changes when the content does."""

    id: str
    title: str
    text: str
    url: str = ""
    version: str = ""
    media_type: Literal["text/plain", "text/html", "text/markdown"] = "text/plain"


class SourceLoader(ABC):
    """A place on the web that content is taken from, again and again. `context.settings` is its `config_model`."""

    slug: ClassVar[str]
    label: ClassVar[str]
    description: ClassVar[str] = ""
    config_model: ClassVar[type[BaseModel]] = NoConfig

    @abstractmethod
    def items(self, context: Context) -> AsyncIterator[LoadedItem]:
        """All that is there now. Raises LoaderError with a sentence for the owner."""
