"""What embeddings cost: credits on the operator's account at a vendor, none on an account of one's own or offline."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, ClassVar

import pytest
from django.db import transaction
from django.utils import timezone

from frontdesk.billing import actions as billing
from frontdesk.billing import queries
from frontdesk.billing.models import CreditAccount, LedgerEntry, UsageRecord
from frontdesk.providers import registry
from frontdesk.providers.models import ProviderAccount
from frontdesk.runs import embeddings
from frontdesk.sdk.errors import ProviderRejected
from frontdesk.sdk.testing.scripted import ScriptedProvider
from frontdesk.sdk.values import ModelInfo, Usage, Vectors

pytestmark = pytest.mark.django_db(transaction=True)


class Vendor(ScriptedProvider):
    """Far away, and a thousand dollars for a million words."""

    slug = "vendor"
    needs_network = True
    shared_config_env: ClassVar[dict[str, str]] = {"pace": "VENDOR_PACE"}

    async def models(self) -> Sequence[ModelInfo]:
        return [ModelInfo("words", "embedding", streaming=False, dimensions=64, input_price=1000)]

    async def embed(self, model: str, texts: Sequence[str], **options: Any) -> tuple[Vectors, Usage]:
        if "refuse" in texts:
            raise ProviderRejected("Not that.")
        return await super().embed(model, texts, **options)


class Here(ScriptedProvider):
    """On this machine."""

    slug = "offline"
    needs_network = False


@pytest.fixture(autouse=True)
def vendor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "provider_classes", lambda: {"vendor": Vendor, "offline": Here})
    monkeypatch.setenv("VENDOR_PACE", "0")


def kinds() -> list[str]:
    return list(LedgerEntry.objects.exclude(kind="grant").order_by("id").values_list("kind", flat=True))


def test_the_operators_account_costs_what_it_costs(api: Any, in_workspace: Any) -> None:
    before = queries.balance()
    answer = api.post("/v1/embeddings", {"model": "vendor:words", "input": ["one two three", "four"]})
    assert (answer.status_code, answer.json()["model"]) == (200, "vendor:words")
    assert answer.json()["usage"] == {"prompt_tokens": 4, "total_tokens": 4}
    assert queries.balance() == before - 4
    assert kinds() == ["hold", "settle"]
    assert UsageRecord.objects.get().reference == LedgerEntry.objects.get(kind="settle").reference


def test_without_credits_nothing_is_asked(api: Any, in_workspace: Any) -> None:
    CreditAccount.objects.update(balance=3)
    answer = api.post("/v1/embeddings", {"model": "vendor:words", "input": "a text of some length"})
    assert (answer.status_code, answer.json()["code"]) == (402, "PAYMENT_REQUIRED")
    assert not UsageRecord.objects.exists()
    assert queries.balance() == 3


def test_what_failed_is_given_back(api: Any, in_workspace: Any) -> None:
    before = queries.balance()
    assert api.post("/v1/embeddings", {"model": "vendor:words", "input": "refuse"}).status_code == 502
    assert kinds() == ["hold", "settle"]
    assert queries.balance() == before


@pytest.mark.parametrize("model", ["vendor:words", "offline:scripted-embedding", ""])
def test_ones_own_account_and_this_machine_cost_nothing(api: Any, workspace: Any, in_workspace: Any, model: str) -> None:
    ProviderAccount.objects.create(workspace=workspace, provider="vendor", name="Ours", settings={"pace": 0})
    CreditAccount.objects.update(balance=0)
    assert api.post("/v1/embeddings", {"model": model, "input": "one two three"}).status_code == 200
    assert kinds() == []
    assert UsageRecord.objects.count() == 1


def test_what_a_killed_process_held_is_given_back(workspace: Any, in_workspace: Any) -> None:
    before = queries.balance()
    with transaction.atomic():
        for number, settled in enumerate((True, False, False)):
            billing.hold(workspace, 5, f"{embeddings.REFERENCE}{number}")
            if settled:
                billing.settle(workspace, f"{embeddings.REFERENCE}{number}", 5)
        billing.hold(workspace, 5, "run:1")
    LedgerEntry.objects.exclude(reference="embed:2").update(created_at=timezone.now() - timedelta(hours=2))
    assert embeddings.release_forgotten() == 1
    assert embeddings.release_forgotten() == 0
    assert queries.balance() == before - 15
