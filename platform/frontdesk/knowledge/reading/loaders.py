"""File loaders of plugins, inside the process that reads one file. They are as confined as the built-in readers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from .clean import clean
from .document import Block
from .source import Source

if TYPE_CHECKING:
    from frontdesk.sdk.loaders import FileLoader, TextBlock

HEAD_BYTES = 4096
KINDS = {"item": "list", "heading": "heading", "table": "table", "code": "code"}


class Failed(Exception):
    """`code` is "said" for a LoaderError, whose words are meant for the owner, and "plugin" for a fault of the loader."""

    def __init__(self, loader: str, code: str, cause: str) -> None:
        super().__init__(cause)
        self.loader = loader
        self.code = code
        self.cause = cause


@dataclass(frozen=True, slots=True)
class Chosen:
    """The loader that takes a file."""

    loader: FileLoader
    slug: str

    @property
    def media_type(self) -> str:
        return f"application/x-{self.slug}"

    def read(self, source: Source) -> Iterator[Block]:
        """The loader's blocks as the house has them: each with the headings that it stands under."""
        from frontdesk.sdk.errors import LoaderError

        above: dict[int, str] = {}
        try:
            for block in self.loader.read(source.path):
                yield _block(block, above, source)
        except LoaderError as error:
            raise Failed(self.slug, "said", str(error)) from error
        except MemoryError:
            raise
        except Exception as error:
            raise Failed(self.slug, "plugin", f"{type(error).__name__}: {error}") from error


def choose(candidates: Sequence[Sequence[str]], path: Path, name: str) -> Chosen | None:
    """The first loader whose suffix and whose look at the content both say yes. One that fails to look says no."""
    if not candidates:
        return None
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    for module, class_name in candidates:
        try:
            loader: FileLoader = getattr(import_module(module), class_name)()
            if PurePath(name).suffix.lower() in loader.suffixes and loader.recognises(head, name):
                return Chosen(loader, loader.slug)
        except Exception:  # noqa: S112 - a plugin may fail in any way; the built-in readers are asked then
            continue
    return None


def _block(block: TextBlock, above: dict[int, str], source: Source) -> Block:
    text = clean(str(block.text))
    if block.kind == "heading":
        level = max(1, block.level)
        for deeper in [known for known in above if known >= level]:
            del above[deeper]
        headings = tuple(above[known] for known in sorted(above))
        above[level] = text
        if not source.title and level == 1:
            source.title = text[:300]
        return Block("heading", text, headings)
    headings = tuple(above[known] for known in sorted(above))
    return Block(KINDS.get(block.kind, "paragraph"), text, headings, sheet=block.place[:100])
