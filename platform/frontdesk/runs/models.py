"""A run: one message in, one numbered stream of events out. Its journal."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from frontdesk.core.models import WorkspaceModel
from frontdesk.core.saving import Saved


class Run(WorkspaceModel):
    """One answer in the making. `owner` is the process that works on it; `lease_until` tells when that process is gone."""

    class State(models.TextChoices):
        QUEUED = "queued", _("Waiting")
        RUNNING = "running", _("Answering")
        PAUSED = "paused", _("Waiting for approval")
        COMPLETED = "completed", _("Answered")
        FAILED = "failed", _("Failed")
        CANCELLED = "cancelled", _("Stopped")

    OPEN = (State.QUEUED, State.RUNNING)
    ENDED = (State.COMPLETED, State.PAUSED, State.FAILED, State.CANCELLED)

    conversation = models.ForeignKey(
        "conversations.Conversation", null=True, blank=True, on_delete=models.CASCADE, related_name="runs"
    )
    agent = models.ForeignKey("agents.Agent", null=True, on_delete=models.SET_NULL, related_name="+")
    question = models.ForeignKey("conversations.Message", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    # The agent as it was when the run began, history and question: everything another process needs to take it up.
    task = models.JSONField()
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    test = models.BooleanField(default=False)
    actor = models.CharField(max_length=200, blank=True)
    user = models.ForeignKey("workspaces.User", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    owner = models.CharField(max_length=80, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    # When it must be over: the answer, counted from when a process took it up; before that, the waiting.
    deadline_at = models.DateTimeField()
    cancel_requested = models.BooleanField(default=False)
    # A person took the conversation over while this run was open.
    taken_over = models.BooleanField(default=False)
    attempts = models.PositiveSmallIntegerField(default=0)
    last_seq = models.PositiveIntegerField(default=0)
    # For the owner: why it failed. The customer gets a sentence in the stream.
    cause = models.CharField(max_length=500, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["state", "lease_until"], name="run_sweep"),
            models.Index(fields=["workspace", "-id"], name="run_list"),
            models.Index(fields=["workspace", "created_at"], name="run_by_day"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["conversation"],
                condition=models.Q(state__in=["queued", "running"], conversation__isnull=False),
                name="one_open_run_a_conversation",
            )
        ]

    def __str__(self) -> str:
        return f"{self.uuid} {self.state}"


class JournalSegment(Saved):
    """Events `first_seq` … `last_seq` of a run, in order: [[seq, type, data]…]. Written in pieces: tokens never wait for it."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="segments")
    first_seq = models.PositiveIntegerField()
    last_seq = models.PositiveIntegerField()
    events = models.JSONField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "first_seq"], name="segment_once")]

    def __str__(self) -> str:
        return f"{self.run_id} {self.first_seq}–{self.last_seq}"
