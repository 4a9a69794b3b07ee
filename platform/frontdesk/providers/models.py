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


class ModelList(WorkspaceModel):
    """What a provider said it offers when it was asked last (`catalogue`): `ModelInfo`s as JSON, chat models only."""

    provider = models.SlugField(_("provider"), max_length=40)
    entries = models.JSONField(default=list)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["workspace", "provider"], name="one_model_list_a_provider")]

    def __str__(self) -> str:
        return self.provider
