"""How a version of a source's tables differs from the one before."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol

from .packing import unpack

# Rows and values that are told one by one.
EXAMPLES = 10


class Version(Protocol):
    """A table of a version."""

    @property
    def name(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def columns(self) -> Sequence[dict[str, Any]]: ...
    @property
    def rows(self) -> bytes: ...


@dataclass(slots=True)
class Change:
    """Of one table. Rows are told apart by the column `key`; without one, a row that changed was removed and added.

    `added` and `removed` are the first such rows, `changed` the first values that are others now.
    """

    table: str
    kind: str = "changed"
    key: str = ""
    columns_added: list[str] = field(default_factory=list)
    columns_removed: list[str] = field(default_factory=list)
    rows_added: int = 0
    rows_removed: int = 0
    rows_changed: int = 0
    added: list[list[Any]] = field(default_factory=list)
    removed: list[list[Any]] = field(default_factory=list)
    changed: list[dict[str, Any]] = field(default_factory=list)


def compare(before: Sequence[Version], now: Sequence[Version]) -> list[dict[str, Any]]:
    """A `Change` as JSON for each table that differs; nothing where the tables say the same."""
    old = {table.name: table for table in before}
    found = []
    for table in now:
        earlier = old.pop(table.name, None)
        if earlier is None:
            found.append(Change(table.title, "added", columns_added=_labels(table), rows_added=_count(table)))
        elif bytes(earlier.rows) != bytes(table.rows) or _labels(earlier) != _labels(table):
            change = _change(earlier, table)
            if change.rows_added or change.rows_removed or change.rows_changed or change.columns_added or change.columns_removed:
                found.append(change)
    found += [Change(gone.title, "removed", columns_removed=_labels(gone), rows_removed=_count(gone)) for gone in old.values()]
    return [asdict(change) for change in found]


def _labels(table: Version) -> list[str]:
    return [str(column["label"]) for column in table.columns]


def _count(table: Version) -> int:
    return sum(1 for _row in unpack(bytes(table.rows)))


def _change(before: Version, now: Version) -> Change:
    first, second = ({column["name"]: index for index, column in enumerate(table.columns, 1)} for table in (before, now))
    shared = [name for name in second if name in first]
    labels = {column["name"]: str(column["label"]) for column in now.columns}
    old = [[_written(row[first[name]]) for name in shared] for row in unpack(bytes(before.rows))]
    new = [[_written(row[second[name]]) for name in shared] for row in unpack(bytes(now.rows))]
    change = Change(
        now.title,
        columns_added=[label for name, label in labels.items() if name not in first],
        columns_removed=[str(column["label"]) for column in before.columns if column["name"] not in second],
    )
    types = {column["name"]: column["type"] for column in now.columns}
    key = next((at for at, name in enumerate(shared) if types[name] in {"text", "integer"} and _tells_apart(at, old, new)), None)
    if key is None:
        _by_whole_rows(change, old, new)
    else:
        change.key = labels[shared[key]]
        _by_key(change, key, [labels[name] for name in shared], old, new)
    return change


def _written(value: object) -> object:
    """As it is written: 6 in a column of whole numbers is what 6 is among decimals."""
    return value if value is None or isinstance(value, bool) else str(value)


def _tells_apart(at: int, *versions: list[list[Any]]) -> bool:
    """Whether a column is filled in every row and never says the same twice."""
    return all(len({row[at] for row in rows if row[at] is not None}) == len(rows) for rows in versions)


def _by_key(change: Change, key: int, labels: Sequence[str], old: list[list[Any]], new: list[list[Any]]) -> None:
    before, now = ({row[key]: row for row in rows} for rows in (old, new))
    added = [row for row in new if row[key] not in before]
    removed = [row for row in old if row[key] not in now]
    change.rows_added, change.added = len(added), added[:EXAMPLES]
    change.rows_removed, change.removed = len(removed), removed[:EXAMPLES]
    for name, row in now.items():
        earlier = before.get(name, row)
        if earlier == row:
            continue
        change.rows_changed += 1
        for label, was, value in zip(labels, earlier, row, strict=True):
            if was != value and len(change.changed) < EXAMPLES:
                change.changed.append({"key": name, "column": label, "before": was, "after": value})


def _by_whole_rows(change: Change, old: list[list[Any]], new: list[list[Any]]) -> None:
    before, now = (Counter(map(tuple, rows)) for rows in (old, new))
    added, removed = now - before, before - now
    change.rows_added, change.added = added.total(), [list(row) for row in added][:EXAMPLES]
    change.rows_removed, change.removed = removed.total(), [list(row) for row in removed][:EXAMPLES]
