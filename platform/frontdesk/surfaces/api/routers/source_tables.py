"""The tables of a spreadsheet, and what its newest version changed in them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from django.db.models import QuerySet
from ninja import Field, Query, Router, Schema

from frontdesk.knowledge import queries
from frontdesk.knowledge.tables import queries as tables
from frontdesk.knowledge.tables.models import SourceTable
from frontdesk.workspaces.permissions import require

from ..auth import ApiRequest
from ..pagination import Page, Paging, page_of

router = Router(tags=["Knowledge"])
SOURCE = "/api/sources/{int:source_id}"
ROW = "[row of the sheet, value, …]"


class ColumnOut(Schema):
    name: str = Field(description="As queries know it.")
    label: str = Field(description="As the sheet says it.")
    type: Literal["text", "integer", "decimal", "date", "datetime", "boolean"]
    unit: str = Field(description="Such as EUR or %; else empty.")


class TableOut(Schema):
    name: str = Field(description="As queries know it; unique within the source.")
    title: str
    sheet: str
    columns: list[ColumnOut]
    row_count: int
    first_row: int = Field(description="Of the sheet, counted from 1, with the header and the totals.")
    last_row: int
    complete: bool = Field(description="False where the table had more rows than are kept.")
    head: list[list[Any]] = Field(description=f"The first rows, each {ROW}.")
    totals: list[list[Any]] = Field(description=f"Sums that stand in the sheet, each {ROW}; they are no rows of the table.")


class ChangedValue(Schema):
    key: Any = Field(description="The value of the column `key` in that row.")
    column: str
    before: Any
    after: Any


class ChangeOut(Schema):
    """The lists hold the first ten; the numbers count all."""

    table: str
    kind: Literal["added", "removed", "changed"]
    key: str = Field(description="The column that rows are told apart by; without one, a changed row is removed and added.")
    columns_added: list[str]
    columns_removed: list[str]
    rows_added: int
    rows_removed: int
    rows_changed: int
    added: list[list[Any]]
    removed: list[list[Any]]
    changed: list[ChangedValue]


class ChangesOut(Schema):
    changed_at: datetime | None = Field(description="None while there was only one version.")
    changes: list[ChangeOut] = Field(description="One for each table that differs.")


@router.get(SOURCE + "/tables", response=Page[TableOut])
def list_tables(request: ApiRequest, source_id: int, paging: Query[Paging]) -> dict[str, Any]:
    """As they were found, in the order of the sheets; none for a source that is no spreadsheet."""
    require(request.actor, "view")
    found: QuerySet[SourceTable] = tables.tables(queries.source(source_id))
    return page_of(request, found, paging)


@router.get(SOURCE + "/table-changes", response=ChangesOut)
def read_table_changes(request: ApiRequest, source_id: int) -> dict[str, Any]:
    """What the last version that differed changed."""
    require(request.actor, "view")
    found = tables.changes(queries.source(source_id))
    return {"changed_at": found.updated_at if found else None, "changes": found.changes if found else []}
