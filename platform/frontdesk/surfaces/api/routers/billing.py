"""Credits left, how they moved, and what was used."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from ninja import Field, Query, Router, Schema

from frontdesk.billing import queries

from ..auth import ApiRequest
from ..pagination import Page, Paging, page_of

router = Router(tags=["Billing"])
Days = Annotated[int, Field(ge=1, le=366, description="How far back, in days.")]


class CreditsOut(Schema):
    balance: int


class LedgerOut(Schema):
    id: int
    kind: str
    amount: int
    balance_after: int
    reference: str
    note: str
    created_at: datetime


class TotalsOut(Schema):
    requests: int
    failed: int
    input_tokens: int
    output_tokens: int
    cost_usd: float


class ModelUsageOut(TotalsOut):
    provider: str
    model: str


class UserUsageOut(TotalsOut):
    user_id: UUID | None
    actor: str


class DayUsageOut(TotalsOut):
    day: date


class UsageOut(Schema):
    since: datetime
    until: datetime
    totals: TotalsOut
    by_model: list[ModelUsageOut]
    by_user: list[UserUsageOut]
    by_day: list[DayUsageOut]


@router.get("/api/credits", response=CreditsOut)
def credits_left(request: ApiRequest) -> dict[str, int]:
    return {"balance": queries.balance()}


@router.get("/api/credits/ledger", response=Page[LedgerOut])
def ledger(request: ApiRequest, paging: Query[Paging]) -> dict[str, object]:
    """Every movement of credits, newest first."""
    return page_of(request, queries.ledger(), paging)


@router.get("/api/usage", response=UsageOut)
def usage(request: ApiRequest, days: Days = 30) -> queries.UsageReport:
    """What the AI providers were used for in the last days: in total, by model, by person and by day."""
    return queries.usage(days=days)
