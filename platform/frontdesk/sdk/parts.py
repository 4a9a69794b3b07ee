"""Joins the pieces of an answer to its parts, as `Provider.chat` promises them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from .values import ChatEvent, PartDelta, PartDone


class PartWriter:
    """Numbers the parts of one answer. Text of another kind ends the part that was being written."""

    def __init__(self) -> None:
        self._index = 0
        self._kind: Literal["text", "reasoning"] = "text"
        self._pieces: list[str] = []

    def write(self, text: str, kind: Literal["text", "reasoning"] = "text") -> Iterator[ChatEvent]:
        """A piece of text, after the end of the part before it if there was one of another kind."""
        if self._pieces and self._kind != kind:
            yield self._done()
        self._kind = kind
        self._pieces.append(text)
        yield PartDelta(text, kind, self._index)

    def end(self, *, cited: tuple[int, ...] = ()) -> Iterator[ChatEvent]:
        """The end of the part that was being written, if there is one."""
        if self._pieces:
            yield self._done(cited)

    def take_index(self) -> int:
        """The number of a part that is written elsewhere, such as a tool call. Call `end` first."""
        self._index += 1
        return self._index - 1

    def _done(self, cited: tuple[int, ...] = ()) -> PartDone:
        text = "".join(self._pieces)
        self._pieces = []
        return PartDone(text, self._kind, self.take_index(), cited=cited)
