"""What is written down of the reading of a site, so that any worker goes on from there and an owner sees what came of it."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import F
from django.utils import timezone

from frontdesk.core.errors import FrontdeskError
from frontdesk.core.events import emit

from .. import problems
from ..models import Crawl, SitePage, Source
from . import addresses

Outcome = SitePage.Outcome
# A page that only people who sign in may see keeps what was learned of it for so long.
KEPT_CLOSED = timedelta(days=14)
CLOSED = frozenset({"login", "locked"})


class Record:
    """Of one link's site: its `crawl` and the rows of its pages."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.crawl = Crawl.objects.get_or_create(source=source, defaults={"workspace": source.workspace})[0]
        if self.crawl.began_at is None or self.crawl.ended_at is not None:
            self._begin()

    def _begin(self) -> None:
        self.crawl.began_at, self.crawl.ended_at = timezone.now(), None
        self.crawl.robots, self.crawl.received, self.crawl.setbacks, self.crawl.result = "", 0, 0, {}
        self.crawl.problem_code, self.crawl.problem_parameters = "", {}
        self.crawl.save()
        Source.objects.filter(pk=self.source.pk).update(tried_at=timezone.now(), wait_until=None)
        if not self.crawl.pages.filter(source=self.source).exists():
            url = addresses.canonical(self.source.url) or self.source.url
            SitePage.objects.create(
                workspace=self.source.workspace, crawl=self.crawl, address=addresses.key(url), url=url, source=self.source
            )

    def close(self, error: FrontdeskError | None) -> None:
        if error is not None:
            self.problem(error)
        self.crawl.ended_at = timezone.now()
        self.crawl.save()

    def problem(self, error: FrontdeskError) -> None:
        """Why not all was read."""
        self.crawl.problem_code, self.crawl.problem_parameters = problems.problem_of(error)

    def received(self, size: int) -> None:
        """Bytes of a page, which also means that the site answers."""
        self.crawl.received, self.crawl.setbacks = F("received") + size, 0
        self.crawl.save(update_fields=["received", "setbacks", "updated_at"])
        self.crawl.refresh_from_db(fields=["received"])

    def setbacks(self, number: int) -> int:
        self.crawl.setbacks = number
        self.crawl.save(update_fields=["setbacks", "updated_at"])
        return number

    def count(self, what: str, number: int = 1) -> None:
        self.crawl.result = {**self.crawl.result, what: self.crawl.result.get(what, 0) + number}
        self.crawl.save(update_fields=["result", "updated_at"])

    def is_closed(self, page: SitePage, error: FrontdeskError) -> bool:
        """Whether a page has been for people who sign in for so long that nothing of it is kept. Notes since when it is."""
        if getattr(error, "reason", "") not in CLOSED:
            return False
        page.closed_since = page.closed_since or timezone.now()
        return timezone.now() - page.closed_since >= KEPT_CLOSED

    def done(self, page: SitePage, outcome: str) -> None:
        page.outcome, page.asked_at = outcome, timezone.now()
        if outcome != Outcome.REFUSED:
            page.problem_code, page.problem_parameters, page.closed_since = "", {}, None
        fields = ["outcome", "asked_at", "problem_code", "problem_parameters", "closed_since", "updated_at"]
        page.save(update_fields=fields)
        if outcome == Outcome.GONE and page.source_id is None:
            page.delete()
        emit(self.source.workspace.uuid, "source.changed", id=self.source.pk, base=str(self.source.base.uuid), state="learning")
