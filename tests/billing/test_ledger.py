"""Credits: the balance is the sum of the ledger, whatever happens and in whatever order."""

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, models, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from frontdesk.billing import actions, prices, queries
from frontdesk.billing.errors import NotHeld, PaymentRequired
from frontdesk.billing.models import CreditAccount, LedgerEntry
from frontdesk.core.errors import NotAllowed
from frontdesk.core.scoping import scope
from frontdesk.workspaces.models import AuditEntry, Workspace


def ledger_sum() -> int:
    return LedgerEntry.objects.aggregate(total=models.Sum("amount"))["total"] or 0


@pytest.fixture
def broke(in_workspace) -> Any:
    """The café without its starting credits."""
    LedgerEntry.objects.all().delete()
    CreditAccount.objects.all().delete()
    return in_workspace


def test_a_new_workspace_has_starting_credits(in_workspace, settings) -> None:
    assert queries.balance() == ledger_sum() == settings.STARTING_CREDITS


def test_hold_then_settle_takes_the_cost(broke) -> None:
    actions.grant(broke, 100)
    actions.hold(broke, 20, "run:1")
    assert queries.balance() == 80
    entry = actions.settle(broke, "run:1", 7)
    assert (entry.amount, entry.balance_after, queries.balance(), ledger_sum()) == (13, 93, 93, 93)


def test_a_failed_run_costs_nothing(broke) -> None:
    actions.grant(broke, 20)
    actions.hold(broke, 20, "run:1")
    actions.settle(broke, "run:1", 0)
    assert queries.balance() == 20


def test_settling_twice_settles_once_at_the_first_cost(broke) -> None:
    actions.grant(broke, 100)
    actions.hold(broke, 20, "run:1")
    first = actions.settle(broke, "run:1", 5)
    assert actions.settle(broke, "run:1", 20) == first
    assert queries.balance() == 95


def test_holding_twice_holds_once(broke) -> None:
    actions.grant(broke, 100)
    assert actions.hold(broke, 20, "run:1") == actions.hold(broke, 20, "run:1")
    assert queries.balance() == 80


def test_no_credits_is_payment_required_and_writes_nothing(broke) -> None:
    actions.grant(broke, 19)
    with pytest.raises(PaymentRequired) as refused:
        actions.hold(broke, 20, "run:1")
    assert (refused.value.status, refused.value.code) == (402, "PAYMENT_REQUIRED")
    assert LedgerEntry.objects.count() == 1


def test_a_cost_above_the_hold_takes_more_but_never_below_zero(broke) -> None:
    actions.grant(broke, 30)
    actions.hold(broke, 20, "run:1")
    actions.settle(broke, "run:1", 25)
    assert queries.balance() == 5
    actions.hold(broke, 5, "run:2")
    actions.settle(broke, "run:2", 1000)
    assert queries.balance() == ledger_sum() == 0


def test_what_nobody_held_cannot_be_settled(broke) -> None:
    with pytest.raises(NotHeld):
        actions.settle(broke, "run:unknown", 1)


@pytest.mark.parametrize("amount", [0, -1])
def test_a_grant_is_positive(broke, amount) -> None:
    with pytest.raises(ValueError):
        actions.grant(broke, amount)


def test_only_who_manages_money_adds_credits(owner, editor, in_workspace) -> None:
    before = queries.balance()
    actions.add_credits(owner, 50, note="gift")
    with pytest.raises(NotAllowed):
        actions.add_credits(editor, 50)
    assert queries.balance() == before + 50
    assert AuditEntry.objects.get(verb="credits.granted").data == {"amount": 50, "note": "gift"}


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("grant"), st.integers(1, 50), st.just(0)),
        st.tuples(st.just("hold"), st.integers(0, 30), st.integers(0, 4)),
        st.tuples(st.just("settle"), st.integers(0, 60), st.integers(0, 4)),
    ),
    max_size=25,
)


@given(steps=STEPS)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_sequence_balances(broke, steps) -> None:
    LedgerEntry.objects.all().delete()
    CreditAccount.objects.all().delete()
    for verb, amount, number in steps:
        try:
            if verb == "grant":
                actions.grant(broke, amount)
            else:
                reference = f"run:{number}"
                _ = actions.hold(broke, amount, reference) if verb == "hold" else actions.settle(broke, reference, amount)
        except (PaymentRequired, NotHeld):
            pass
        assert queries.balance() == ledger_sum() >= 0
    running = 0
    for entry in LedgerEntry.objects.order_by("id"):
        running += entry.amount
        assert entry.balance_after == running >= 0
    assert (
        LedgerEntry.objects.values("kind", "reference")
        .exclude(kind="grant")
        .annotate(n=models.Count("pk"))
        .filter(n__gt=1)
        .count()
        == 0
    )


@pytest.mark.django_db(transaction=True)
def test_many_threads_cannot_spend_a_credit_twice() -> None:
    workspace = Workspace.objects.create(name="Busy", slug="busy")

    def spend(number) -> bool | None:
        with scope(workspace=Workspace.objects.get(pk=workspace.pk)):
            try:
                with transaction.atomic():
                    actions.hold(workspace, 10, f"run:{number % 30}")
                with transaction.atomic():
                    actions.settle(workspace, f"run:{number % 30}", 10)
                return True
            except PaymentRequired:
                return False
            finally:
                connection.close()

    with scope(workspace=workspace):
        actions.grant(workspace, 200)
        with ThreadPoolExecutor(8) as threads:
            done = list(threads.map(spend, range(60)))
        assert queries.balance() == ledger_sum() == 0
        assert LedgerEntry.objects.filter(kind="settle").count() == 20
        assert any(done) and not all(done)


def test_prices_round_up_and_have_a_minimum() -> None:
    assert [prices.credits_for(usd) for usd in (0, Decimal("0.0001"), 0.001, Decimal("0.0011"), 1)] == [1, 1, 1, 2, 1000]
