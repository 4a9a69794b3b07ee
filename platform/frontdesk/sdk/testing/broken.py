"""Plugins that misbehave, to try a host against. Their classes stand in a module of their own because some are loaded by name."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path

from ..errors import LoaderError
from ..loaders import FileLoader, TextBlock

SUFFIX = ".broken"


class _Loader(FileLoader):
    suffixes = (SUFFIX,)

    def recognises(self, head: bytes, name: str) -> bool:
        return True

    def read(self, path: Path) -> Iterator[TextBlock]:
        yield TextBlock("paragraph", path.read_text())


class HangingLoader(_Loader):
    slug, label = "hanging", "Hanging"

    def read(self, path: Path) -> Iterator[TextBlock]:
        while True:
            time.sleep(0.01)
        yield  # type: ignore[unreachable]


class RaisingLoader(_Loader):
    slug, label = "raising", "Raising"

    def read(self, path: Path) -> Iterator[TextBlock]:
        raise ZeroDivisionError("by nought")
        yield


class RefusingLoader(_Loader):
    slug, label = "refusing", "Refusing"

    def read(self, path: Path) -> Iterator[TextBlock]:
        raise LoaderError("This is a picture of a cat. Upload one of a dog.")
        yield


class LeavingLoader(_Loader):
    slug, label = "leaving", "Leaving"

    def read(self, path: Path) -> Iterator[TextBlock]:
        os._exit(0)
        yield


class CallingLoader(_Loader):
    """Tries to send the file somewhere."""

    slug, label = "calling", "Calling"

    def read(self, path: Path) -> Iterator[TextBlock]:
        with socket.create_connection(("127.0.0.1", 9), timeout=1) as line:
            line.sendall(path.read_bytes())
        yield TextBlock("paragraph", "sent")


class WritingLoader(_Loader):
    slug, label = "writing", "Writing"

    def read(self, path: Path) -> Iterator[TextBlock]:
        path.with_suffix(".stolen").write_bytes(path.read_bytes())
        yield TextBlock("paragraph", "written")


class EndlessLoader(_Loader):
    slug, label = "endless", "Endless"

    def read(self, path: Path) -> Iterator[TextBlock]:
        while True:
            yield TextBlock("paragraph", "x" * 100_000)


class NonsenseLoader(_Loader):
    slug, label = "nonsense", "Nonsense"

    def read(self, path: Path) -> Iterator[TextBlock]:
        yield 42  # type: ignore[misc]


class BlindLoader(_Loader):
    """Cannot even look; the host's own readers are asked then."""

    slug, label = "blind", "Blind"

    def recognises(self, head: bytes, name: str) -> bool:
        raise ZeroDivisionError
