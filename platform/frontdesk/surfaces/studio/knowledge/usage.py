"""In which answers a source was used last."""

from __future__ import annotations

from frontdesk.conversations import queries as conversations
from frontdesk.conversations.models import Message
from frontdesk.knowledge.models import Source

SHOWN = 5


def used_in(source: Source) -> list[Message]:
    """The last answers that rest on a source, newest first, with their conversations and what was asked."""
    return list(conversations.answers_resting_on(source.pk)[:SHOWN])
