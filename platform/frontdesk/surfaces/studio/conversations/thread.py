"""What a thread shows, oldest first: messages, and between them what teammates noted and did."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import md5
from typing import Any, Literal

from django.db.models import Prefetch

from frontdesk.conversations import activities, queries
from frontdesk.conversations.models import Activity, Attachment, Conversation, Message, Note

from ..channels.ledger import ledger

PER_PAGE = 40
MOST_BESIDE = 200


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of a thread. `key` is its id on the page, `version` changes when it must be drawn anew, `sentence` is an event's."""

    kind: Literal["message", "note", "event"]
    key: str
    at: datetime
    version: str
    item: Any
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a thread. `first` is the id of its first message; `more`: there are older ones."""

    entries: Sequence[Entry]
    first: int
    more: bool

    @property
    def seen(self) -> str:
        """Equal as long as nothing in it changed."""
        said = "".join(f"{entry.key}{entry.version}" for entry in self.entries)
        return md5(said.encode(), usedforsecurity=False).hexdigest()


def end_of(conversation: Conversation, *, since: int = 0) -> Part:
    """The end of a thread: its last messages, or all from a message's id on if that is more than nothing."""
    rows = queries.messages(conversation).order_by("-id")
    if since:
        rows = rows.filter(pk__gte=since)
    return _part(conversation, rows, newest=None)


def before(conversation: Conversation, message_id: int) -> Part:
    """What comes before a message that is on the screen."""
    newest = conversation.messages.filter(pk=message_id).first()
    return _part(conversation, queries.messages(conversation).filter(pk__lt=message_id).order_by("-id"), newest=newest)


def one(conversation: Conversation, message_id: int) -> Part:
    """One message, wherever in the thread it stands."""
    rows = list(_full(queries.messages(conversation).filter(pk=message_id)))
    return Part([_message(row) for row in rows], message_id, more=False)


def _part(conversation: Conversation, rows: Any, *, newest: Message | None) -> Part:
    found = list(_full(rows[: PER_PAGE + 1]))
    shown, more = found[:PER_PAGE][::-1], len(found) > PER_PAGE
    since = shown[0].created_at if shown and more else None
    until = newest.created_at if newest else None
    entries = [*map(_message, shown), *_beside(conversation, since, until)]
    return Part(sorted(entries, key=lambda entry: (entry.at, entry.key)), shown[0].pk if shown else 0, more)


def _full(rows: Any) -> Any:
    files = Prefetch("attachments", Attachment.objects.order_by("id"))
    return rows.select_related("user", "reply_to").prefetch_related("deliveries", files)


def _beside(conversation: Conversation, since: datetime | None, until: datetime | None) -> Iterable[Entry]:
    """Notes and events of that time; since the beginning and until now where no limit is."""
    limits = {"created_at__gte": since} if since else {}
    limits |= {"created_at__lt": until} if until else {}
    for note in Note.objects.filter(conversation=conversation, **limits).select_related("user").order_by("-id")[:MOST_BESIDE]:
        yield Entry("note", f"note-{note.pk}", note.created_at, _stamp(note), note)
    for row in Activity.objects.filter(conversation=conversation, **limits).order_by("-id")[:MOST_BESIDE]:
        yield Entry("event", f"event-{row.pk}", row.created_at, "1", row, activities.sentence(row))


def _message(message: Message) -> Entry:
    message.ledger = ledger(message)  # type: ignore[attr-defined]
    parts = [*message.deliveries.all(), *message.attachments.all()]
    return Entry("message", f"message-{message.pk}", message.created_at, _stamp(message, *parts), message)


def _stamp(*rows: Any) -> str:
    """A few letters that change with any of these rows."""
    said = "".join(row.updated_at.isoformat() for row in rows)
    return md5(said.encode(), usedforsecurity=False).hexdigest()[:10]
