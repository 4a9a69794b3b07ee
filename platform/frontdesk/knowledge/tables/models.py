"""The tables of a source, and how they differ from those of its version before."""

from __future__ import annotations

from django.db import models

from frontdesk.core.models import WorkspaceModel


class SourceTable(WorkspaceModel):
    """One table of a spreadsheet; rebuilt with each version of its source."""

    source = models.ForeignKey("knowledge.Source", on_delete=models.CASCADE, related_name="tables")
    position = models.PositiveSmallIntegerField()
    # The identifier that queries know it by, unique within its source.
    name = models.CharField(max_length=63)
    title = models.CharField(max_length=200)
    sheet = models.CharField(max_length=200, blank=True)
    # [{"name": "price", "label": "Price (EUR)", "type": "decimal", "filled": 12, …}, …]: `recognition.Column`.
    columns = models.JSONField(default=list)
    row_count = models.PositiveIntegerField(default=0)
    # Rows of the sheet, counted from 1, with the header and the totals.
    first_row = models.PositiveIntegerField()
    last_row = models.PositiveIntegerField()
    # False where the table had more rows than are kept.
    complete = models.BooleanField(default=True)
    # The first rows and the totals that stand in the sheet: [[row number, value, …], …].
    head = models.JSONField(default=list)
    totals = models.JSONField(default=list)
    # Gzip of one JSON object a row, `{"r": row number, "c0": value, …}`: docs/decisions/0011-spreadsheets-as-tables.md.
    rows = models.BinaryField()

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["source", "position"], name="one_table_a_place")]

    def __str__(self) -> str:
        return self.title


class TableChanges(WorkspaceModel):
    """What the newest version of a source changed in its tables, as `changes.compare` gives it."""

    source = models.OneToOneField("knowledge.Source", on_delete=models.CASCADE, related_name="table_changes")
    changes = models.JSONField(default=list)

    def __str__(self) -> str:
        return f"{self.source_id}: {len(self.changes)}"
