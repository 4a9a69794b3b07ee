"""The source tree as tests look at it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PLATFORM = ROOT / "platform"
PLUGINS = ROOT / "plugins"


def python_files(folder: Path) -> list[Path]:
    """All of a folder's Python files but generated migrations."""
    return sorted(path for path in folder.rglob("*.py") if "migrations" not in path.parts and "__pycache__" not in path.parts)


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def imports_of(path: Path, source_root: Path) -> Iterator[tuple[int, str]]:
    """(line, absolute dotted name) of every import, lazy ones too; `from a import b` gives `a.b`."""
    package = path.relative_to(source_root).with_suffix("").parts[:-1]
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(package[: len(package) - node.level + 1]) if node.level else ""
            module = ".".join(part for part in (base, node.module or "") if part)
            yield from ((node.lineno, f"{module}.{alias.name}") for alias in node.names)
