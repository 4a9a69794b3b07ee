"""Addresses of the owner's own programs, what they are to be told, and how that went."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from frontdesk.core.crypto import SecretsField
from frontdesk.core.models import WorkspaceModel

IS_OPEN = models.Q(state__in=["queued", "sending"])


class Endpoint(WorkspaceModel):
    """`events` are names of `kinds.KINDS`. `secrets` holds `{"now", "before", "until"}`: the one before signs beside the new
    one until that moment (ISO 8601). `failing_since` is when the first of the failures came that no success has followed."""

    url = models.CharField(_("address"), max_length=2000)
    description = models.CharField(_("note"), max_length=200, blank=True)
    events = models.JSONField(_("events"), default=list)
    secrets = SecretsField()
    enabled = models.BooleanField(_("on"), default=True)
    problem = models.CharField(max_length=500, blank=True)
    failing_since = models.DateTimeField(null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["workspace", "id"], condition=models.Q(deleted_at=None), name="endpoint_list")]

    def __str__(self) -> str:
        return self.description or self.url


class Event(WorkspaceModel):
    """Something that happened, as it was then. Its `uuid` is the `webhook-id` that a receiver tells repetitions by."""

    kind = models.CharField(max_length=40)
    data = models.JSONField(default=dict)

    class Meta:
        indexes = [
            models.Index(fields=["workspace", "created_at"], name="webhook_event_since"),
            models.Index(fields=["created_at"], name="webhook_event_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.uuid}"


class Delivery(WorkspaceModel):
    """One event for one endpoint. `log` has the attempts, the oldest first: `{at, took_ms, status, problem, response}`."""

    class State(models.TextChoices):
        QUEUED = "queued", _("Waiting")
        SENDING = "sending", _("Sending")
        DELIVERED = "delivered", _("Delivered")
        FAILED = "failed", _("Not delivered")

    OPEN = (State.QUEUED, State.SENDING)

    endpoint = models.ForeignKey(Endpoint, on_delete=models.CASCADE, related_name="deliveries")
    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="deliveries")
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    status = models.PositiveSmallIntegerField(null=True, blank=True)
    problem = models.CharField(max_length=500, blank=True)
    log = models.JSONField(default=list, blank=True)
    next_at = models.DateTimeField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = _("deliveries")
        constraints = [models.UniqueConstraint(fields=["endpoint", "event"], name="one_delivery_an_endpoint")]
        indexes = [
            models.Index(fields=["endpoint", "-id"], name="webhook_log"),
            models.Index(fields=["endpoint", "state", "-id"], name="webhook_log_by_state"),
            models.Index(fields=["updated_at"], condition=IS_OPEN, name="webhook_open"),
        ]

    def __str__(self) -> str:
        return f"{self.event_id} → {self.endpoint_id} {self.state}"
