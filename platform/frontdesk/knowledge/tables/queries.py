"""Every read of tables that a surface needs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet

from ..models import Chunk, KnowledgeBase, Source
from .models import SourceTable, TableChanges


def tables(of: Source) -> QuerySet[SourceTable]:
    """The tables of a source in their order, without their rows."""
    return SourceTable.objects.filter(source=of).defer("rows").order_by("position")


def tables_of(bases: Sequence[KnowledgeBase]) -> QuerySet[SourceTable]:
    """The tables of bases, without their rows: those of the sources that are searched, newest source first."""
    found = SourceTable.objects.filter(source__base__in=bases, source__deleted_at=None, source__excluded=False)
    return found.select_related("source").defer("rows", "source__body").order_by("-source_id", "position")


def left_out(of: Sequence[Source]) -> dict[int, list[dict[str, Any]]]:
    """The places of the passages that an owner left out of answers, by source."""
    found: dict[int, list[dict[str, Any]]] = {}
    for source_id, place in Chunk.objects.filter(source__in=of, excluded=True).values_list("source_id", "place"):
        found.setdefault(source_id, []).append(place)
    return found


def changes(of: Source) -> TableChanges | None:
    """What the last version that differed changed in the tables; None while there was only one."""
    return TableChanges.objects.filter(source=of).first()
