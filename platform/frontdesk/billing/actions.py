"""Every movement of credits: grant, hold, settle. Each is one ledger entry, made under the lock of the workspace's account."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from frontdesk.core.prepared import prepared
from frontdesk.core.scoping import scope, unscoped
from frontdesk.sdk.values import Usage
from frontdesk.workspaces import audit
from frontdesk.workspaces.models import User, Workspace
from frontdesk.workspaces.permissions import Actor, require

from .errors import NotHeld, PaymentRequired
from .models import CreditAccount, LedgerEntry, UsageRecord

Kind = LedgerEntry.Kind


@transaction.atomic
def grant(workspace: Workspace, amount: int, *, note: str = "") -> LedgerEntry:
    """Add credits."""
    if amount <= 0:
        raise ValueError("Grant a positive number of credits.")
    return _move(_locked(workspace), Kind.GRANT, amount, note=note)


@transaction.atomic
def add_credits(actor: Actor, amount: int, *, note: str = "") -> LedgerEntry:
    """Add credits on somebody's behalf, with a line in the audit."""
    require(actor, "manage_billing")
    entry = grant(actor.workspace, amount, note=note)
    audit.record(actor, "credits.granted", "", amount=amount, note=note)
    return entry


def hold(workspace: Workspace, amount: int, reference: str) -> LedgerEntry:
    """Set credits aside for `reference` ("run:<uuid>"); call inside a transaction. Holding twice for one reference holds once.

    Raises PaymentRequired when fewer credits are left.
    """
    if amount < 0 or not reference:
        raise ValueError("Hold a number of credits for a reference.")
    account = _locked(workspace)
    for entry in _entries(reference):
        if entry.kind == Kind.HOLD:
            return entry
    if account.balance < amount:
        raise PaymentRequired
    return _move(account, Kind.HOLD, -amount, reference=reference)


def settle(workspace: Workspace, reference: str, cost: int) -> LedgerEntry:
    """Take what a held reference cost and give the rest back; call inside a transaction.

    Settling twice settles once, at the first cost.

    A cost above what was held takes more, down to a balance of zero and never below: the answer was given already.
    Raises NotHeld when nothing was held.
    """
    if cost < 0:
        raise ValueError("A cost is not negative.")
    account = _locked(workspace)
    entries = {entry.kind: entry for entry in _entries(reference)}
    if Kind.SETTLE in entries:
        return entries[Kind.SETTLE]
    if Kind.HOLD not in entries:
        raise NotHeld
    held = -entries[Kind.HOLD].amount
    return _move(account, Kind.SETTLE, max(held - cost, -account.balance), reference=reference)


def release(prefix: str, *, older_than: timedelta) -> int:
    """Give back what references that begin so hold for longer than that, in all workspaces; gives how many."""
    with unscoped():
        settled = LedgerEntry.objects.filter(workspace=OuterRef("workspace"), kind=Kind.SETTLE, reference=OuterRef("reference"))
        held = LedgerEntry.objects.filter(kind=Kind.HOLD, reference__startswith=prefix)
        old = held.filter(~Exists(settled), created_at__lt=timezone.now() - older_than)
        forgotten = list(old.select_related("workspace"))
    for entry in forgotten:
        with scope(workspace=entry.workspace), transaction.atomic():
            settle(entry.workspace, entry.reference, 0)
    return len(forgotten)


def record_usage(
    workspace: Workspace,
    *,
    purpose: str,
    provider: str,
    model: str,
    usage: Usage,
    cost_usd: Decimal | float = 0,
    reference: str = "",
    user: User | None = None,
    actor: str = "",
    shared_key: bool = False,
    succeeded: bool = True,
) -> UsageRecord:
    """Count one call of a provider, failed ones too. `purpose` is "chat", "embed", …; `reference` as in the ledger."""
    return UsageRecord.objects.create(
        workspace=workspace,
        user=user,
        actor=actor[:200],
        purpose=purpose,
        reference=reference,
        provider=provider,
        model=model,
        shared_key=shared_key,
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        requests=usage.requests,
        cost_usd=Decimal(str(cost_usd)),
        succeeded=succeeded,
    )


def _locked(workspace: Workspace) -> CreditAccount:
    account = _account.first(workspace)
    if account is None:
        CreditAccount.objects.get_or_create(workspace=workspace)
        account = _account.get(workspace)
    return account


@prepared
def _account(workspace: Any) -> QuerySet[CreditAccount]:
    return CreditAccount.objects.select_for_update().filter(workspace=workspace)


@prepared
def _entries(reference: Any) -> QuerySet[LedgerEntry]:
    """What is held for a reference, and what it cost; at most one of each."""
    return LedgerEntry.objects.filter(reference=reference, kind__in=[Kind.HOLD, Kind.SETTLE])


def _move(account: CreditAccount, kind: str, amount: int, *, reference: str = "", note: str = "") -> LedgerEntry:
    account.balance += amount
    account.save(update_fields=["balance", "updated_at"])
    return LedgerEntry.objects.create(
        workspace_id=account.workspace_id,
        kind=kind,
        amount=amount,
        balance_after=account.balance,
        reference=reference,
        note=note[:200],
    )
