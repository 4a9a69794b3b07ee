"""Every read of sites that a surface needs."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from .. import problems
from ..models import Crawl, SitePage, Source
from .record import KEPT_CLOSED

LEARNED = Q(outcome=SitePage.Outcome.READ)
# Not worth a line: the page stands in the list under its other address.
SILENT = [SitePage.Outcome.SAME, SitePage.Outcome.MOVED]
_TOLD = ~Q(outcome__in=[*SILENT, SitePage.Outcome.WAITING])


@dataclass(frozen=True, slots=True)
class SiteState:
    """`problem` says why the site was not read whole, `result` what the last reading changed."""

    crawl: Crawl
    learned: int
    refused: int
    problem: str
    result: str


def state(of: Source) -> SiteState | None:
    """How a site is; None before it was read at all, and for what is none."""
    crawl = Crawl.objects.filter(source=of).first() if of.is_site else None
    if crawl is None:
        return None
    numbers = crawl.pages.aggregate(learned=Count("id", filter=LEARNED), refused=Count("id", filter=~LEARNED & _TOLD))
    problem = problems.in_words(crawl.problem_code, crawl.problem_parameters)
    return SiteState(crawl, numbers["learned"], numbers["refused"], problem, _changes(crawl.result) if crawl.ended_at else "")


def pages(of: Source, *, which: str = "") -> QuerySet[SitePage]:
    """The pages of a site, the nearest first, with their sources. `which` chooses those that are "learned" or "refused"."""
    rows = SitePage.objects.filter(crawl__source=of).exclude(outcome__in=SILENT).select_related("source")
    if which == "learned":
        rows = rows.filter(LEARNED)
    elif which == "refused":
        rows = rows.filter(_TOLD).exclude(LEARNED)
    return rows.order_by("far", "depth", "id")


def reason(of: SitePage) -> str:
    """Why a page was not learned, or was not refreshed; empty when it was."""
    if of.outcome == SitePage.Outcome.REFUSED:
        said = problems.in_words(of.problem_code, of.problem_parameters)
        if of.closed_since is None:
            return said
        until = date_format(timezone.localtime(of.closed_since + KEPT_CLOSED), "DATE_FORMAT")
        return f"{said} {_('If it stays so, it is deleted here on %(day)s.') % {'day': until}}"
    return "" if of.outcome in {SitePage.Outcome.READ, SitePage.Outcome.WAITING} else str(of.get_outcome_display())


def _changes(result: dict[str, int]) -> str:
    words = {"added": _("%(n)s new"), "changed": _("%(n)s changed"), "removed": _("%(n)s removed")}
    return ", ".join(word % {"n": result[key]} for key, word in words.items() if result.get(key)) or _("nothing changed")
