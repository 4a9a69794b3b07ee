from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from frontdesk.knowledge.reading import Document, Unreadable, read


@pytest.fixture
def read_text(tmp_path: Path) -> Callable[..., Document]:
    """Reads bytes or text as an uploaded file of that name."""

    def _read(content: str | bytes, name: str) -> Document:
        path = tmp_path / "upload"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return read(path, name=name)

    return _read


@pytest.fixture
def refusal() -> Callable[..., Unreadable]:
    """The error that reading a file ends with."""

    def _refusal(path: Path, name: str = "", **options: object) -> Unreadable:
        with pytest.raises(Unreadable) as caught:
            read(path, name=name or path.name, **options)
        return caught.value

    return _refusal
