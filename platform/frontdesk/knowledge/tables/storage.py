"""The tables of a source in the database, swapped with its passages."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from ..models import Source
from .changes import compare
from .models import SourceTable, TableChanges
from .packing import Packed

logger = logging.getLogger(__name__)


def changes_to(source: Source, tables: Sequence[Packed]) -> list[dict[str, Any]]:
    """How these tables differ from those that are kept of an earlier version; nothing where there is none."""
    before = list(SourceTable.objects.filter(source=source))
    if not before:
        return []
    try:
        return compare(before, tables)
    except (LookupError, TypeError, ValueError):
        logger.exception("the tables of source %s could not be compared", source.pk)
        return []


def replace(source: Source, tables: Sequence[Packed], changes: Sequence[dict[str, Any]]) -> None:
    """Keep these tables in the place of those of an earlier version. Called inside the transaction that swaps the passages."""
    SourceTable.objects.filter(source=source).delete()
    SourceTable.objects.bulk_create(
        SourceTable(workspace_id=source.workspace_id, source=source, position=position, **asdict(table))
        for position, table in enumerate(tables)
    )
    if changes:
        values = {"workspace_id": source.workspace_id, "changes": list(changes)}
        TableChanges.objects.update_or_create(source=source, defaults=values)
