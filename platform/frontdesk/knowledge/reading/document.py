"""What a file becomes: a title and its blocks, in reading order."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from ..tables.packing import Packed

Kind = Literal["heading", "paragraph", "list", "table", "code"]


@dataclass(frozen=True, slots=True)
class Block:
    """One heading, paragraph, list or table row.

    A table gives one block a row, its text already reading "Header: value; Header: value"; `header` repeats the
    column names. `headings` is the path from the title down, without the block itself. `page` is the page or slide,
    `rows` the first and last row in the sheet or file; both count from 1.
    """

    kind: Kind
    text: str
    headings: tuple[str, ...] = ()
    page: int | None = None
    sheet: str = ""
    rows: tuple[int, int] | None = None
    header: str = ""


FIELDS = tuple(each.name for each in fields(Block))


@dataclass(frozen=True, slots=True)
class Document:
    """A file that was read. `language` is what the file says of itself (a BCP 47 tag or ""), not a guess.

    `warnings` are codes; `errors.explain(code)` gives the owner's sentence.
    """

    title: str
    blocks: tuple[Block, ...]
    media_type: str
    pages: int | None = None
    language: str = ""
    warnings: tuple[str, ...] = ()
    tables: tuple[Packed, ...] = ()

    @property
    def text(self) -> str:
        """All of it, a blank line between blocks."""
        return "\n\n".join(block.text for block in self.blocks)
