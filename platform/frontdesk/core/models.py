"""Base classes of all rows, and the rows of core itself: jobs, when they were due, and stored replies."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from .saving import Saved
from .scoping import ScopedManager


class Row(Saved):
    """Every row has a small integer `id` and a `uuid`, and knows when it was made and changed."""

    id = models.BigAutoField(primary_key=True)
    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)

    class Meta:
        abstract = True


class WorkspaceModel(Row):
    """A row of one tenant. Its default manager raises when no workspace is in scope (`core.scoping`)."""

    workspace = models.ForeignKey("workspaces.Workspace", on_delete=models.CASCADE, related_name="+")

    objects = ScopedManager(workspace="workspace")

    class Meta:
        abstract = True


class Job(Row):
    """A piece of background work. This row is the truth; Huey only carries its id (`core.jobs`)."""

    class State(models.TextChoices):
        QUEUED = "queued", _("Waiting")
        RUNNING = "running", _("Working")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")
        CANCELLED = "cancelled", _("Stopped")

    workspace = models.ForeignKey("workspaces.Workspace", null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=80)
    arguments = models.JSONField(default=dict)
    # At most one unfinished job with the same key.
    key = models.CharField(max_length=200, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    max_attempts = models.PositiveSmallIntegerField(default=5)
    run_after = models.DateTimeField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    cancel_requested = models.BooleanField(default=False)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    note = models.CharField(max_length=300, blank=True)
    error = models.TextField(blank=True)
    result = models.JSONField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["state", "lease_until"], name="job_sweep"),
            models.Index(fields=["workspace", "-id"], name="job_workspace"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "key"],
                condition=models.Q(state__in=["queued", "running"]) & ~models.Q(key=""),
                name="one_unfinished_job_a_key",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} #{self.pk} {self.state}"


class Periodic(models.Model):
    """When a kind of periodic job was due last (`core.periodic`)."""

    kind = models.CharField(max_length=80, primary_key=True)
    slot = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.kind} {self.slot:%Y-%m-%d %H:%M}"


class StoredReply(models.Model):
    """The reply that an Idempotency-Key already got (`core.idempotency`)."""

    owner = models.CharField(max_length=80)
    key = models.CharField(max_length=200)
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)
    body = models.JSONField(null=True)
    # Until when the process that works on the request is taken to live.
    lease_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["owner", "key"], name="one_reply_a_key")]

    def __str__(self) -> str:
        return f"{self.owner} {self.key}"
