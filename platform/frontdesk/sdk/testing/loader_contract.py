"""What every file loader must do. A plugin's tests subclass it, with a good file for each loader:

class TestContract(FileLoaderContract):
    good = {Mail: ("offer.eml", b"From: …")}
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from ..errors import LoaderError
from ..loaders import FileLoader, TextBlock

_OTHERS = (b"", b"%PDF-1.7\n", b"PK\x03\x04", b"\x00" * 4096, b"just words\n\nand more\n", bytes(range(256)) * 16)
_KINDS = {"heading", "paragraph", "item", "table", "code"}


class FileLoaderContract:
    """It takes its own files, leaves others alone, and answers a broken one with a sentence."""

    good: ClassVar[Mapping[type[FileLoader], tuple[str, bytes]]]

    def test_it_takes_its_own_file_and_gives_text(self, tmp_path: Path) -> None:
        for loader, (name, data) in self.good.items():
            path = tmp_path / name
            path.write_bytes(data)
            assert loader().recognises(data[:4096], name)
            blocks = list(loader().read(path))
            assert any(block.text.strip() for block in blocks)
            for block in blocks:
                assert isinstance(block, TextBlock)
                assert block.kind in _KINDS
                assert 0 <= block.level <= 6

    def test_a_name_alone_proves_nothing(self) -> None:
        for loader, (name, _data) in self.good.items():
            assert not any(loader().recognises(other, name) for other in _OTHERS)

    def test_a_broken_file_is_a_sentence(self, tmp_path: Path) -> None:
        for loader, (name, data) in self.good.items():
            for number, broken in enumerate((data[: len(data) // 2], data[:20], data[:-30] + b"\xff" * 30)):
                path = tmp_path / f"{number}-{name}"
                path.write_bytes(broken)
                try:
                    list(loader().read(path))
                except LoaderError as error:
                    assert str(error).strip().endswith(".")
