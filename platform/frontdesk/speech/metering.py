"""Every use is counted; on the operator's account it costs credits, held before and settled after."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal
from uuid import uuid4

from django.db import transaction

from frontdesk.billing import actions as billing
from frontdesk.billing import prices
from frontdesk.core.scoping import scope
from frontdesk.core.threads import in_thread
from frontdesk.sdk.values import Usage
from frontdesk.workspaces.permissions import Actor

from .queries import Engine

REFERENCE = "speech:"
# What holds credits for longer was cut off with its process.
FORGOTTEN = timedelta(hours=1)


@dataclass
class Meter:
    """One use of an engine, as it goes on. Costs are US dollars."""

    actor: Actor
    engine: Engine
    purpose: Literal["speak", "transcribe"]
    model: str
    expected: float
    reference: str = ""
    spent: float = 0.0
    calls: int = 0
    succeeded: bool = False

    def begin(self) -> None:
        if self.engine.shared:
            self.reference = f"{REFERENCE}{uuid4()}"
            with scope(workspace=self.actor.workspace), transaction.atomic():
                billing.hold(self.actor.workspace, prices.credits_for(self.expected), self.reference)

    def end(self) -> None:
        with scope(workspace=self.actor.workspace), transaction.atomic():
            if self.calls:
                billing.record_usage(
                    self.actor.workspace,
                    user=self.actor.user,
                    actor=self.actor.name,
                    purpose=self.purpose,
                    reference=self.reference,
                    provider=self.engine.kind.slug[:40],
                    model=self.model[:120],
                    shared_key=self.engine.shared,
                    usage=Usage(requests=self.calls),
                    cost_usd=self.spent,
                    succeeded=self.succeeded,
                )
            if self.reference:
                billing.settle(self.actor.workspace, self.reference, prices.credits_for(self.spent) if self.spent else 0)


@asynccontextmanager
async def metered(meter: Meter) -> AsyncIterator[Meter]:
    """Raises PaymentRequired before anything is asked. What was spent is settled however the use ends."""
    await in_thread(meter.begin)
    try:
        yield meter
        meter.succeeded = True
    finally:
        await asyncio.shield(in_thread(meter.end))


def release_forgotten() -> int:
    """Give back what is held by uses whose process was killed; gives how many."""
    return billing.release(REFERENCE, older_than=FORGOTTEN)
