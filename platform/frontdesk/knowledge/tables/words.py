"""The word lists of this package."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path


@cache
def words(section: str, name: str) -> frozenset[str]:
    """A list of `words.toml`."""
    return frozenset(_lists()[section][name])


@cache
def _lists() -> dict[str, dict[str, list[str]]]:
    return tomllib.loads(Path(__file__).with_name("words.toml").read_text(encoding="utf-8"))
