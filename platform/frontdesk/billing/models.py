"""Credits and usage. The balance is always the sum of the ledger."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from frontdesk.core.models import WorkspaceModel


class CreditAccount(WorkspaceModel):
    """The row that is locked while credits move. `balance` repeats the sum of the ledger."""

    balance = models.BigIntegerField(_("balance"), default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace"], name="one_account_a_workspace"),
            models.CheckConstraint(condition=models.Q(balance__gte=0), name="balance_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.balance}"


class LedgerEntry(WorkspaceModel):
    """One movement of credits. `reference` names what it was for ("run:<uuid>"); a hold is settled at most once."""

    class Kind(models.TextChoices):
        GRANT = "grant", _("Added")
        HOLD = "hold", _("Held")
        SETTLE = "settle", _("Settled")

    kind = models.CharField(max_length=10, choices=Kind)
    amount = models.BigIntegerField()
    balance_after = models.BigIntegerField()
    reference = models.CharField(max_length=80, blank=True)
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["workspace", "-id"], name="ledger_list"),
            models.Index(fields=["workspace", "created_at"], name="ledger_by_day"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "kind", "reference"],
                condition=models.Q(kind__in=["hold", "settle"]),
                name="held_and_settled_once",
            )
        ]
        verbose_name_plural = _("ledger entries")

    def __str__(self) -> str:
        return f"{self.kind} {self.amount:+}"


class UsageRecord(WorkspaceModel):
    """What one call of a provider used."""

    user = models.ForeignKey("workspaces.User", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    actor = models.CharField(max_length=200, blank=True)
    purpose = models.CharField(max_length=40)
    reference = models.CharField(max_length=80, blank=True, db_index=True)
    provider = models.CharField(max_length=40)
    model = models.CharField(max_length=120)
    shared_key = models.BooleanField(default=False)
    input_tokens = models.PositiveIntegerField(default=0)
    output_tokens = models.PositiveIntegerField(default=0)
    requests = models.PositiveIntegerField(default=1)
    cost_usd = models.DecimalField(max_digits=12, decimal_places=6, default=0)
    succeeded = models.BooleanField(default=True)

    class Meta:
        indexes = [models.Index(fields=["workspace", "-created_at"], name="usage_list")]

    def __str__(self) -> str:
        return f"{self.provider}/{self.model} {self.input_tokens}+{self.output_tokens}"
