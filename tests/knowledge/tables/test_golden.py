"""Questions about sheets of every odd layout against results that were read off by hand (`golden`)."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from frontdesk.knowledge.tables.packing import Packed

from .golden import GOLD, SHEETS
from .sheets import ask, tables_in


@pytest.fixture(scope="module")
def tables_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Any]:
    """The tables of a golden sheet, read once."""

    @cache
    def found(name: str) -> list[Packed]:
        folder: Path = tmp_path_factory.mktemp("golden")
        return tables_in(SHEETS[name](folder))

    return found


@pytest.mark.parametrize(("sheet", "sql", "rows", "used"), GOLD, ids=[f"{number} {row[0]}" for number, row in enumerate(GOLD)])
def test_the_answer_is_what_stands_in_the_sheet(tables_of, sheet, sql, rows, used) -> None:
    result = ask(tables_of(sheet), sql)
    assert result.rows == rows
    if used is None:
        assert all(numbers is None for numbers in result.used.values())
    else:
        assert [number for numbers in result.used.values() for number in numbers] == used
