"""Knowledge: bases, their sources, and the passages that are searched."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from pgvector.django import HalfVectorField

from frontdesk.core.crypto import SecretsField
from frontdesk.core.models import Job, WorkspaceModel

from . import problems

# How long what was deleted can be brought back.
KEPT = timedelta(days=30)
# Deleted, and can still be brought back.
BIN = models.Q(deleted_at__isnull=False, removing=False)


class Deletable(models.Model):
    """What can be brought back for some time after it was deleted; `removing` once the worker takes it away for good."""

    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)
    # As in the audit: "user: Alice".
    deleted_by = models.CharField(max_length=200, blank=True, editable=False)
    removing = models.BooleanField(default=False, editable=False)

    class Meta:
        abstract = True
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["deleted_at"], name="%(class)s_expires", condition=BIN),
            models.Index(fields=["workspace", "deleted_at"], name="%(class)s_bin", condition=BIN),
        ]


class KnowledgeBase(WorkspaceModel, Deletable):
    """What an agent may know, and how it is searched."""

    class Method(models.TextChoices):
        DENSE = "dense", _("By meaning")
        SPARSE = "sparse", _("By words")
        HYBRID = "hybrid", _("By words and meaning")

    name = models.CharField(_("name"), max_length=200)
    description = models.TextField(_("description"), blank=True)
    update_interval = models.DurationField(_("refresh links every"), default=timedelta(hours=1))
    # `provider:model`; empty means the workspace's default.
    embedding_type = models.CharField(_("embedding model"), max_length=160, blank=True)
    # Approximate tokens, see `chunking.characters`.
    chunk_size = models.PositiveIntegerField(
        _("passage size"), default=512, validators=[MinValueValidator(32), MaxValueValidator(8192)]
    )
    chunk_overlap = models.PositiveIntegerField(_("passage overlap"), default=32, validators=[MaxValueValidator(4096)])
    retrieval_method = models.CharField(_("search"), max_length=10, choices=Method, default=Method.HYBRID)
    reranking_enabled = models.BooleanField(_("look twice at the best passages"), default=True)
    top_k = models.PositiveSmallIntegerField(
        _("passages to find"), default=5, validators=[MinValueValidator(1), MaxValueValidator(50)]
    )
    top_k_after_reranking = models.PositiveSmallIntegerField(
        _("passages to keep"), default=3, validators=[MinValueValidator(1), MaxValueValidator(50)]
    )
    sparse_weightage = models.FloatField(
        _("weight of words"), default=0.5, validators=[MinValueValidator(0.0), MaxValueValidator(1.0)]
    )
    # The agent whose own base this is: where "teach this agent" over the API goes.
    agent = models.OneToOneField("agents.Agent", null=True, blank=True, on_delete=models.SET_NULL, related_name="own_knowledge")
    # The embedding model whose vectors have an index of their own (`vectors`); empty: they are compared one by one.
    indexed_model = models.CharField(max_length=160, blank=True, editable=False)
    # Passages, the terms in them and their languages: what a search needs to know before it looks. Kept by `store`.
    passage_total = models.PositiveBigIntegerField(default=0, editable=False)
    word_total = models.PositiveBigIntegerField(default=0, editable=False)
    languages = models.JSONField(default=list, editable=False)
    # While it is, nothing in it is learned; what waits goes on waiting.
    paused = models.BooleanField(default=False, db_default=False, editable=False)
    # When the sources that are being learned together began: since then progress is counted.
    batch_from = models.DateTimeField(null=True, blank=True, editable=False)
    # Of the row, as a search has read it (`fetching.current`): another one after each change. Empty: do not remember anything.
    version = ""

    class Meta:
        indexes = [*Deletable.Meta.indexes, models.Index(fields=["workspace", "-updated_at"], name="knowledge_base_list")]

    def __str__(self) -> str:
        return self.name


class SourceConnection(WorkspaceModel):
    """A place that a plugin's `SourceLoader` lists again and again; each thing there is a `Source` of the base."""

    base = models.ForeignKey(KnowledgeBase, on_delete=models.CASCADE, related_name="connections")
    loader = models.SlugField(max_length=40)
    name = models.CharField(_("name"), max_length=120)
    settings = models.JSONField(default=dict, blank=True)
    secrets = SecretsField()
    # None: as often as the base refreshes its links.
    interval = models.DurationField(_("look again every"), null=True, blank=True)
    forgets = models.BooleanField(_("forget what is no longer there"), default=True)
    # Whether what the loader remembers between two listings fits what was learned here.
    remembers = models.BooleanField(default=False, editable=False)
    # `external_id`s of what the owner deleted for good.
    left_out = models.JSONField(default=list, blank=True, editable=False)
    job = models.ForeignKey(Job, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    tried_at = models.DateTimeField(null=True, blank=True, db_index=True)
    # The last time that it was listed whole, and what came of that: {"found": 12, "added": 2, "changed": 1, …}.
    refreshed_at = models.DateTimeField(null=True, blank=True)
    result = models.JSONField(default=dict, blank=True, editable=False)
    # As in Source; `connections.problems` says it.
    problem_code = models.CharField(max_length=60, blank=True)
    problem_parameters = models.JSONField(default=dict, blank=True, editable=False)
    # Being disconnected by the worker.
    leaving = models.BooleanField(default=False, editable=False)

    class Meta:
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name


class Source(WorkspaceModel, Deletable):
    """One file, link or text of a base. All kinds share one sequence of ids.

    What comes from a connection has its text in `body`, an `external_id` there, and the `version` that was learned; without
    a version it is no longer there.
    """

    class Kind(models.TextChoices):
        FILE = "file", _("File")
        LINK = "link", _("Link")
        TEXT = "text", _("Text")
        EXCEL = "excel", _("Spreadsheet")
        DATA_EXCEL = "data_excel", _("Data spreadsheet")
        MESSAGE = "message", _("Message")
        EXTERNAL = "external", _("External document")
        ARTICLE = "article", _("Help article")
        ANSWER = "answer", _("Question and answer")

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        LEARNING = "learning", _("Learning…")
        READY = "ready", _("Ready")
        FAILED = "failed", _("Could not be learned")
        CANCELLED = "cancelled", _("Stopped")

    base = models.ForeignKey(KnowledgeBase, on_delete=models.CASCADE, related_name="sources")
    kind = models.CharField(max_length=12, choices=Kind)
    name = models.CharField(_("name"), max_length=255)
    url = models.URLField(_("web address"), max_length=2000, blank=True)
    # Name in the default storage; typed text stands in `body` instead.
    file = models.CharField(max_length=500, blank=True, editable=False)
    body = models.TextField(blank=True)
    media_type = models.CharField(max_length=120, blank=True)
    size = models.PositiveBigIntegerField(default=0)
    # SHA-256 of the file or text.
    digest = models.CharField(max_length=64, blank=True, editable=False)
    metadata = models.JSONField(default=dict, blank=True)
    grabber_enabled = models.BooleanField(_("follow the links on this page"), default=False)
    connection = models.ForeignKey(SourceConnection, null=True, blank=True, on_delete=models.SET_NULL, related_name="sources")
    external_id = models.CharField(max_length=500, blank=True, editable=False)
    version = models.CharField(max_length=200, blank=True, editable=False)
    # The link whose site this page was found on (`crawling`).
    site = models.ForeignKey("self", null=True, blank=True, on_delete=models.CASCADE, related_name="site_sources")

    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    # Why it could not be learned; `problem` says it in the reader's language.
    problem_code = models.CharField(max_length=60, blank=True)
    problem_parameters = models.JSONField(default=dict, blank=True, editable=False)
    warnings = models.JSONField(default=list, blank=True)
    job = models.ForeignKey(Job, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    # Counted up by every change of content, so that a job that began earlier knows it is out of date.
    revision = models.PositiveIntegerField(default=1, editable=False)

    title = models.CharField(max_length=500, blank=True)
    language = models.CharField(max_length=10, blank=True)
    pages = models.PositiveIntegerField(null=True, blank=True)
    chunk_count = models.PositiveIntegerField(default=0)
    # Terms in all passages together, for the mean length that BM25 needs.
    word_total = models.PositiveBigIntegerField(default=0, editable=False)
    etag = models.CharField(max_length=300, blank=True, editable=False)
    last_modified = models.CharField(max_length=60, blank=True, editable=False)
    last_refreshed_at = models.DateTimeField(null=True, blank=True)
    # When it was looked at last, whatever came of that, and the moment before which its server asked not to be.
    tried_at = models.DateTimeField(null=True, blank=True, editable=False)
    wait_until = models.DateTimeField(null=True, blank=True, editable=False)
    used_count = models.PositiveIntegerField(default=0)
    last_used_at = models.DateTimeField(null=True, blank=True)
    # Kept, refreshed, and not searched.
    excluded = models.BooleanField(_("left out of answers"), default=False, db_default=False)

    class Meta:
        indexes = [
            *Deletable.Meta.indexes,
            models.Index(fields=["base", "-id"], name="source_list"),
            models.Index(
                fields=["state", "job"], name="source_unfinished", condition=models.Q(state__in=["waiting", "learning"])
            ),
            models.Index(fields=["tried_at"], name="source_refresh", condition=models.Q(kind="link", site=None, deleted_at=None)),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["connection", "external_id"],
                condition=models.Q(connection__isnull=False, removing=False),
                name="one_source_a_thing",
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_site(self) -> bool:
        """A link that is read together with its whole site (`crawling`)."""
        return self.kind == self.Kind.LINK and self.grabber_enabled and self.site_id is None

    @property
    def problem(self) -> str:
        return problems.in_words(self.problem_code, self.problem_parameters)

    @property
    def searched(self) -> bool:
        return self.deleted_at is None and not self.excluded

    @property
    def shelf(self) -> int:
        """The `base_id` of its postings and vectors: where no search looks it is negative."""
        return self.base_id if self.searched else -self.base_id


class Chunk(WorkspaceModel):
    """A passage: what is found, shown and cited. `position` gives its neighbours within the source."""

    base = models.ForeignKey(KnowledgeBase, on_delete=models.CASCADE, related_name="+")
    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="chunks")
    position = models.PositiveIntegerField()
    text = models.TextField()
    title = models.CharField(max_length=500, blank=True)
    headings = models.JSONField(default=list, blank=True)
    # `{"page": [3, 4]}` or `{"sheet": "Prices", "rows": [2, 30]}`; `places.in_words` says it to a reader.
    place = models.JSONField(default=dict, blank=True)
    digest = models.CharField(max_length=64)
    language = models.CharField(max_length=10, blank=True)
    excluded = models.BooleanField(_("left out of answers"), default=False)
    # What the source says, where an owner put other words (`text`) in its place.
    original = models.TextField(blank=True, default="", db_default="", editable=False)

    class Meta:
        indexes = [models.Index(fields=["source", "position"], name="chunk_list")]

    def __str__(self) -> str:
        return f"{self.source_id} #{self.position}"


class ChunkVector(models.Model):
    """A passage as vectors. Not a WorkspaceModel: one row a passage, reached only with the ids of bases that are in scope,
    and without foreign keys, whose checks would cost more than the row.

    `embedding` is the direction of the whole passage, searched with or without an index; `windows` holds one int8 vector
    for each stretch of a few sentences, with which candidates are scored again. While a source or a passage is deleted or left
    out, its rows stand under the negative of their base's id, where no search looks (`store.place`).
    """

    chunk_id = models.BigIntegerField(primary_key=True)
    base_id = models.BigIntegerField()
    source_id = models.BigIntegerField(db_index=True)
    model = models.CharField(max_length=160)
    dimensions = models.PositiveSmallIntegerField()
    embedding = HalfVectorField()
    windows = models.BinaryField()

    class Meta:
        indexes = [models.Index(fields=["base_id", "model"], name="vector_base")]

    def __str__(self) -> str:
        return f"{self.chunk_id} {self.model}"


class StagedVector(models.Model):
    """The vectors of a passage that is being learned, so that a worker that takes over pays no model twice.

    Not a WorkspaceModel: it lives for minutes and is reached only through its source.
    """

    source_id = models.BigIntegerField()
    digest = models.CharField(max_length=64)
    model = models.CharField(max_length=160)
    windows = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source_id", "digest", "model"], name="one_staged_vector")]

    def __str__(self) -> str:
        return f"{self.source_id} {self.digest[:8]}"


class Posting(models.Model):
    """Where a term stands within one source. Not a WorkspaceModel: by far the most rows of all, reached only with the ids
    of bases that are in scope, and without foreign keys, whose checks would cost more than the row.

    `term` is a 64-bit hash of a word's stem; `entries` packs one unsigned 64-bit number a passage (`lexical.postings`), at
    most `lexical.postings.BLOCK` of them, so that they fit into the primary key's index, which alone is read by searches.
    A source owns its postings alone, so adding and removing sources never touches what others wrote, and all
    statistics (document frequency, mean length) are counted when they are needed and cannot go wrong. `base_id` is negative
    while the source is deleted or left out, as in ChunkVector. Searches remember entries until the row of their base is written
    (`lexical.kept`), so who changes postings writes that, too (`store.forget`).
    """

    pk = models.CompositePrimaryKey("base_id", "term", "source_id", "block")
    base_id = models.BigIntegerField()
    term = models.BigIntegerField()
    source_id = models.BigIntegerField(db_index=True)
    block = models.PositiveSmallIntegerField()
    entries = models.BinaryField()

    def __str__(self) -> str:
        return f"{self.base_id} {self.term}"


# Models of the packages in this room, where Django looks for them.
from .crawling.models import Crawl, SitePage  # noqa: E402, F401
from .health.models import Checkup, Finding  # noqa: E402, F401
from .tables.models import SourceTable, TableChanges  # noqa: E402, F401
