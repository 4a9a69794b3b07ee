"""Every read of knowledge that a surface needs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Case, Count, F, FloatField, Q, QuerySet, Sum, Value, When
from django.utils.translation import gettext as _

from frontdesk.core.models import Job
from frontdesk.core.prepared import prepared

from .errors import BaseNotFound, NameInSeveralBases, PassageNotFound, SourceNotFound
from .models import BIN, KEPT, Chunk, KnowledgeBase, Source
from .originals import plain_file_name

FILES = [
    *(Source.Kind.FILE, Source.Kind.TEXT, Source.Kind.MESSAGE, Source.Kind.EXTERNAL, Source.Kind.ARTICLE, Source.Kind.ANSWER),
]
EXCELS = [Source.Kind.EXCEL, Source.Kind.DATA_EXCEL]


def bases() -> QuerySet[KnowledgeBase]:
    """The workspace's bases with `files_count`, `links_count`, `excels_count` and `data_excels_count`, in one query."""
    kept = Q(sources__deleted_at=None)
    return (
        KnowledgeBase.objects.filter(deleted_at=None)
        .annotate(
            files_count=Count("sources", filter=kept & Q(sources__kind__in=FILES)),
            links_count=Count("sources", filter=kept & Q(sources__kind=Source.Kind.LINK, sources__site=None)),
            excels_count=Count("sources", filter=kept & Q(sources__kind=Source.Kind.EXCEL)),
            data_excels_count=Count("sources", filter=kept & Q(sources__kind=Source.Kind.DATA_EXCEL)),
        )
        .order_by("-updated_at", "-id")
    )


def base(key: int | UUID | str) -> KnowledgeBase:
    """One base by its id or uuid, with its counts. Raises BaseNotFound."""
    found = bases().filter(**_key(key)).first()
    if found is None:
        raise BaseNotFound
    return found


def bases_of(uuids: Sequence[UUID], *, agent_id: int | None = None) -> list[KnowledgeBase]:
    """The bases that an agent names, in its order, and its own one last; without those that were deleted."""
    if not uuids and agent_id is None:
        return []
    order = {uuid: place for place, uuid in enumerate(uuids)}
    return sorted(_of(list(uuids), agent_id), key=lambda base: order.get(base.uuid, len(order)))


@prepared
def _of(uuids: Any, agent_id: Any) -> QuerySet[KnowledgeBase]:
    rows = KnowledgeBase.objects.select_related("workspace")
    return rows.filter(Q(uuid__any=uuids) | Q(agent=agent_id), deleted_at=None)


def main_language(bases: Sequence[KnowledgeBase]) -> str:
    """The language that most passages of some bases are in; "" when none is known."""
    known = Source.objects.filter(base__in=list(bases), deleted_at=None).exclude(language="")
    counted = known.values("language").annotate(passages=Sum("chunk_count")).order_by("-passages", "language")
    return counted.values_list("language", flat=True).first() or ""


def sources(of: KnowledgeBase, *, kinds: Sequence[str] = (), state: str = "", words: str = "") -> QuerySet[Source]:
    """The sources of a base, newest first, with their jobs, without the pages of sites (`crawling.queries`); page it as you
    like.
    """
    found = Source.objects.filter(base=of, site=None, deleted_at=None).select_related("job").defer("body").order_by("-id")
    if kinds:
        found = found.filter(kind__in=list(kinds))
    if state:
        found = found.filter(state=state)
    if words:
        found = found.filter(Q(name__icontains=words) | Q(url__icontains=words) | Q(title__icontains=words))
    return found


def sources_of(bases: Sequence[KnowledgeBase], *, kinds: Sequence[str]) -> QuerySet[Source]:
    """The sources of several bases, newest first, with their bases."""
    rows = Source.objects.filter(base__in=[row.pk for row in bases], kind__in=list(kinds), site=None, deleted_at=None)
    return rows.select_related("base", "job", "workspace").defer("body").order_by("-id")


def file_named(name: str, *, base: KnowledgeBase | None = None) -> Source:
    """The uploaded file of this name, in this base or in the only one that has it; the newest of several in a base.

    Raises SourceNotFound, or NameInSeveralBases.
    """
    rows = Source.objects.filter(name=plain_file_name(name), deleted_at=None, base__deleted_at=None).exclude(file="")
    rows = rows.filter(base=base) if base is not None else rows
    found = list(rows.order_by("base", "-id").distinct("base").select_related("base", "job", "workspace")[:2])
    if not found:
        raise SourceNotFound
    if len(found) > 1:
        raise NameInSeveralBases
    return found[0]


def source(key: int | UUID | str, *, kinds: Sequence[str] = ()) -> Source:
    """One source by its id or uuid. Raises SourceNotFound."""
    found = Source.objects.filter(deleted_at=None, base__deleted_at=None, **_key(key)).select_related("job", "base", "workspace")
    row = (found.filter(kind__in=list(kinds)) if kinds else found).first()
    if row is None:
        raise SourceNotFound
    return row


def states(of: Sequence[KnowledgeBase]) -> dict[int, dict[str, int]]:
    """How many sources of these bases are in which state: `{base id: {"ready": 12, "failed": 1}}`."""
    found: dict[int, dict[str, int]] = {row.pk: {} for row in of}
    rows = Source.objects.filter(base__in=found, site=None, deleted_at=None).order_by()
    for base_id, state, number in rows.values_list("base", "state").annotate(number=Count("id")):
        found[base_id][state] = number
    return found


class Tallied(NamedTuple):
    state: str
    kind: str
    excluded: bool
    number: int


def tally(of: KnowledgeBase) -> list[Tallied]:
    """How many sources of a base are of which state and kind. One query."""
    rows = Source.objects.filter(base=of, site=None, deleted_at=None).order_by().values_list("state", "kind", "excluded")
    return [Tallied(*row) for row in rows.annotate(number=Count("id"))]


def bases_in_short() -> QuerySet[KnowledgeBase]:
    """Every base by its name, to choose one of."""
    return KnowledgeBase.objects.filter(deleted_at=None).only("uuid", "name", "workspace").order_by("name", "id")[:200]


@dataclass(frozen=True, slots=True)
class Batch:
    """The sources that are learned together since the base began to learn last. `percent` counts begun ones in part."""

    total: int
    done: int
    failed: int
    percent: int

    @property
    def left(self) -> int:
        return self.total - self.done

    @property
    def quarter(self) -> int:
        return self.percent // 25


def batch(of: KnowledgeBase) -> Batch | None:
    """How far a base is with what it learns; None when nothing is being learned. One query."""
    unfinished = Q(state__in=[Source.State.WAITING, Source.State.LEARNING])
    begun = Q(job__created_at__gte=of.batch_from) if of.batch_from else Q()
    part = Case(When(unfinished & Q(job__total__gt=0), then=1.0 * F("job__done") / F("job__total")), default=0.0)
    sums = Source.objects.filter(unfinished | begun, base=of, site=None, deleted_at=None).aggregate(
        total=Count("id"),
        left=Count("id", filter=unfinished),
        failed=Count("id", filter=Q(state=Source.State.FAILED)),
        part=Sum(part, output_field=FloatField()),
    )
    if not sums["left"]:
        return None
    done = sums["total"] - sums["left"]
    return Batch(sums["total"], done, sums["failed"], int(100 * min(0.99, (done + sums["part"]) / sums["total"])))


@dataclass(frozen=True, slots=True)
class Deleted:
    """A base or a source that can be brought back. `base_name` is that of a source's base."""

    is_base: bool
    uuid: UUID
    name: str
    base_name: str
    passages: int
    deleted_at: datetime
    deleted_by: str

    @property
    def until(self) -> datetime:
        return self.deleted_at + KEPT


def deleted() -> QuerySet[Any]:
    """Bases, and sources of bases that are not deleted, as `Deleted` takes them: the last deleted first."""
    bases = KnowledgeBase.objects.filter(BIN).values(
        "uuid", "name", "deleted_at", "deleted_by", is_base=Value(True), base_name=Value(""), passages=F("passage_total")
    )
    # Pages of a site come back with it.
    alone = Q(site=None) | Q(site__deleted_at=None)
    sources = Source.objects.filter(BIN, alone, base__deleted_at=None).values(
        "uuid", "name", "deleted_at", "deleted_by", is_base=Value(False), base_name=F("base__name"), passages=F("chunk_count")
    )
    return bases.union(sources, all=True).order_by("-deleted_at")


def twin(of: KnowledgeBase, digest: str) -> Source | None:
    """The file of a base that has the same content (SHA-256), if there is one."""
    return Source.objects.filter(base=of, digest=digest, deleted_at=None).exclude(file="").order_by("id").first()


def passages(of: Source, *, words: str = "", which: str = "") -> QuerySet[Chunk]:
    """A source as the AI sees it: its passages in reading order. `which` chooses those that are "edited" or "excluded"."""
    found = Chunk.objects.filter(source=of).order_by("position")
    if words:
        found = found.filter(text__icontains=words)
    if which == "edited":
        found = found.exclude(original="")
    return found.filter(excluded=True) if which == "excluded" else found


def in_hand(of: Source) -> dict[str, int]:
    """How many passages of a source an owner has changed (`edited`) or left out (`excluded`)."""
    rows = Chunk.objects.filter(source=of)
    return rows.aggregate(edited=Count("id", filter=~Q(original="")), excluded=Count("id", filter=Q(excluded=True)))


def passage(key: int | UUID | str) -> Chunk:
    """One passage by its id or uuid. Raises PassageNotFound."""
    found = (
        Chunk.objects.filter(source__deleted_at=None, base__deleted_at=None, **_key(key)).select_related("source", "base").first()
    )
    if found is None:
        raise PassageNotFound
    return found


def passages_by_id(ids: Sequence[int]) -> list[Chunk]:
    """Those of the passages that are still there, in the order of the ids."""
    rows = Chunk.objects.filter(pk__in=ids, source__deleted_at=None, base__deleted_at=None).select_related("source")
    found = {row.pk: row for row in rows}
    return [found[pk] for pk in ids if pk in found]


def neighbours(of: Chunk, *, reach: int = 1) -> QuerySet[Chunk]:
    """A passage with those before and after it, in reading order."""
    return Chunk.objects.filter(source=of.source_id, position__range=(of.position - reach, of.position + reach)).order_by(
        "position"
    )


@dataclass(frozen=True, slots=True)
class Progress:
    """How far learning is. `percent` is None while the whole is not known yet."""

    state: str
    sentence: str
    percent: int | None
    done: int
    total: int


def progress(of: Source) -> Progress:
    """What the bar and the line under it say."""
    row = of.job
    if of.state not in {Source.State.WAITING, Source.State.LEARNING}:
        return Progress(of.state, of.problem or str(of.get_state_display()), None, 0, 0)
    if row is None:
        return Progress(of.state, _("Paused"), None, 0, 0)
    percent = min(100, 100 * row.done // row.total) if row.total else None
    return Progress(of.state, _sentence(row), percent, row.done, row.total)


def _sentence(row: Job) -> str:
    numbers = {"done": row.done, "total": row.total}
    if row.note == "site":
        return _("Reading the site: %(done)s of %(total)s pages") % numbers
    if row.state == Job.State.CANCELLED:
        return _("Paused")
    if row.state == Job.State.QUEUED:
        return _("Waiting for its turn")
    if row.note == "reading" and row.total:
        return _("Reading page %(done)s of %(total)s") % numbers
    if row.note == "fetching":
        return _("Fetching the page")
    if row.note == "learning":
        return _("Learning passage %(done)s of %(total)s") % numbers
    return _("Saving") if row.note == "saving" else _("Reading")


def _key(key: int | UUID | str) -> dict[str, Any]:
    """Ids are numbers, everything else must be a uuid; what is neither finds nothing."""
    if isinstance(key, int) or (isinstance(key, str) and key.isascii() and key.isdigit()):
        number = int(key)
        return {"pk": number} if number < 2**63 else {"pk": -1}
    try:
        return {"uuid": UUID(str(key))}
    except ValueError:
        return {"pk": -1}
