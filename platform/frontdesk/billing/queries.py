"""Every read of credits and usage that a surface needs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum
from django.db.models.functions import Coalesce, TruncDate
from django.utils import timezone

from .models import CreditAccount, LedgerEntry, UsageRecord


def balance() -> int:
    """Credits left in the workspace in scope."""
    return CreditAccount.objects.values_list("balance", flat=True).first() or 0


def ledger() -> QuerySet[LedgerEntry]:
    """Newest first."""
    return LedgerEntry.objects.order_by("-id")


@dataclass(frozen=True, slots=True)
class Totals:
    requests: int
    failed: int
    input_tokens: int
    output_tokens: int
    cost_usd: Decimal


@dataclass(frozen=True, slots=True)
class UsageReport:
    """Totals of a period, and the same by model, by person and by day."""

    since: datetime
    until: datetime
    totals: Totals
    by_model: list[dict[str, Any]]
    by_user: list[dict[str, Any]]
    by_day: list[dict[str, Any]]


SUMS = {
    "calls": Coalesce(Sum("requests"), 0),
    "failed": Count("pk", filter=Q(succeeded=False)),
    "input": Coalesce(Sum("input_tokens"), 0),
    "output": Coalesce(Sum("output_tokens"), 0),
    "cost": Coalesce(Sum("cost_usd"), Decimal(0)),
}


def usage(*, days: int = 30, user_id: int | None = None, until: datetime | None = None) -> UsageReport:
    """Usage of the last `days` days: of the workspace, or of one person in it."""
    until = until or timezone.now()
    since = until - timedelta(days=days)
    rows = UsageRecord.objects.filter(created_at__gt=since, created_at__lte=until)
    if user_id is not None:
        rows = rows.filter(user_id=user_id)
    return UsageReport(
        since,
        until,
        _totals(rows.aggregate(**SUMS)),
        _grouped(rows, "provider", "model"),
        _grouped(rows, "user__uuid", "actor"),
        _grouped(rows.annotate(day=TruncDate("created_at")), "day"),
    )


def _grouped(rows: QuerySet[UsageRecord], *names: str) -> list[dict[str, Any]]:
    found = rows.order_by(*names).values(*names).annotate(**SUMS)
    return [{**{name.replace("__uuid", "_id"): row[name] for name in names}, **_as_dict(_totals(row))} for row in found]


def _totals(row: dict[str, Any]) -> Totals:
    return Totals(row["calls"], row["failed"], row["input"], row["output"], row["cost"])


def _as_dict(totals: Totals) -> dict[str, int | Decimal | date]:
    return {name: getattr(totals, name) for name in Totals.__slots__}


def usage_by_workspace(*, days: int = 30) -> list[dict[str, Any]]:
    """Usage of each workspace that used anything in the last days, the costliest first. Call it with no workspace in scope."""
    rows = UsageRecord.objects.filter(created_at__gt=timezone.now() - timedelta(days=days))
    grouped = rows.order_by().values("workspace__uuid", "workspace__name").annotate(**SUMS)
    found = [
        {"workspace_id": row["workspace__uuid"], "name": row["workspace__name"], **_as_dict(_totals(row))} for row in grouped
    ]
    return sorted(found, key=lambda row: (-row["cost_usd"], -row["requests"]))
