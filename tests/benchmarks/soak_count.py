"""What became of a soak's messages."""

from __future__ import annotations

import json
import time
from collections import Counter
from pathlib import Path
from typing import Any

from tests.benchmarks.soak_others import Other

SUMMED = ("messages", "answered", "lost", "doubled", "out of order", "shown as failed or perhaps", "killed", "seconds")


def drain(owner: Any, seconds: float) -> bool:
    """Give back what people have, until nothing is open any more. False when that took too long."""
    from django.db import Error, connection

    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if not _left(owner):
                return True
        except Error:
            connection.close()
        time.sleep(1)
    return False


def _left(owner: Any) -> int:
    from frontdesk.channels.models import Arrival, Delivery
    from frontdesk.conversations import actions as conversations
    from frontdesk.conversations.models import Conversation
    from frontdesk.core.models import Job
    from frontdesk.core.scoping import scope
    from frontdesk.runs.models import Run

    with scope(workspace=owner.workspace):
        by_people = list(Conversation.objects.filter(status="support_active"))
        for conversation in by_people:
            conversations.set_status(owner, conversation, "active")
        at_work = Job.objects.filter(kind__startswith="channels.", state__in=["queued", "running"]).exclude(
            kind="channels.typing"
        )
        rows = (
            Arrival.objects.filter(state="received"),
            Delivery.objects.filter(state__in=Delivery.OPEN),
            Run.objects.filter(state__in=Run.OPEN),
            at_work,
        )
        return len(by_people) + sum(each.count() for each in rows)


def at_work(owner: Any) -> int:
    """Requests that nobody has read yet and answers in the making; 0 while the database is away."""
    from django.db import Error, connection

    from frontdesk.channels.models import Arrival
    from frontdesk.core.scoping import scope
    from frontdesk.runs.models import Run

    try:
        with scope(workspace=owner.workspace):
            return Arrival.objects.filter(state="received").count() + Run.objects.filter(state__in=Run.OPEN).count()
    except Error:
        return 0
    finally:
        connection.close()


def report(owner: Any, vendors: list[Any], asked: list[str]) -> dict[str, Any]:
    """Each message: answered once, perhaps (the vendor hung up, or the sender was killed), shown as failed; else it is lost."""
    from django.db.models import Q, Sum

    from frontdesk.billing.models import CreditAccount, LedgerEntry
    from frontdesk.channels.models import Arrival, Delivery
    from frontdesk.core.scoping import scope
    from frontdesk.runs.models import Run

    with scope(workspace=owner.workspace):
        for other in vendors:
            if isinstance(other, Other):
                other.collect()
        times = Counter(label for vendor in vendors for labels in vendor.sent.values() for label in labels)
        shown = set(Delivery.objects.filter(state__in=Delivery.TROUBLED).values_list("text", flat=True))
        # A visitor and a program see that an answer broke off, and may ask again.
        seen_to_fail = Run.objects.filter(state=Run.State.FAILED, conversation__channel_kind__in=["widget", "api"])
        shown |= set(seen_to_fail.values_list("question__text", flat=True))
        states = Counter(Delivery.objects.values_list("state", flat=True))
        balance = CreditAccount.objects.get().balance
        total = LedgerEntry.objects.aggregate(total=Sum("amount"))["total"]
        kinds = Counter(LedgerEntry.objects.values_list("kind", flat=True))
        runs = Counter(Run.objects.values_list("state", flat=True))
        arrivals = Counter(Arrival.objects.values_list("state", flat=True))
        unseen = Arrival.objects.filter(~Q(problem="")).values_list("problem", flat=True)[:3]
    missing = [label for label in asked if not times[label] and label not in shown]
    return {
        "messages": len(asked),
        "answered": len(times),
        "lost": len(missing),
        "doubled": sum(count - 1 for count in times.values()),
        "out of order": sum(labels != sorted(labels, key=_number) for v in vendors for labels in v.sent.values()),
        "shown as failed or perhaps": len([label for label in asked if label in shown and not times[label]]),
        "ledger": "balances" if balance == total and kinds["hold"] == kinds["settle"] else f"{balance} {total} {kinds}",
        "deliveries": dict(states),
        "runs": dict(runs),
        "requests": dict(arrivals),
        "problems": list(unseen),
        "examples": missing[:5],
    }


def _number(label: str) -> int:
    return int(label.rpartition("-")[2])


def summed(file: Path, found: dict[str, Any]) -> dict[str, int]:
    """Add a run to the file of all of them; gives their sums."""
    with file.open("a") as lines:
        lines.write(json.dumps(found) + "\n")
    runs = [json.loads(line) for line in file.read_text().splitlines()]
    return {"runs": len(runs), **{name: sum(run[name] for run in runs) for name in SUMMED}}
