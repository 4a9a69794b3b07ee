"""Contacts, their conversations with a business, every message, and what teammates keep beside them."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import ClassVar

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.contrib.postgres.search import SearchVector, SearchVectorField
from django.db import models
from django.db.models.functions import Lower, Upper
from django.utils.translation import gettext_lazy as _

from frontdesk.core.models import WorkspaceModel
from frontdesk.core.scoping import ScopedManager

from .words import Digits, Spaced

# How long what was deleted or merged can be brought back.
KEPT = timedelta(days=30)


def search_words() -> models.GeneratedField:
    """The words of `text`, kept by the database for searching."""
    words = SearchVector(Spaced("text"), config="simple")
    return models.GeneratedField(expression=words, output_field=SearchVectorField(), db_persist=True)


class WithoutSearchWords(models.Manager["Message"]):
    """Messages are read far more often than searched: what is only for searching stays in the database."""

    def get_queryset(self) -> models.QuerySet[Message]:
        return super().get_queryset().defer("search_words")


class Deletable(models.Model):
    """What can be brought back for some time after it was deleted."""

    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)
    # As in the audit: "user: Alice".
    deleted_by = models.CharField(max_length=200, blank=True, editable=False)

    class Meta:
        abstract = True
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["deleted_at"], name="%(class)s_expires", condition=models.Q(deleted_at__isnull=False)),
        ]


class Contact(WorkspaceModel, Deletable):
    """A customer. One that was merged into another stays, without identities and conversations, until that is final."""

    name = models.CharField(_("name"), max_length=200, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    phone = models.CharField(_("phone"), max_length=40, blank=True)
    language = models.CharField(_("language"), max_length=10, blank=True)
    notes = models.TextField(_("notes"), blank=True)
    # What the business calls it → what it is: {"Company": "Rose & Sons"}.
    fields = models.JSONField(_("own fields"), default=dict, blank=True)
    blocked_at = models.DateTimeField(null=True, blank=True, editable=False)
    merged_into = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="+", editable=False)
    # While deleted: who it was on its channels, as [[kind, id]…]; whoever writes from there meanwhile is somebody new.
    former_identities = models.JSONField(default=list, blank=True, editable=False)
    # Being taken away for good by the worker.
    removing = models.BooleanField(default=False, editable=False)
    # Uuids of contacts of whom somebody said that they are not the same person.
    not_same = models.JSONField(default=list, blank=True, editable=False)

    class Meta:
        indexes = [
            *Deletable.Meta.indexes,
            models.Index(fields=["workspace", "-id"], name="contact_list"),
            models.Index("workspace", Lower("email"), name="contact_by_email", condition=~models.Q(email="")),
            models.Index("workspace", Digits("phone"), name="contact_by_phone", condition=~models.Q(phone="")),
            GinIndex(
                OpClass(Upper("name"), name="gin_trgm_ops"),
                OpClass(Upper("email"), name="gin_trgm_ops"),
                OpClass(Upper("phone"), name="gin_trgm_ops"),
                OpClass(Upper("notes"), name="gin_trgm_ops"),
                name="contact_search",
            ),
        ]

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


class ContactMerge(WorkspaceModel):
    """Two contacts that became one, and what is needed to make them two again."""

    kept = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="merges")
    merged = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="+")
    # {"identities": [ids], "conversations": [ids], "before": what the kept one had, "after": what it got}
    moved = models.JSONField(default=dict)
    merged_by = models.CharField(max_length=200)
    undone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["kept", "-id"], name="merges_of_contact")]

    def __str__(self) -> str:
        return f"{self.merged_id} → {self.kept_id}"


class Tag(WorkspaceModel, Deletable):
    class Colour(models.TextChoices):
        GRAY = "gray", _("Gray")
        RED = "red", _("Red")
        ORANGE = "orange", _("Orange")
        YELLOW = "yellow", _("Yellow")
        GREEN = "green", _("Green")
        TEAL = "teal", _("Teal")
        BLUE = "blue", _("Blue")
        PURPLE = "purple", _("Purple")
        PINK = "pink", _("Pink")

    name = models.CharField(_("name"), max_length=40)
    colour = models.CharField(_("colour"), max_length=10, choices=Colour, default=Colour.GRAY)

    class Meta:
        ordering = [Lower("name"), "id"]
        indexes = [*Deletable.Meta.indexes]
        constraints = [
            models.UniqueConstraint(
                "workspace", Lower("name"), condition=models.Q(deleted_at__isnull=True), name="one_tag_a_name"
            )
        ]

    def __str__(self) -> str:
        return self.name


class Conversation(WorkspaceModel):
    class Status(models.TextChoices):
        ACTIVE = "active", _("The AI answers")
        SUPPORT_ACTIVE = "support_active", _("A person answers")
        CLOSED = "closed", _("Closed")

    class Priority(models.IntegerChoices):
        LOW = 1, _("Low")
        NORMAL = 2, _("Normal")
        HIGH = 3, _("High")
        URGENT = 4, _("Urgent")

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
    # When the customer wrote last, and since when nobody has answered that.
    last_inbound_at = models.DateTimeField(null=True, blank=True)
    waiting_since = models.DateTimeField(null=True, blank=True)
    # When the team was reminded of that.
    reminded_at = models.DateTimeField(null=True, blank=True)
    assignee = models.ForeignKey("workspaces.User", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    priority = models.PositiveSmallIntegerField(choices=Priority, default=Priority.NORMAL)
    snoozed_until = models.DateTimeField(null=True, blank=True)
    tags = models.ManyToManyField(Tag, through="Tagging", related_name="conversations", blank=True)
    metadata = models.JSONField(default=dict, blank=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["assignee", "-last_message_at"], condition=models.Q(assignee__isnull=False), name="conversation_assigned"
            ),
            models.Index(fields=["snoozed_until"], condition=models.Q(snoozed_until__isnull=False), name="conversation_snoozed"),
            models.Index(
                fields=["workspace", "waiting_since"],
                condition=models.Q(waiting_since__isnull=False),
                name="conversation_waiting",
            ),
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
    # An emoji that the customer put on it.
    reaction = models.CharField(max_length=40, blank=True)
    # When the customer took it back: it stays for the owner, and the AI is not shown it any more.
    deleted_at = models.DateTimeField(null=True, blank=True)
    metadata = models.JSONField(default=dict, blank=True)
    search_words = search_words()

    objects = ScopedManager(workspace="workspace", _manager_class=WithoutSearchWords)

    class Meta:
        indexes = [
            models.Index(fields=["conversation", "id"], name="message_thread"),
            models.Index(fields=["workspace", "author", "created_at"], name="message_by_day"),
            models.Index(
                fields=["workspace", "created_at"], condition=models.Q(author="AI", sources=[]), name="answer_without_source"
            ),
            # What `icontains` compares is the text in capitals.
            GinIndex(OpClass(Upper("text"), name="gin_trgm_ops"), name="message_search"),
            GinIndex(fields=["search_words"], name="message_words"),
            GinIndex(
                OpClass("sources", name="jsonb_path_ops"),
                name="message_sources",
                condition=models.Q(author="AI") & ~models.Q(sources=[]),
            ),
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


class Tagging(WorkspaceModel):
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="taggings")
    tag = models.ForeignKey(Tag, on_delete=models.CASCADE, related_name="taggings")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["conversation", "tag"], name="tagged_once")]
        indexes = [models.Index(fields=["tag", "conversation"], name="tagged_conversations")]

    def __str__(self) -> str:
        return f"{self.conversation_id} {self.tag_id}"


class Note(WorkspaceModel):
    """What teammates tell each other about a conversation. No customer and no AI ever sees it."""

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="notes")
    text = models.TextField()
    user = models.ForeignKey("workspaces.User", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    # A program's or person's name as it was then.
    author_name = models.CharField(max_length=200)
    mentions = models.ManyToManyField("workspaces.User", related_name="+", blank=True)
    search_words = search_words()

    class Meta:
        indexes = [
            models.Index(fields=["conversation", "id"], name="note_thread"),
            GinIndex(OpClass(Upper("text"), name="gin_trgm_ops"), name="note_search"),
            GinIndex(fields=["search_words"], name="note_words"),
        ]

    def __str__(self) -> str:
        return self.text[:60]


class Activity(WorkspaceModel):
    """A line in the thread that says what was done with the conversation. `activities.sentence` words it."""

    class Kind(models.TextChoices):
        STATUS = "status", _("Who answers")
        ASSIGNED = "assigned", _("Assigned")
        TAGGED = "tagged", _("Tagged")
        UNTAGGED = "untagged", _("Tag taken away")
        PRIORITY = "priority", _("Priority")
        SNOOZED = "snoozed", _("Snoozed")
        WOKEN = "woken", _("Back from snooze")
        MERGED = "merged", _("Customers merged")
        SPLIT = "split", _("Customers separated")
        BLOCKED = "blocked", _("Customer blocked")
        UNBLOCKED = "unblocked", _("Customer unblocked")

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="activities")
    kind = models.CharField(max_length=10, choices=Kind)
    user = models.ForeignKey("workspaces.User", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    # Empty: Frontdesk itself, or the customer by writing.
    actor_name = models.CharField(max_length=200, blank=True)
    data = models.JSONField(default=dict, blank=True)

    class Meta:
        verbose_name_plural = _("activities")
        indexes = [models.Index(fields=["conversation", "id"], name="activity_thread")]

    def __str__(self) -> str:
        return f"{self.conversation_id} {self.kind}"


class Seen(WorkspaceModel):
    """Up to which message a teammate has read a conversation: `up_to` is that message's `created_at`."""

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="seen")
    user = models.ForeignKey("workspaces.User", on_delete=models.CASCADE, related_name="+")
    up_to = models.DateTimeField()

    class Meta:
        verbose_name_plural = _("seen")
        constraints = [models.UniqueConstraint(fields=["user", "conversation"], name="seen_once")]

    def __str__(self) -> str:
        return f"{self.conversation_id} {self.user_id}"


class CannedReply(WorkspaceModel, Deletable):
    """A reply that is written once. With a `user` it is that person's own, else everybody's."""

    shortcut = models.CharField(_("shortcut"), max_length=40)
    text = models.TextField(_("text"), max_length=4000)
    user = models.ForeignKey("workspaces.User", null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    used_count = models.PositiveIntegerField(default=0, editable=False)

    class Meta:
        verbose_name_plural = _("canned replies")
        ordering = ["shortcut", "id"]
        indexes = [*Deletable.Meta.indexes]
        constraints = [
            models.UniqueConstraint(
                "workspace",
                Lower("shortcut"),
                condition=models.Q(deleted_at__isnull=True, user__isnull=True),
                name="one_shared_reply_a_shortcut",
            ),
            models.UniqueConstraint(
                "workspace",
                "user",
                Lower("shortcut"),
                condition=models.Q(deleted_at__isnull=True, user__isnull=False),
                name="one_own_reply_a_shortcut",
            ),
        ]

    def __str__(self) -> str:
        return self.shortcut


class View(WorkspaceModel):
    """A filter of the inbox with a name. `filters` is a `filtering.Filters`. Shared ones are everybody's to see."""

    name = models.CharField(_("name"), max_length=60)
    user = models.ForeignKey("workspaces.User", null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    shared = models.BooleanField(_("for everybody"), default=False)
    filters = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["workspace", "id"], name="view_list")]

    def __str__(self) -> str:
        return self.name


FOLDER = "attachments"


def unguessable(attachment: Attachment, name: str) -> str:
    """Where a file lies in the storage. Its own name is the sender's word and stays in the row."""
    token = secrets.token_urlsafe(32)
    return f"{FOLDER}/{token[:2]}/{token}"


class Attachment(WorkspaceModel):
    """A file of a message. `media_type` is what its content is, and what the sender says of it until it is here.

    One that a customer sent is fetched later by its `reference` or `url`, which are the vendor's. `text` is what is said in a
    recording, where somebody wrote it down.
    """

    class State(models.TextChoices):
        PENDING = "pending", _("On its way")
        READY = "ready", _("Here")
        REFUSED = "refused", _("Not taken")

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="attachments")
    state = models.CharField(max_length=10, choices=State, default=State.PENDING)
    media_type = models.CharField(max_length=100)
    name = models.CharField(_("name"), max_length=200, blank=True)
    size = models.PositiveBigIntegerField(default=0)
    file = models.FileField(upload_to=unguessable, max_length=200, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    width = models.PositiveIntegerField(null=True, blank=True)
    height = models.PositiveIntegerField(null=True, blank=True)
    text = models.TextField(blank=True)
    reference = models.TextField(blank=True)
    url = models.TextField(blank=True)
    problem = models.CharField(max_length=300, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["updated_at"], condition=models.Q(state="pending"), name="attachment_on_its_way"),
            models.Index(fields=["file"], name="attachment_by_file"),
        ]

    def __str__(self) -> str:
        return self.name or self.media_type

    @property
    def is_picture(self) -> bool:
        """Whether every browser shows it as a picture, and nothing in it can be a program."""
        return self.media_type in {"image/png", "image/jpeg", "image/gif", "image/webp"}
