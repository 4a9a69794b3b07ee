"""Credits and usage: what is left, what moved, who used what in the last thirty days."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from frontdesk.billing import queries
from frontdesk.billing.models import LedgerEntry

from ..page import studio_page
from ..paging import page_of
from ..request import StudioRequest
from .frame import show

DAYS = 30


@dataclass(frozen=True, slots=True)
class Line:
    """Usage of one model or one person."""

    name: str
    requests: int
    failed: int
    tokens: int
    cost_usd: Any


@require_GET
@studio_page("manage_billing")
def credits_and_usage(request: StudioRequest) -> HttpResponse:
    report = queries.usage(days=DAYS)
    page = page_of(request, queries.ledger())
    return show(
        request,
        "credits",
        balance=queries.balance(),
        totals=report.totals,
        by_model=[_line(f"{row['provider']} {row['model']}".strip(), row) for row in report.by_model],
        by_person=[_line(_person(row["actor"]), row) for row in report.by_user],
        page=page,
        entries=[(entry, _reason(entry)) for entry in page.rows],
        days=DAYS,
    )


def _line(name: str, row: dict[str, Any]) -> Line:
    return Line(name, row["requests"], row["failed"], row["input_tokens"] + row["output_tokens"], row["cost_usd"])


def _person(actor: str) -> str:
    """Usage names its actor as the audit does, "user: Alice"; customers have none."""
    return actor.partition(": ")[2] or actor or _("Customers")


def _reason(entry: LedgerEntry) -> str:
    if entry.note:
        return entry.note
    if not entry.reference.startswith("run:"):
        return entry.reference
    return _("Set aside for an answer") if entry.kind == LedgerEntry.Kind.HOLD else _("An answer is paid; the rest came back")
