"""Reading a site, page after page: robots.txt and sitemaps first, then what links lead to, the nearest first.

Each page is fetched and learned in one go, so progress is true, the site has its pauses, and one site is one job: other
owners' uploads go on beside it. What is known of each address stands in `SitePage`, so a worker that takes over goes on with
the next page. A page keeps its source, whatever becomes of it: unchanged it costs one conditional request, gone it is
deleted as an owner would delete it, back again it is brought back. What fails for a time takes nothing away.
"""

from __future__ import annotations

import time
from datetime import timedelta
from functools import cached_property
from typing import NoReturn

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from frontdesk.core.errors import FrontdeskError
from frontdesk.core.http import Fetched, FetchRefused
from frontdesk.core.jobs import Again, JobCancelled, Work
from frontdesk.workspaces.permissions import Actor

from .. import contents, deletion, ingest, problems, store
from ..actions import check_room
from ..models import SitePage, Source
from ..reading.errors import Unreadable
from . import addresses, pages, politeness, robots, sitemaps, sites
from .errors import PageRefused, TooBusy, passes
from .pages import NotModified, Page
from .record import Record

# Then another job has its turn.
SLICE_SECONDS = 20.0
SITEMAP_SECONDS = 60.0
MOST_SETBACKS = 5
LONGEST_BREAK = 900.0
Outcome = SitePage.Outcome
DROPPED = (
    *(Outcome.SAME, Outcome.MOVED, Outcome.ELSEWHERE, Outcome.ROBOTS),
    *(Outcome.NOINDEX, Outcome.GONE, Outcome.CLOSED),
)


def learn(source: Source, work: Work) -> None:
    """Read a link and, when it is followed, its site as far as one turn goes.

    Raises Again until all is read; what `pages.fetch` and `contents.of_page` raise when the first page cannot be learned and
    there is nothing else; ProviderError, JobCancelled.
    """
    actor = Actor.system(source.workspace, source.name)
    sites.delete_former_pages(actor, source)
    if source.is_site:
        _Run(source, work, actor).go_on()
    else:
        ingest.learn(source, work)


class _Quiet(Work):
    """For learning one page of many: it can be stopped, and says nothing of how far it is."""

    def progress(self, done: int, total: int, note: str = "") -> None:
        self.checkpoint()


class _Run:
    def __init__(self, source: Source, work: Work, actor: Actor) -> None:
        self.source, self.work, self.actor = source, work, actor
        self.quiet = _Quiet(work.row, work.kind)
        self.record = Record(source)
        self.crawl = self.record.crawl
        self.root = self.crawl.pages.get(source=source)
        self.until = time.monotonic() + SLICE_SECONDS

    def go_on(self) -> None:
        try:
            if began := self._is_due(self.root):
                self._visit(self.root)
            self._follow_sitemaps()
            while (page := self._due().select_related("source").first()) is not None:
                if self._is_over():
                    break
                if began and time.monotonic() > self.until:
                    raise Again(after=0)
                self._visit(page)
                began = True
        except _Ended:
            pass
        except (FetchRefused, PageRefused) as error:
            # The first page.
            self.record.close(error)
            raise
        else:
            self.record.close(None)
        self._say_whether_anything_was_learned()

    # --- ending -----------------------------------------------------------------------------------------------

    def _end(self, error: FrontdeskError) -> NoReturn:
        self.record.close(error)
        raise _Ended

    def _is_over(self) -> bool:
        """Whether a limit of the whole was reached; what is left is read next time."""
        late = timezone.now() - self.crawl.began_at > timedelta(minutes=settings.KNOWLEDGE_SITE_MINUTES)
        if late or self.crawl.received > settings.KNOWLEDGE_SITE_MIB * 2**20:
            self.record.problem(PageRefused("site_time" if late else "site_bytes"))
            return True
        return False

    def _say_whether_anything_was_learned(self) -> None:
        """A first page without text is no failure when others of the site have some."""
        self.root.refresh_from_db()
        if self.root.outcome != Outcome.REFUSED or self.crawl.pages.filter(outcome=Outcome.READ).exists():
            return
        raise problems.error_of(self.root.problem_code, self.root.problem_parameters)

    # --- which page is next ----------------------------------------------------------------------------------------

    def _due(self) -> QuerySet[SitePage]:
        due = self.crawl.pages.filter(Q(asked_at=None) | Q(asked_at__lt=self.crawl.began_at))
        return due.exclude(outcome=Outcome.LEFT_OUT, source=None).order_by("far", "depth", "id")

    def _is_due(self, page: SitePage) -> bool:
        return page.asked_at is None or page.asked_at < self.crawl.began_at

    @cached_property
    def rules(self) -> robots.Rules:
        """Read once in a run, before anything is followed."""
        if not self.crawl.robots:
            try:
                with self._turn(self.root.url, politeness.usual_pause()):
                    text = robots.read(self.root.url)
            except FetchRefused:
                self._end(PageRefused("site_silent", host=addresses.host(self.root.url)))
            self.crawl.robots = f"# {self.root.url}\n{text}"
            self.crawl.save(update_fields=["robots", "updated_at"])
            if not robots.Rules(text).allows(self.root.url):
                self.record.problem(PageRefused("site_robots", host=addresses.host(self.root.url)))
        return robots.Rules(self.crawl.robots)

    def _turn(self, url: str, pause: float) -> politeness.Turn:
        return politeness.turn(url, pause, self.work.checkpoint)

    def _follow_sitemaps(self) -> None:
        """Once in a run, right after the first page."""
        if "listed" in self.crawl.result:
            return
        known = self.crawl.pages.count()
        named = self.rules.sitemaps or [addresses.canonical("/sitemap.xml", base=self.root.url)]
        self._add(list(sitemaps.listed(self.root.url, named, self._get_sitemap)), depth=1)
        self.record.count("listed", self.crawl.pages.count() - known)

    def _get_sitemap(self, url: str) -> Fetched:
        if (timezone.now() - self.crawl.began_at).total_seconds() > SITEMAP_SECONDS or not self.rules.allows(url):
            raise FetchRefused("slow", host=addresses.host(url))
        with self._turn(url, min(self.rules.pause, politeness.PATIENCE)):
            return pages.get(url, max_bytes=sitemaps.MOST_BYTES)

    def _add(self, found: list[str], *, depth: int) -> None:
        """Addresses of the site that are not known yet, as long as there is room for them."""
        start = self.root.url
        # The nearest first, in case there is not room for all; of several spellings the first.
        wanted = (url for url in sorted(found, key=lambda url: addresses.far(url, start)) if addresses.same_site(url, start))
        allowed = {addresses.key(url): url for url in reversed([url for url in wanted if self.rules.allows(url)])}
        known = set(self.crawl.pages.filter(address__in=allowed).values_list("address", flat=True))
        fresh = [
            SitePage(
                workspace=self.source.workspace,
                crawl=self.crawl,
                address=key,
                url=url,
                depth=depth,
                far=addresses.far(url, start),
            )
            for key, url in reversed(allowed.items())
            if key not in known
        ]
        room = settings.KNOWLEDGE_SITE_PAGES - self.crawl.pages.count()
        if len(fresh) > room:
            self.record.problem(PageRefused("site_pages", limit=settings.KNOWLEDGE_SITE_PAGES))
        SitePage.objects.bulk_create(fresh[: max(0, room)], ignore_conflicts=True)

    # --- one page --------------------------------------------------------------------------------------------------

    def _visit(self, page: SitePage) -> None:
        total = self.crawl.pages.count()
        self.work.progress(total - self._due().count(), total, "site")
        if self._was_deleted_by_owner(page):
            self.record.done(page, Outcome.LEFT_OUT)
            return
        try:
            if page != self.root and not self.rules.allows(page.url):
                self._drop(page, Outcome.ROBOTS)
                return
            with self._turn(page.url, self._pause(page)):
                found = pages.fetch(page.url, **self._validators(page))
        except NotModified:
            self._keep(page)
        except TooBusy as error:
            self._take_a_break(page, error)
        except (FetchRefused, PageRefused) as error:
            self._refuse(page, error)
        else:
            self._take(page, found)

    def _pause(self, page: SitePage) -> float:
        return politeness.usual_pause() if page == self.root and not self.crawl.robots else self.rules.pause

    def _was_deleted_by_owner(self, page: SitePage) -> bool:
        """What we deleted because it vanished may come back; what an owner deleted does not."""
        if page.source is None:
            return page.outcome in {Outcome.READ, Outcome.LEFT_OUT}
        return page.source.deleted_at is not None and page.outcome not in DROPPED

    def _validators(self, page: SitePage) -> dict[str, str]:
        """Only when its links were followed before, and what was learned of it is still there."""
        source = page.source
        if source is None or source.deleted_at is not None or not source.chunk_count or page.outcome != Outcome.READ:
            return {}
        return {"etag": source.etag, "last_modified": source.last_modified}

    def _take(self, page: SitePage, found: Page) -> None:
        self.record.received(len(found.body))
        own = self._own_address(page, found)
        if not own:
            self._drop(page, Outcome.ELSEWHERE)
            return
        if addresses.key(own) != page.address:
            if self.crawl.pages.filter(address=addresses.key(own)).exists() and page != self.root:
                self._drop(page, Outcome.MOVED)
                return
            self._rename(page, own)
        if found.markup is not None and not found.markup.nofollow and page.depth < settings.KNOWLEDGE_SITE_DEPTH:
            self._add(list(found.markup.links), depth=page.depth + 1)
        if page != self.root and not self.rules.allows(own):
            self._drop(page, Outcome.ROBOTS)
        elif page != self.root and found.noindex:
            self._drop(page, Outcome.NOINDEX)
        elif self._has_twin(page, found):
            self._drop(page, Outcome.SAME)
        else:
            self._learn(page, found)

    def _own_address(self, page: SitePage, found: Page) -> str:
        """Where it was found, or what it calls its own address; "" when it is on another site."""
        url = addresses.canonical(found.url)
        if page == self.root or not url:
            return url
        if not addresses.same_site(url, self.root.url):
            return ""
        named = found.markup.canonical if found.markup is not None else ""
        # Some sites name their front page on every page, which is a mistake.
        trusted = named and addresses.same_site(named, self.root.url) and addresses.is_front(named) <= addresses.is_front(url)
        return named if trusted else url

    def _rename(self, page: SitePage, url: str) -> None:
        if not self.crawl.pages.filter(address=addresses.key(url)).exists():
            page.address = addresses.key(url)
        page.url = url
        page.save(update_fields=["address", "url", "updated_at"])
        if page.source is not None and page != self.root:
            page.source.url = url
            Source.objects.filter(pk=page.source_id).update(url=url)

    def _has_twin(self, page: SitePage, found: Page) -> bool:
        of_site = Source.objects.filter(Q(site=self.source) | Q(pk=self.source.pk), deleted_at=None, digest=found.digest)
        return page != self.root and of_site.exclude(pk=page.source_id).exists()

    def _learn(self, page: SitePage, found: Page) -> None:
        source = self._source_of(page, found)
        if source.pk and source.digest == found.digest and source.chunk_count and source.state != Source.State.FAILED:
            self._keep(page)
            return
        try:
            document = contents.of_page(source, found, self.quiet)
        except Unreadable as error:
            self._refuse(page, error)
            return
        added = not source.chunk_count
        if source.pk is None:
            try:
                check_room(self.source.base)
            except FrontdeskError as error:
                self._end(error)
            # Should this job end before its words are there, it is closed with the job (`jobs.close_abandoned`).
            source.state, source.job = Source.State.LEARNING, self.work.row
            source.save()
            page.source = source
            page.save(update_fields=["source", "updated_at"])
        try:
            ingest.learn_document(source, document, self.quiet)
        except store.OutOfDate:
            # Somebody changed or deleted it meanwhile, and said what is to become of it.
            if page == self.root:
                raise JobCancelled from None
        if page != self.root:
            Source.objects.filter(pk=source.pk).update(job=None)
        self.record.count("added" if added else "changed")
        self.record.done(page, Outcome.READ)

    def _source_of(self, page: SitePage, found: Page) -> Source:
        title = found.markup.title if found.markup is not None else ""
        name = (title or page.url)[:255]
        if page.source is None:
            return Source(
                workspace=self.source.workspace,
                base=self.source.base,
                kind=Source.Kind.LINK,
                site=self.source,
                name=name,
                url=page.url,
                metadata=self.source.metadata,
                excluded=self.source.excluded,
            )
        source = Source.objects.select_related("base", "workspace").get(pk=page.source_id)
        if source.deleted_at is not None:
            source = deletion.bring_back_source(self.actor, source.uuid)
        if page != self.root and source.name != name:
            source.name = name
            source.save(update_fields=["name", "updated_at"])
        return source

    # --- what comes of a page --------------------------------------------------------------------------------------

    def _keep(self, page: SitePage) -> None:
        """It says what it said: no reading, no embedding."""
        fresh = {"state": Source.State.READY, "problem_code": "", "problem_parameters": {}}
        if page == self.root:
            fresh = {}
        Source.objects.filter(pk=page.source_id, chunk_count__gt=0).update(last_refreshed_at=timezone.now(), **fresh)
        self.record.count("same")
        self.record.done(page, Outcome.READ)

    def _drop(self, page: SitePage, outcome: str) -> None:
        """It is no page of the site any more. One that an owner brought back after that stays."""
        source = page.source
        if source is not None and source.deleted_at is None and page.outcome != outcome and page != self.root:
            with transaction.atomic():
                deletion.delete_source(self.actor, source)
            self.record.count("removed")
        self.record.done(page, outcome)

    def _refuse(self, page: SitePage, error: FetchRefused | PageRefused | Unreadable) -> None:
        if isinstance(error, FetchRefused) and error.reason == "gone" and page != self.root:
            self._drop(page, Outcome.GONE)
            return
        if page != self.root and page.source is not None and self.record.is_closed(page, error):
            self._drop(page, Outcome.CLOSED)
            return
        code, parameters = problems.problem_of(error)
        page.problem_code, page.problem_parameters = code, parameters
        unreadable = isinstance(error, Unreadable) or error.reason == "script"
        if page == self.root and not unreadable:
            raise error
        dropped = page.source is not None and page.source.deleted_at is not None
        if page != self.root and page.source is not None and not dropped:
            failed = {"state": Source.State.FAILED, "problem_code": code, "problem_parameters": parameters}
            Source.objects.filter(pk=page.source_id).update(updated_at=timezone.now(), **failed)
        self.record.count("refused")
        # What we took away ourselves is still to be told from what an owner deleted.
        self.record.done(page, page.outcome if dropped else Outcome.REFUSED)
        again = not unreadable and passes(error)
        if self.record.setbacks(self.crawl.setbacks + 1 if again else 0) >= MOST_SETBACKS:
            self._end(PageRefused("site_silent", host=addresses.host(page.url)))

    def _take_a_break(self, page: SitePage, error: TooBusy) -> None:
        self.record.setbacks(self.crawl.setbacks + 1)
        if error.wait <= LONGEST_BREAK and self.crawl.setbacks < MOST_SETBACKS:
            raise Again(after=error.wait)
        Source.objects.filter(pk=self.source.pk).update(wait_until=timezone.now() + timedelta(seconds=error.wait))
        if page == self.root:
            raise error
        self._end(error)


class _Ended(Exception):
    """The run is over before everything was read, and why is written down."""
