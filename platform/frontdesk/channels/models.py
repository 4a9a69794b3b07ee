"""An agent bound to a place where customers write."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from frontdesk.core.crypto import SecretsField
from frontdesk.core.models import WorkspaceModel


class Channel(WorkspaceModel):
    """`kind` is a channel plugin's slug, or "widget", which is built in.

    `public_key` ("pk_…") may stand on a public page; it opens one agent's widget from the `origins` listed and nothing else.
    """

    agent = models.ForeignKey("agents.Agent", on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=40)
    name = models.CharField(_("name"), max_length=80)
    enabled = models.BooleanField(_("on"), default=True)
    public_key = models.CharField(max_length=60, unique=True, null=True, blank=True)
    origins = models.JSONField(_("allowed web addresses"), default=list, blank=True)
    settings = models.JSONField(default=dict, blank=True)
    secrets = SecretsField()

    class Meta:
        indexes = [models.Index(fields=["workspace", "kind", "id"], name="channel_list")]

    def __str__(self) -> str:
        return self.name
