"""What was found in a base, and when it was looked at last."""

from __future__ import annotations

from django.core.validators import MaxValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from frontdesk.core.models import Job, WorkspaceModel


class Finding(WorkspaceModel):
    """Something an owner should look at. `fingerprint` is of the content it is about: with other content it is another one."""

    # In the order in which they are shown.
    class Kind(models.TextChoices):
        FAILING = "failing", _("Could not be learned")
        CONTRADICTING = "contradicting", _("Contradicting")
        STALE = "stale", _("May be out of date")
        DUPLICATE = "duplicate", _("Said twice")
        UNUSED = "unused", _("Never used")

    base = models.ForeignKey("knowledge.KnowledgeBase", on_delete=models.CASCADE, related_name="findings")
    kind = models.CharField(max_length=13, choices=Kind)
    # What exactly: "money" of a contradiction, "old_file" of what is stale.
    code = models.CharField(max_length=20, blank=True)
    # None: about the base as a whole.
    source = models.ForeignKey("knowledge.Source", null=True, blank=True, on_delete=models.CASCADE, related_name="findings")
    other = models.ForeignKey("knowledge.Source", null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    # {"number": 12, "examples": [{"passage": 7, "text": "…", "other_passage": 9, "other_text": "…"}]}; of a contradiction that a
    # model looked at, also its "verdict" and "by".
    details = models.JSONField(default=dict, blank=True)
    # The weightiest of a kind come first.
    weight = models.FloatField(default=0.0)
    fingerprint = models.CharField(max_length=64)
    dismissed_at = models.DateTimeField(null=True, blank=True)
    # As in the audit: "user: Alice"; "AI: openai:gpt-5" where a model ruled it out.
    dismissed_by = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes = [models.Index(fields=["base", "kind", "-weight"], name="finding_list")]
        constraints = [models.UniqueConstraint(fields=["base", "fingerprint"], name="one_finding_a_content")]

    def __str__(self) -> str:
        return f"{self.kind} {self.code}"


class Checkup(WorkspaceModel):
    """The last look at a base, and what its owner calls old."""

    base = models.OneToOneField("knowledge.KnowledgeBase", on_delete=models.CASCADE, related_name="checkup")
    # Months after which a file is called old; 0: never.
    old_after = models.PositiveSmallIntegerField(
        _("files are old after (months)"), default=12, validators=[MaxValueValidator(120)]
    )
    job = models.ForeignKey(Job, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    checked_at = models.DateTimeField(null=True, blank=True)
    # Of the passages that were compared last: while they stay, they are not compared again.
    digest = models.CharField(max_length=64, blank=True, editable=False)
    # Passages beyond those that are compared.
    not_compared = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.base_id}"
