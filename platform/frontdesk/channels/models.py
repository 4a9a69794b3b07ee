"""An agent bound to a place where customers write; what came in from there, and what goes out to it."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from frontdesk.core.crypto import SecretsField
from frontdesk.core.models import WorkspaceModel

IS_OPEN = models.Q(state__in=["queued", "sending"])
IS_TROUBLED = models.Q(state__in=["failed", "unknown"])


class Channel(WorkspaceModel):
    """`kind` is the slug of a plugin's channel class, or "widget", which is built in.

    `public_key` ("pk_…") may stand on a public page; it opens one agent's widget from the `origins` listed and nothing else.
    `webhook_token` ("hook_…") ends the address where a vendor posts. `settings` and `secrets` are the class's `config_model`.
    Of a channel that is asked, `poll_state` is where the plugin goes on, `poll_at` when; until `poll_lease` somebody does.
    """

    agent = models.ForeignKey("agents.Agent", on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=40)
    name = models.CharField(_("name"), max_length=80)
    enabled = models.BooleanField(_("on"), default=True)
    public_key = models.CharField(max_length=60, unique=True, null=True, blank=True)
    webhook_token = models.CharField(max_length=60, unique=True, null=True, blank=True)
    origins = models.JSONField(_("allowed web addresses"), default=list, blank=True)
    settings = models.JSONField(default=dict, blank=True)
    secrets = SecretsField()
    # When the vendor last wrote to our address, and how often somebody else did.
    heard_at = models.DateTimeField(null=True, blank=True)
    refused = models.PositiveIntegerField(default=0)
    # A local double of the vendor stands for it: no account, nobody real on the other side.
    rehearsal = models.BooleanField(_("rehearsal"), default=False)
    poll_state = models.TextField(blank=True)
    poll_at = models.DateTimeField(null=True, blank=True)
    poll_lease = models.DateTimeField(null=True, blank=True)
    poll_failures = models.PositiveSmallIntegerField(default=0)
    poll_problem = models.CharField(max_length=500, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["workspace", "kind", "id"], name="channel_list"),
            models.Index(fields=["kind", "poll_at"], condition=models.Q(enabled=True), name="channel_to_ask"),
        ]

    def __str__(self) -> str:
        return self.name


class Thread(WorkspaceModel):
    """A conversation as the vendor knows it: whom to write to, and where."""

    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="threads")
    recipient_id = models.CharField(max_length=255)
    thread_id = models.CharField(max_length=255, blank=True)
    conversation = models.OneToOneField("conversations.Conversation", on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["channel", "recipient_id", "thread_id"], name="one_thread_a_recipient")]

    def __str__(self) -> str:
        return f"{self.channel_id}:{self.recipient_id}"


class Arrival(WorkspaceModel):
    """A vendor's request as it came, once. `external_id` and `lane` are those of its envelope (`frontdesk.sdk.channel`)."""

    class State(models.TextChoices):
        RECEIVED = "received", _("Waiting")
        DONE = "done", _("Done")
        DEAD = "dead", _("Could not be read")

    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="arrivals")
    external_id = models.CharField(max_length=255)
    lane = models.CharField(max_length=255, blank=True)
    method = models.CharField(max_length=8)
    headers = models.JSONField(default=dict)
    query = models.JSONField(default=dict)
    body = models.BinaryField()
    state = models.CharField(max_length=10, choices=State, default=State.RECEIVED)
    problem = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["channel", "external_id"], name="arrival_taken_once")]
        indexes = [
            models.Index(fields=["channel", "lane", "id"], condition=models.Q(state="received"), name="arrival_in_line"),
            models.Index(fields=["workspace", "-id"], condition=models.Q(state="dead"), name="arrival_dead"),
            models.Index(fields=["created_at"], name="arrival_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.channel_id}:{self.external_id} {self.state}"


class Early(WorkspaceModel):
    """What happened to a message that has not come yet: vendors keep no order. It waits for the message here."""

    class What(models.TextChoices):
        EDITED = "edited", _("Changed")
        DELETED = "deleted", _("Taken back")
        REACTION = "reaction", _("Reaction")

    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="+")
    external_id = models.CharField(max_length=255)
    what = models.CharField(max_length=10, choices=What)
    # A new text, or an emoji.
    value = models.TextField(blank=True)
    # The vendor's clock, in seconds since 1970; 0 when it does not say.
    sent_at = models.FloatField(default=0.0)

    class Meta:
        verbose_name_plural = _("early events")
        constraints = [models.UniqueConstraint(fields=["channel", "external_id", "what"], name="early_once")]
        indexes = [models.Index(fields=["created_at"], name="early_by_age")]

    def __str__(self) -> str:
        return f"{self.channel_id}:{self.external_id} {self.what}"


class Delivery(WorkspaceModel):
    """A part of an answer on its way to a customer: words, one file, or a template. Its `uuid` is the idempotency key that the
    vendor is given. `markdown` is `text` with its marks, where there are any.

    `not_before` is when to try again, `give_up_at` when not to any more; `lease_until` tells when whoever sends it is gone.
    """

    class State(models.TextChoices):
        QUEUED = "queued", _("Waiting")
        SENDING = "sending", _("Sending")
        SENT = "sent", _("Sent")
        DELIVERED = "delivered", _("Delivered")
        READ = "read", _("Read")
        FAILED = "failed", _("Not delivered")
        UNKNOWN = "unknown", _("Perhaps delivered")

    OPEN = (State.QUEUED, State.SENDING)
    TROUBLED = (State.FAILED, State.UNKNOWN)

    channel = models.ForeignKey(Channel, null=True, on_delete=models.SET_NULL, related_name="deliveries")
    conversation = models.ForeignKey("conversations.Conversation", on_delete=models.CASCADE, related_name="+")
    message = models.ForeignKey("conversations.Message", on_delete=models.CASCADE, related_name="deliveries")
    part = models.PositiveSmallIntegerField(default=0)
    text = models.TextField()
    markdown = models.TextField(blank=True)
    attachment = models.ForeignKey(
        "conversations.Attachment", null=True, blank=True, on_delete=models.SET_NULL, related_name="deliveries"
    )
    # [{"id", "label"}]
    buttons = models.JSONField(default=list, blank=True)
    # {"name", "language", "text", "values"}
    template = models.JSONField(default=dict, blank=True)
    # The vendor's id of the message that this answers.
    reply_to = models.CharField(max_length=255, blank=True)
    recipient_id = models.CharField(max_length=255)
    thread_id = models.CharField(max_length=255, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    external_id = models.CharField(max_length=255, blank=True)
    problem = models.CharField(max_length=500, blank=True)
    not_before = models.DateTimeField(null=True, blank=True)
    give_up_at = models.DateTimeField()
    lease_until = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = _("deliveries")
        constraints = [models.UniqueConstraint(fields=["message", "part"], name="one_delivery_a_part")]
        indexes = [
            models.Index(fields=["conversation", "message", "part"], condition=IS_OPEN, name="delivery_in_line"),
            models.Index(fields=["channel", "external_id"], condition=~models.Q(external_id=""), name="delivery_by_receipt"),
            models.Index(fields=["updated_at"], condition=IS_OPEN, name="delivery_open"),
            models.Index(fields=["workspace", "-id"], condition=IS_TROUBLED, name="delivery_trouble"),
        ]

    def __str__(self) -> str:
        return f"{self.message_id}/{self.part} {self.state}"
