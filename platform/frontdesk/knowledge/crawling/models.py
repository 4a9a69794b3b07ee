"""What is known of a site besides what was learned there."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from frontdesk.core.models import WorkspaceModel


class Crawl(WorkspaceModel):
    """How the reading of a site goes, or went last. Its job is the link's; `ended_at` is None while it is under way."""

    source = models.OneToOneField("knowledge.Source", on_delete=models.CASCADE, related_name="crawl")
    began_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    # The site's robots.txt in this run.
    robots = models.TextField(blank=True, editable=False)
    # Bytes received in this run.
    received = models.PositiveBigIntegerField(default=0, editable=False)
    # How often in a row the site was too busy, or could not be reached.
    setbacks = models.PositiveSmallIntegerField(default=0, editable=False)
    # {"added": 2, "changed": 1, "same": 34, "removed": 0} of this run.
    result = models.JSONField(default=dict, blank=True, editable=False)
    # Why it ended before all was read; as in Source.
    problem_code = models.CharField(max_length=60, blank=True)
    problem_parameters = models.JSONField(default=dict, blank=True, editable=False)

    def __str__(self) -> str:
        return f"crawl of {self.source_id}"


class SitePage(WorkspaceModel):
    """An address of a site: what came of it, and the source that was made of it."""

    class Outcome(models.TextChoices):
        WAITING = "", _("Not read yet")
        READ = "read", _("Read")
        SAME = "same", _("Says the same as another page")
        MOVED = "moved", _("Leads to another page of the site")
        ELSEWHERE = "elsewhere", _("Leads to another site")
        ROBOTS = "robots", _("The site asks programs not to read it")
        NOINDEX = "noindex", _("The page asks not to be found")
        GONE = "gone", _("Does not exist any more")
        CLOSED = "closed", _("For two weeks only people who sign in could see it, so it was deleted here")
        REFUSED = "refused", _("Could not be read")
        LEFT_OUT = "left_out", _("Deleted by you")

    crawl = models.ForeignKey(Crawl, on_delete=models.CASCADE, related_name="pages")
    # SHA-256 of `addresses.key`: what different spellings of one address have in common.
    address = models.CharField(max_length=64, editable=False)
    url = models.URLField(max_length=2000)
    # Clicks from the first page; `far` is what does not stand below its folder.
    depth = models.PositiveSmallIntegerField(default=0)
    far = models.BooleanField(default=False)
    source = models.OneToOneField("knowledge.Source", null=True, blank=True, on_delete=models.SET_NULL, related_name="site_page")
    outcome = models.CharField(max_length=10, choices=Outcome, default=Outcome.WAITING, blank=True)
    # For `problems.in_words`, when it was refused.
    problem_code = models.CharField(max_length=60, blank=True)
    problem_parameters = models.JSONField(default=dict, blank=True, editable=False)
    asked_at = models.DateTimeField(null=True, blank=True)
    # Since when only people who sign in may see it, where it was learned before.
    closed_since = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["crawl", "address"], name="one_row_an_address")]
        indexes = [models.Index(fields=["crawl", "asked_at"], name="site_page_next")]

    def __str__(self) -> str:
        return self.url
