"""Usage: every provider call counted, summed by model, person and day."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from frontdesk.billing import actions, queries
from frontdesk.billing.models import UsageRecord
from frontdesk.core.scoping import scope
from frontdesk.sdk.values import Usage


@pytest.fixture
def used(workspace, other_workspace, alice, bob) -> None:
    calls = [(alice, "gpt", 10, True), (alice, "gemini", 20, True), (bob, "gpt", 30, False)]
    with scope(workspace=workspace):
        for user, model, tokens, succeeded in calls:
            actions.record_usage(
                workspace,
                purpose="chat",
                provider="vendor",
                model=model,
                usage=Usage(input_tokens=tokens, output_tokens=tokens * 2),
                cost_usd=Decimal("0.5"),
                user=user,
                actor=user.get_full_name(),
                succeeded=succeeded,
            )
    with scope(workspace=other_workspace):
        actions.record_usage(other_workspace, purpose="chat", provider="vendor", model="gpt", usage=Usage(input_tokens=999))


def test_totals_and_groups(used, in_workspace, alice, bob) -> None:
    report = queries.usage()
    assert report.totals == queries.Totals(3, 1, 60, 120, Decimal("1.5"))
    assert [(row["model"], row["input_tokens"]) for row in report.by_model] == [("gemini", 20), ("gpt", 40)]
    assert {(row["user_id"], row["requests"]) for row in report.by_user} == {(alice.uuid, 2), (bob.uuid, 1)}
    assert [(row["day"], row["cost_usd"]) for row in report.by_day] == [(timezone.now().date(), Decimal("1.5"))]


def test_one_person(used, in_workspace, bob) -> None:
    assert queries.usage(user_id=bob.pk).totals == queries.Totals(1, 1, 30, 60, Decimal("0.5"))


def test_older_than_the_period_is_left_out(used, in_workspace) -> None:
    UsageRecord.objects.filter(model="gpt").update(created_at=timezone.now() - timedelta(days=8))
    assert queries.usage(days=7).totals.requests == 1


def test_nothing_used_is_zero(in_workspace) -> None:
    assert queries.usage().totals == queries.Totals(0, 0, 0, 0, Decimal(0))


def test_api_shows_credits_ledger_and_usage(used, api, settings) -> None:
    assert api.get("/api/credits").json() == {"balance": settings.STARTING_CREDITS}
    assert api.get("/api/credits/ledger").json()["results"][0]["kind"] == "grant"
    report = api.get("/api/usage?days=7").json()
    assert report["totals"] == {"requests": 3, "failed": 1, "input_tokens": 60, "output_tokens": 120, "cost_usd": 1.5}
    assert len(report["by_user"]) == 2
    assert api.get("/api/usage?days=0").status_code == 422
