"""What the local double of a vendor remembers of one channel (`frontdesk.sdk.rehearsal.Memory`)."""

from __future__ import annotations

from django.db import models

from frontdesk.core.models import WorkspaceModel


class RehearsedCustomer(WorkspaceModel):
    """Somebody whom an owner plays. `data` is the rest of a `Customer`."""

    channel = models.ForeignKey("frontdesk_channels.Channel", on_delete=models.CASCADE, related_name="+")
    external_id = models.CharField(max_length=255)
    name = models.CharField(max_length=200, blank=True)
    data = models.JSONField(default=dict)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["channel", "external_id"], name="rehearsed_customer_once")]

    def __str__(self) -> str:
        return f"{self.channel_id}:{self.external_id}"


class RehearsedLine(WorkspaceModel):
    """A message as it stands on the customer's phone. `data` is a `Line`; `written_at` is in seconds since 1970."""

    channel = models.ForeignKey("frontdesk_channels.Channel", on_delete=models.CASCADE, related_name="+")
    external_id = models.CharField(max_length=255)
    customer_id = models.CharField(max_length=255)
    author = models.CharField(max_length=10)
    written_at = models.FloatField()
    data = models.JSONField(default=dict)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["channel", "external_id"], name="rehearsed_line_once")]
        indexes = [
            models.Index(fields=["channel", "customer_id", "id"], name="rehearsed_chat"),
            models.Index(fields=["channel", "author", "written_at"], name="rehearsed_pace"),
        ]

    def __str__(self) -> str:
        return f"{self.channel_id}:{self.external_id}"


class RehearsedFile(WorkspaceModel):
    """A file that the vendor would keep. Its `uuid` is the reference."""

    channel = models.ForeignKey("frontdesk_channels.Channel", on_delete=models.CASCADE, related_name="+")
    media_type = models.CharField(max_length=100)
    name = models.CharField(max_length=255, blank=True)
    data = models.BinaryField()

    class Meta:
        indexes = [models.Index(fields=["channel", "id"], name="rehearsed_files")]

    def __str__(self) -> str:
        return self.name or self.media_type


class RehearsedValue(WorkspaceModel):
    """Anything else the double keeps, and the faults that are switched on, by key."""

    channel = models.ForeignKey("frontdesk_channels.Channel", on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=100)
    value = models.JSONField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["channel", "key"], name="rehearsed_value_once")]

    def __str__(self) -> str:
        return f"{self.channel_id}:{self.key}"
