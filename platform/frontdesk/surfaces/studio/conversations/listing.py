"""The list of the inbox as its address asks for it: a filter, an order, a screenful after the other, and views as tabs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import md5
from typing import Any, get_args
from uuid import UUID

from django.http import QueryDict
from django.utils.translation import gettext as _

from frontdesk.conversations import inbox, views
from frontdesk.conversations.filtering import Filters
from frontdesk.conversations.inbox import InboxRow, Order
from frontdesk.workspaces.permissions import Actor

from ..templatetags.studio import stamp
from .places import Place, place

MOST_ASKED = 50
ORDERS: tuple[Order, ...] = get_args(Order)


@dataclass(frozen=True, slots=True)
class Asked:
    """Which list an address asks for."""

    filters: Filters
    order: Order = "newest"

    @classmethod
    def of(cls, query: QueryDict) -> Asked:
        order = query.get("order", "")
        return cls(Filters.from_query(query), order if order in ORDERS else "newest")  # type: ignore[arg-type]

    @property
    def query(self) -> str:
        """For the end of an address: only what is set."""
        written = _written(self.filters)
        if self.order != "newest":
            written["order"] = self.order
        return f"?{written.urlencode()}" if written else ""

    @property
    def ranked(self) -> bool:
        """Whether the best match comes first, which no row can tell of itself."""
        return bool(self.filters.words)


@dataclass(frozen=True, slots=True)
class Line:
    """A row and where it stands: `sort` as text, the greatest first but in the order "waiting"."""

    row: InboxRow
    place: Place
    sort: str


@dataclass(frozen=True, slots=True)
class Page:
    """A screenful. `after` is where the next one begins, empty at the end."""

    lines: Sequence[Line]
    after: str

    @property
    def seen(self) -> str:
        """Equal as long as nothing in it changed."""
        said = repr([(line.row.conversation.pk, line.row.conversation.updated_at, _marks(line.row)) for line in self.lines])
        return md5(said.encode(), usedforsecurity=False).hexdigest()


@dataclass(frozen=True, slots=True)
class Tab:
    """A filter by its name. `view` is the uuid of one that somebody saved."""

    name: str
    query: str
    count: int
    current: bool
    view: UUID | None = None


def page(actor: Actor, asked: Asked, after: str = "") -> Page:
    """Raises Malformed for an `after` that no page gave."""
    found = inbox.page(actor, asked.filters, after=after, order=asked.order)
    return Page([_line(row, asked.order) for row in found.rows], found.next)


def these(actor: Actor, asked: Asked, uuids: Sequence[str]) -> Page:
    """Those of some conversations that the list shows, words apart."""
    wanted = [UUID(text) for text in uuids[:MOST_ASKED] if _is_uuid(text)]
    return Page([_line(row, asked.order) for row in inbox.rows(actor, asked.filters, wanted)], "")


def usual_tabs(asked: Asked) -> list[Tab]:
    """Those that everybody has, not counted."""
    return [Tab(name, Asked(filters).query, 0, filters == asked.filters) for name, filters in _usual()]


def tabs(actor: Actor, asked: Asked) -> list[Tab]:
    """Those that everybody has, then the saved ones. Two queries."""
    wanted: list[tuple[str, Filters, UUID | None]] = [(name, filters, None) for name, filters in _usual()]
    wanted += [(row.name, views.filters_of(row), row.uuid) for row in views.views(actor)]
    counts = views.count_all(actor, [filters for _name, filters, _view in wanted])
    return [
        Tab(name, Asked(filters).query, count, filters == asked.filters, view)
        for (name, filters, view), count in zip(wanted, counts, strict=True)
    ]


def _usual() -> Iterator[tuple[str, Filters]]:
    yield _("All"), Filters()
    yield _("Unread"), Filters(unread=True)
    yield _("A person answers"), Filters(status="support_active")
    yield _("Mine"), Filters(assignee="me")
    yield _("The AI answers"), Filters(status="active")
    yield _("Put off"), Filters(snoozed="only")
    yield _("Closed"), Filters(status="closed")


def _written(filters: Filters) -> QueryDict:
    """A filter as `Filters.from_query` reads it."""
    query = QueryDict(mutable=True)
    for name, value in filters.as_json().items():
        if isinstance(value, list):
            query.setlist(name, value)
        else:
            query[name] = "true" if value is True else str(value)
    return query


def _line(row: InboxRow, order: Order) -> Line:
    last = stamp(row.conversation.last_message_at) if row.conversation.last_message_at else ""
    sort = {
        "newest": last,
        "waiting": stamp(row.waiting_since) if row.waiting_since else "",
        "priority": f"{row.conversation.priority}{last}",
    }
    return Line(row, place(row.conversation.channel_kind), sort[order])


def _marks(row: InboxRow) -> tuple[Any, ...]:
    return row.unread, row.trouble, row.snoozed, tuple(tag.pk for tag in row.tags)


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
