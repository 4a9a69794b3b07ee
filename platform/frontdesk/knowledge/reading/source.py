"""What a format's reader is given, and how it refuses."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ..tables.values import NumberStyle
from .limits import Limits
from .tables import Row

# Told when a sheet was read: its name, its rows, how numbers are written where nothing else tells, and whether that is all.
OnSheet = Callable[[str, list[Row], NumberStyle, bool], None]


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
    on_sheet: OnSheet | None = None
    cells_kept: int = 0

    def warn(self, code: str) -> None:
        """Note a warning, once."""
        self.warnings[code] = None

    def watch_sheet(self, sheet: str, rows: Iterable[Row], *, style: NumberStyle = ".") -> Iterator[Row]:
        """The rows as they are, kept on the way for `on_sheet`, as far as `limits.cells` allows."""
        kept: list[Row] = []
        complete = True
        for row in rows:
            complete = complete and self.cells_kept + len(row.cells) <= self.limits.cells
            if complete and self.on_sheet is not None:
                self.cells_kept += len(row.cells)
                kept.append(row)
            yield row
        if self.on_sheet is not None and kept:
            self.on_sheet(sheet, kept, style, complete)
