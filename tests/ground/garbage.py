"""Less time for the garbage collector: what is imported and collected stays to the end, and there are millions of objects of it.

Without this, each of Python's full collections goes through all of them: an eighth of the processor time of a run.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

OBJECTS_BETWEEN_COLLECTIONS = 20_000


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[object]:
    gc.disable()
    found = yield
    gc.freeze()
    gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS)
    gc.enable()
    return found
