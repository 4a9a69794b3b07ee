"""What a format's reader is given, and how it refuses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from .limits import Limits


class Refused(Exception):
    """The file cannot be read. Codes and variants are those of `errors.SENTENCES`."""

    def __init__(self, code: str, *, variant: str = "", cause: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.variant = variant
        self.cause = cause


@dataclass(slots=True)
class Source:
    """One file being read. A reader yields blocks and fills in what it learns of the whole along the way."""

    path: Path
    name: str
    media_type: str
    limits: Limits
    progress: Callable[[int, int], None]
    title: str = ""
    language: str = ""
    pages: int | None = None
    warnings: dict[str, None] = field(default_factory=dict)

    def warn(self, code: str) -> None:
        """Note a warning, once."""
        self.warnings[code] = None
