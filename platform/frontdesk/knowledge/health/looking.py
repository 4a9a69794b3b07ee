"""What can be told of sources by themselves: which failed, which are old, which nobody needed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db.models import Max, QuerySet

from ..lexical.terms import words
from ..models import Chunk, KnowledgeBase, Source
from ..sentences import sentences
from .findings import Found, Kind
from .values import plain
from .vocabulary import vocabulary

DAY, MONTH = timedelta(days=1), timedelta(days=30)
UNUSED_AFTER = timedelta(days=60)
# A link that was not read for so many intervals, and for a day at least.
INTERVALS = 4
UPLOADS = [Source.Kind.FILE, Source.Kind.EXCEL, Source.Kind.DATA_EXCEL]
_YEAR = re.compile(r"(?<![\d.,/-])20\d\d(?![\d.,]\d|\w)")
# Years further back are history.
RECENT = 6
EXAMPLES = 3
LONGEST_EXAMPLE = 300


def failing(base: KnowledgeBase) -> Iterator[Found]:
    """Sources that could not be learned, each with the reason that it has now."""
    for source in _sources(base).filter(state=Source.State.FAILED):
        yield failed(source)


def failed(source: Source) -> Found:
    return Found(Kind.FAILING, source.problem_code[:20], (source.pk, source.digest), source.pk)


def old(base: KnowledgeBase, now: datetime, old_after: int) -> Iterator[Found]:
    """Links that were not read for long, and files that are older than so many months (0: none is)."""
    ready = _sources(base).filter(state=Source.State.READY)
    late = now - max(INTERVALS * base.update_interval, DAY)
    for source in ready.filter(kind=Source.Kind.LINK, last_refreshed_at__lt=late):
        yield Found(Kind.STALE, "link", (source.pk, source.last_refreshed_at), source.pk, weight=1.0)
    if old_after:
        for source in ready.filter(kind__in=UPLOADS, last_refreshed_at__lt=now - old_after * MONTH):
            yield Found(Kind.STALE, "old_file", (source.pk, source.digest, source.revision), source.pk)


def past(base: KnowledgeBase, chunks: QuerySet[Chunk], now: datetime) -> Iterator[Found]:
    """Prices, hours and offers of a year that is over."""
    years = [str(year) for year in range(now.year - RECENT, now.year)]
    found: dict[int, list[tuple[int, str]]] = {}
    dated = chunks.filter(text__regex=f"({'|'.join(years)})").order_by("pk")
    for pk, source, text, language in dated.values_list("pk", "source_id", "text", "language").iterator(2_000):
        for sentence in sentences(text):
            if _is_over(sentence, language, now.year):
                found.setdefault(source, []).append((pk, sentence))
    for source, said in found.items():
        examples = [{"passage": pk, "text": text[:LONGEST_EXAMPLE]} for pk, text in said[:EXAMPLES]]
        about = (source, now.year, *(text for _pk, text in said))
        yield Found(Kind.STALE, "past", about, source, details={"number": len(said), "examples": examples}, weight=2.0)


def _is_over(sentence: str, language: str, this_year: int) -> bool:
    """A sentence on what changes every year, whose latest year is over but not long ago."""
    years = [int(year) for year in _YEAR.findall(plain(sentence))]
    return (
        bool(years)
        and this_year - RECENT <= max(years) < this_year
        and not vocabulary(language).timely.isdisjoint(words(sentence))
    )


def unused(base: KnowledgeBase, now: datetime) -> Iterator[Found]:
    """Sources learned long ago that no answer has used since; when none of the base was used, the base itself."""
    before = now - UNUSED_AFTER
    ready = _sources(base).filter(state=Source.State.READY, created_at__lt=before, excluded=False)
    newest = ready.aggregate(used=Max("last_used_at"), made=Max("created_at"))
    if newest["made"] is None:
        return
    if newest["used"] is None or newest["used"] < before:
        if not _sources(base).filter(last_used_at__gte=before).exists():
            yield Found(Kind.UNUSED, "base", (base.pk, newest["used"]), details={"number": ready.count()})
        return
    for source in ready.filter(last_used_at=None) | ready.filter(last_used_at__lt=before):
        yield Found(Kind.UNUSED, "source", (source.pk, source.last_used_at), source.pk)


def _sources(base: KnowledgeBase) -> QuerySet[Source]:
    kept = Source.objects.filter(base=base, deleted_at=None)
    return kept.only("pk", "revision", "problem_code", "digest", "last_refreshed_at", "last_used_at", "state")
