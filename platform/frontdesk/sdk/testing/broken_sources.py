"""Source loaders that misbehave, to try a host against: after one of these, all that was learned must still be there."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator

from ..context import Context
from ..errors import NothingNew
from ..loaders import LoadedItem, SourceLoader

_GOOD = LoadedItem("good", "Good", "This one is good.")


class _Source(SourceLoader):
    label = "Broken"


class RaisingSource(_Source):
    slug = "raising"

    async def items(self, context: Context) -> AsyncIterator[LoadedItem]:
        yield _GOOD
        raise ZeroDivisionError("by nought")


class HangingSource(_Source):
    slug = "hanging"

    async def items(self, context: Context) -> AsyncIterator[LoadedItem]:
        yield _GOOD
        await asyncio.Event().wait()


class LeavingSource(_Source):
    slug = "leaving"

    async def items(self, context: Context) -> AsyncIterator[LoadedItem]:
        yield _GOOD
        sys.exit(1)


class NonsenseSource(_Source):
    slug = "nonsense"

    async def items(self, context: Context) -> AsyncIterator[LoadedItem]:
        yield _GOOD
        yield 42  # type: ignore[misc]


class NamelessSource(_Source):
    slug = "nameless"

    async def items(self, context: Context) -> AsyncIterator[LoadedItem]:
        yield _GOOD
        yield LoadedItem(" ", "Nameless", "Nobody can tell this from others.")


class CrookedSource(_Source):
    """Its items have the right type and the wrong insides."""

    slug = "crooked"

    async def items(self, context: Context) -> AsyncIterator[LoadedItem]:
        yield LoadedItem("crooked", None, b"bytes")  # type: ignore[arg-type]


class StillbornSource(_Source):
    slug = "stillborn"

    def __init__(self) -> None:
        raise RuntimeError("cannot be born")

    async def items(self, context: Context) -> AsyncIterator[LoadedItem]:
        yield _GOOD


class EmptySource(_Source):
    slug = "empty"

    async def items(self, context: Context) -> AsyncIterator[LoadedItem]:
        for item in ():
            yield item


class EndlessSource(_Source):
    slug = "endless"

    async def items(self, context: Context) -> AsyncIterator[LoadedItem]:
        number = 0
        while True:
            number += 1
            yield LoadedItem(f"endless {number}", "Endless", f"There is always another one than {number}.")


class ForgetfulSource(_Source):
    """Says that nothing is new, though it was never asked before."""

    slug = "forgetful"

    async def items(self, context: Context) -> AsyncIterator[LoadedItem]:
        raise NothingNew
        yield _GOOD


ALL = (
    *(RaisingSource, HangingSource, LeavingSource, NonsenseSource, NamelessSource, CrookedSource, StillbornSource),
    *(EmptySource, EndlessSource, ForgetfulSource),
)
