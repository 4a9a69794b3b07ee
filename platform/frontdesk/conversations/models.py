"""Contacts, their conversations with a business, and every message."""

from __future__ import annotations

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models.functions import Upper
from django.utils.translation import gettext_lazy as _

from frontdesk.core.models import WorkspaceModel


class Contact(WorkspaceModel):
    """A customer."""

    name = models.CharField(_("name"), max_length=200, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    phone = models.CharField(_("phone"), max_length=40, blank=True)
    language = models.CharField(max_length=10, blank=True)

    class Meta:
        indexes = [models.Index(fields=["workspace", "-id"], name="contact_list")]

    def __str__(self) -> str:
        return self.name or self.email or self.phone or str(_("Visitor"))


class Identity(WorkspaceModel):
    """Who a contact is on one channel: a phone number, a visitor's secret, an address."""

    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="identities")
    channel_kind = models.CharField(max_length=40)
    external_id = models.CharField(max_length=255)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["workspace", "channel_kind", "external_id"], name="one_identity")]
        verbose_name_plural = _("identities")

    def __str__(self) -> str:
        return f"{self.channel_kind}:{self.external_id}"


class Conversation(WorkspaceModel):
    class Status(models.TextChoices):
        ACTIVE = "active", _("The AI answers")
        SUPPORT_ACTIVE = "support_active", _("A person answers")
        CLOSED = "closed", _("Closed")

    agent = models.ForeignKey("agents.Agent", null=True, on_delete=models.SET_NULL, related_name="+")
    channel = models.ForeignKey("frontdesk_channels.Channel", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    contact = models.ForeignKey(Contact, on_delete=models.PROTECT, related_name="conversations")
    channel_kind = models.CharField(max_length=40)
    status = models.CharField(max_length=16, choices=Status, default=Status.ACTIVE)
    status_reason = models.CharField(max_length=200, blank=True)
    title = models.CharField(max_length=200, blank=True)
    test = models.BooleanField(default=False)
    last_message_at = models.DateTimeField(null=True, blank=True)
    last_message_preview = models.CharField(max_length=160, blank=True)
    metadata = models.JSONField(default=dict, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["workspace", "-last_message_at", "-id"], name="conversation_list"),
            models.Index(fields=["workspace", "status", "-last_message_at"], name="conversation_by_status"),
            models.Index(fields=["contact", "-id"], name="conversation_of_contact"),
            models.Index(fields=["workspace", "created_at"], name="conversation_by_day"),
        ]

    def __str__(self) -> str:
        return self.title or self.last_message_preview or str(self.uuid)


class Message(WorkspaceModel):
    class Author(models.TextChoices):
        CUSTOMER = "customer", _("Customer")
        AI = "AI", _("AI")
        PERSON = "person", _("Teammate")
        NOTICE = "notice", _("Notice")

    class Rating(models.TextChoices):
        NONE = "", _("Not rated")
        UP = "up", _("Helpful")
        DOWN = "down", _("Not helpful")

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="messages")
    author = models.CharField(max_length=10, choices=Author)
    text = models.TextField()
    # The sender's own id of this message: the same id is taken once.
    external_id = models.CharField(max_length=255, blank=True)
    user = models.ForeignKey("workspaces.User", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    reply_to = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="replies")
    run_uuid = models.UUIDField(null=True, blank=True, db_index=True)
    # Passages the answer rests on: [{n, title, place, url, quote, source_id}]
    sources = models.JSONField(default=list, blank=True)
    rating = models.CharField(max_length=5, choices=Rating, default=Rating.NONE, blank=True)
    metadata = models.JSONField(default=dict, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["conversation", "id"], name="message_thread"),
            models.Index(fields=["workspace", "author", "created_at"], name="message_by_day"),
            models.Index(
                fields=["workspace", "created_at"], condition=models.Q(author="AI", sources=[]), name="answer_without_source"
            ),
            # What `icontains` compares is the text in capitals.
            GinIndex(OpClass(Upper("text"), name="gin_trgm_ops"), name="message_search"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["conversation", "author", "external_id"], condition=~models.Q(external_id=""), name="message_taken_once"
            ),
            models.UniqueConstraint(
                fields=["run_uuid"], condition=models.Q(run_uuid__isnull=False, author="AI"), name="one_answer_a_run"
            ),
        ]

    def __str__(self) -> str:
        return self.text[:60]
