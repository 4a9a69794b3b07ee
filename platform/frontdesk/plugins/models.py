"""What a workspace decided about plugins, what they keep there, and what went wrong with them."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from frontdesk.core.crypto import SecretsField
from frontdesk.core.models import WorkspaceModel


class Activation(WorkspaceModel):
    """A plugin in a workspace: on or off, what its owner agreed to, and how it is set up."""

    plugin = models.SlugField(max_length=40)
    enabled = models.BooleanField(_("on"), default=False)
    # Permissions.as_json() of the version that was agreed to.
    agreed = models.JSONField(default=dict, blank=True)
    agreed_version = models.CharField(max_length=40, blank=True)
    settings = models.JSONField(default=dict, blank=True)
    secrets = SecretsField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["workspace", "plugin"], name="one_activation_a_plugin")]

    def __str__(self) -> str:
        return self.plugin


class StoredValue(WorkspaceModel):
    """A value that a plugin keeps. `size` is in bytes of JSON."""

    plugin = models.SlugField(max_length=40)
    key = models.CharField(max_length=200)
    value = models.JSONField()
    size = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["workspace", "plugin", "key"], name="one_value_a_key")]

    def __str__(self) -> str:
        return f"{self.plugin} {self.key}"


class Incident(WorkspaceModel):
    """A plugin failed here. One row for the same failure, counted; `what` is the part that failed ("tool calculate")."""

    plugin = models.SlugField(max_length=40)
    what = models.CharField(max_length=100)
    problem = models.CharField(max_length=300)
    times = models.PositiveIntegerField(default=1)
    last_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["workspace", "plugin", "what"], name="one_incident_a_part")]
        indexes = [models.Index(fields=["workspace", "-last_at"], name="incident_list")]

    def __str__(self) -> str:
        return f"{self.plugin}: {self.problem}"


class Account(WorkspaceModel):
    """A vendor's account that an owner connected a plugin to. `tokens` are "access" and, where the vendor gives one, "refresh".

    `waiting` is for the owner who is at the vendor now: what must come back with them. `problem` asks them to connect again.
    """

    plugin = models.SlugField(max_length=40)
    tokens = SecretsField()
    expires_at = models.DateTimeField(null=True, blank=True)
    connected_at = models.DateTimeField(null=True, blank=True)
    problem = models.CharField(max_length=300, blank=True)
    waiting = SecretsField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["workspace", "plugin"], name="one_account_a_plugin")]

    def __str__(self) -> str:
        return self.plugin
