"""A thread as teammates see it: messages, notes and what was done, in the order in which it happened."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from . import activities
from .models import Activity, Conversation, Message, Note


@dataclass(frozen=True, slots=True)
class Entry:
    """`sentence` is what an activity says; empty for the others."""

    kind: Literal["message", "note", "activity"]
    item: Message | Note | Activity
    sentence: str = ""

    @property
    def at(self) -> datetime:
        return self.item.created_at


def entries(
    conversation: Conversation, *, before: datetime | None = None, after: datetime | None = None, limit: int = 200
) -> Sequence[Entry]:
    """The last `limit` of them, or the last before a moment, or the first after one; oldest first."""
    newest_first = after is None
    rows: list[Entry] = []
    messages = Message.objects.select_related("user").prefetch_related("attachments")
    notes = Note.objects.select_related("user").prefetch_related("mentions")
    kinds: Sequence[tuple[Literal["message", "note", "activity"], object]] = (
        ("message", messages),
        ("note", notes),
        ("activity", Activity.objects.select_related("user")),
    )
    for kind, found in kinds:
        found = found.filter(conversation=conversation)
        if before is not None:
            found = found.filter(created_at__lt=before)
        if after is not None:
            found = found.filter(created_at__gt=after)
        for item in found.order_by("-id" if newest_first else "id")[:limit]:
            rows.append(Entry(kind, item, activities.sentence(item) if isinstance(item, Activity) else ""))
    rows.sort(key=lambda entry: (entry.at, entry.item.pk))
    return rows[-limit:] if newest_first else rows[:limit]
