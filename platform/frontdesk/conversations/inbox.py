"""A page of the inbox: every row with all that is shown of it, in the same number of queries however many there are."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import orjson
from django.db.models import Count, Prefetch, Q, QuerySet
from django.utils import dateparse, timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from frontdesk.core.errors import Malformed
from frontdesk.workspaces.models import User
from frontdesk.workspaces.permissions import Actor, require

from . import searching
from .errors import ConversationNotFound
from .filtering import Filters, filtered, joined, troubled
from .models import Contact, Conversation, Message, Seen, Tag

Order = Literal["newest", "waiting", "priority"]
# Field and whether it goes down, for each order. The id makes it one order only.
ORDERS: dict[Order, list[tuple[str, bool]]] = {
    "newest": [("last_message_at", True), ("id", True)],
    "waiting": [("waiting_since", False), ("id", False)],
    "priority": [("priority", True), ("last_message_at", True), ("id", True)],
}
RELATED = ("contact", "agent", "channel", "assignee", "workspace")
HEAVY = ("agent__content", "channel__settings", "channel__secrets")


@dataclass(frozen=True, slots=True)
class InboxRow:
    """`unread` is how many messages of the customer the one who looks has not read. `snippet` is safe HTML, for a search."""

    conversation: Conversation
    tags: Sequence[Tag]
    unread: int
    trouble: bool
    snippet: SafeString

    @property
    def contact(self) -> Contact:
        return self.conversation.contact

    @property
    def assignee(self) -> User | None:
        return self.conversation.assignee

    @property
    def waiting_since(self) -> datetime | None:
        return self.conversation.waiting_since

    @property
    def snoozed(self) -> bool:
        return self.conversation.snoozed_until is not None


@dataclass(frozen=True, slots=True)
class InboxPage:
    """`next` is what to ask for as `after` to go on; empty at the end."""

    rows: Sequence[InboxRow]
    next: str


def page(actor: Actor, filters: Filters, *, after: str = "", size: int = 30, order: Order = "newest") -> InboxPage:
    """Conversations in which something was said. With words in the filter the best matches come first, whatever the order.

    Raises Malformed for an `after` that no page gave.
    """
    require(actor, "view")
    rows = filtered(filters, actor).filter(last_message_at__isnull=False)
    if filters.words:
        return _search_page(actor, filters, rows, after, size)
    if order == "waiting":
        rows = rows.filter(waiting_since__isnull=False)
    fields = ORDERS[order]
    if after:
        rows = rows.filter(_beyond(fields, _read_place(after, fields)))
    found = list(_whole(rows.order_by(*(f"-{name}" if down else name for name, down in fields)))[: size + 1])
    place = [getattr(found[size - 1], name) for name, _down in fields] if len(found) > size else None
    return InboxPage(_rows(actor, found[:size], {}), _write_place(place) if place else "")


def row(actor: Actor, uuid: UUID) -> InboxRow:
    """One row, as it is now. Raises ConversationNotFound."""
    require(actor, "view")
    rows = Conversation.objects.filter(uuid=uuid, contact__deleted_at=None)
    found = list(_whole(rows))
    if not found:
        raise ConversationNotFound()
    return _rows(actor, found, {})[0]


def rows(actor: Actor, filters: Filters, uuids: Sequence[UUID]) -> Sequence[InboxRow]:
    """Those of some conversations that a filter lets through, words apart, each as it is now; in no order."""
    require(actor, "view")
    found = _whole(filtered(filters, actor).filter(uuid__in=uuids, last_message_at__isnull=False))
    return _rows(actor, list(found), {})


def _search_page(actor: Actor, filters: Filters, rows: QuerySet[Conversation], after: str, size: int) -> InboxPage:
    start = _read_place(after, [("id", True)])["id"] if after else 0
    hits = searching.search(filters.words, rows)
    shown = hits[start : start + size]
    by_id = {each.pk: each for each in _whole(Conversation.objects.filter(pk__in=[hit.conversation_id for hit in shown]))}
    found = [by_id[hit.conversation_id] for hit in shown if hit.conversation_id in by_id]
    following = _write_place([start + size]) if len(hits) > start + size else ""
    return InboxPage(_rows(actor, found, searching.snippets(shown, filters.words)), following)


def _whole(rows: QuerySet[Conversation]) -> QuerySet[Conversation]:
    tags = Prefetch("tags", queryset=Tag.objects.filter(deleted_at=None))
    return rows.select_related(*RELATED).defer(*HEAVY).prefetch_related(tags)


def _rows(actor: Actor, found: Sequence[Conversation], snippets: dict[int, SafeString]) -> list[InboxRow]:
    ids = [conversation.pk for conversation in found]
    unread = _unread(actor, found)
    bad = set(troubled().filter(conversation__in=ids).values_list("conversation", flat=True)) if ids else set()
    return [
        InboxRow(each, list(each.tags.all()), unread.get(each.pk, 0), each.pk in bad, snippets.get(each.pk, SafeString()))
        for each in found
    ]


def _unread(actor: Actor, found: Sequence[Conversation]) -> dict[int, int]:
    """Conversation id → messages of the customer that came after what was read last."""
    if actor.user is None or not found:
        return {}
    seen = dict(Seen.objects.filter(conversation__in=found, user=actor.user).values_list("conversation", "up_to"))
    first = joined(actor).values_list("created_at", flat=True).first() or timezone.now()
    news = Q()
    for each in found:
        up_to = seen.get(each.pk, first)
        if each.last_inbound_at is not None and each.last_inbound_at > up_to:
            news |= Q(conversation=each.pk, created_at__gt=up_to)
    if not news:
        return {}
    rows = Message.objects.filter(news, author=Message.Author.CUSTOMER)
    return dict(rows.order_by().values_list("conversation").annotate(Count("pk")))


def _beyond(fields: Sequence[tuple[str, bool]], place: dict[str, Any]) -> Q:
    """What comes after a place in that order."""
    (name, down), *rest = fields
    further = Q(**{f"{name}__{'lt' if down else 'gt'}": place[name]})
    if not rest:
        return further
    return (further | (Q(**{name: place[name]}) & _beyond(rest, place))) & Q(
        **{f"{name}__{'lte' if down else 'gte'}": place[name]}
    )


def _write_place(values: Sequence[Any]) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(values)).decode().rstrip("=")


def _read_place(text: str, fields: Sequence[tuple[str, bool]]) -> dict[str, Any]:
    wrong = Malformed(_("This page is not there any more. Start from the first one."))
    try:
        values = orjson.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (ValueError, binascii.Error):
        raise wrong from None
    if not isinstance(values, list) or len(values) != len(fields):
        raise wrong
    return {name: _value(name, value, wrong) for (name, _down), value in zip(fields, values, strict=True)}


def _value(name: str, value: Any, wrong: Malformed) -> Any:
    if name.endswith(("_at", "_since")):
        try:
            moment = dateparse.parse_datetime(value) if isinstance(value, str) else None
        except ValueError:
            moment = None
        if moment is None or timezone.is_naive(moment):
            raise wrong
        return moment
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**63:
        raise wrong
    return value
