"""Provider accounts of a workspace."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from frontdesk.core.crypto import SecretsField
from frontdesk.core.models import WorkspaceModel


class ProviderAccount(WorkspaceModel):
    """One account at a vendor. Accounts are tried in `position` order when the first choice fails."""

    provider = models.SlugField(_("provider"), max_length=40)
    name = models.CharField(_("name"), max_length=80)
    settings = models.JSONField(default=dict, blank=True)
    secrets = SecretsField()
    position = models.PositiveSmallIntegerField(default=0)
    enabled = models.BooleanField(_("on"), default=True)
    checked_at = models.DateTimeField(null=True, blank=True)
    problem = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["position", "id"]
        indexes = [models.Index(fields=["workspace", "position"], name="provider_chain")]

    def __str__(self) -> str:
        return self.name
