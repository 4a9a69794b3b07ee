"""Which tests come first, and which stay together, when they are shared out among processes (pytest-xdist).

What takes longest begins first, or one process would be at it when the others are through. What shares a running Frontdesk stays
in one process, or each would start one.
"""

from __future__ import annotations

from typing import Any

import pytest
from xdist.scheduler import LoadFileScheduling

TOGETHER = ("tests/journeys", "tests/faults")
FIRST = (
    "tests/journeys",
    "tests/bootstrap/test_fresh_clone.py",
    "tests/plugins/test_tutorial.py",
    "tests/contracts/test_schema.py",
    "tests/faults",
    "tests/bootstrap/test_up.py",
)


class TogetherScheduling(LoadFileScheduling):
    def _split_scope(self, nodeid: str) -> str:
        return next((folder for folder in TOGETHER if nodeid.startswith(f"{folder}/")), super()._split_scope(nodeid))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: _rank(item.nodeid))


def _rank(nodeid: str) -> int:
    return next((rank for rank, place in enumerate(FIRST) if nodeid.startswith((f"{place}::", f"{place}/"))), len(FIRST))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> TogetherScheduling | None:
    """In place of `--dist loadfile`."""
    if config.getvalue("dist") != "loadfile":
        return None
    config.option.loadscopereorder = False  # it begins with the files that have most tests
    return TogetherScheduling(config, log)
