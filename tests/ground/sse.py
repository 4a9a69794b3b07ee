"""Reading server-sent events as a browser does (HTML standard, section 9.2)."""

from __future__ import annotations

import json
from collections.abc import AsyncIterable, AsyncIterator, Iterable
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Event:
    name: str
    data: dict[str, Any]
    id: str = ""


@dataclass
class Reader:
    """`comments` counts the lines that a browser ignores."""

    comments: int = 0
    _fields: dict[str, str] = field(default_factory=dict)

    def feed(self, line: str) -> Event | None:
        """A line without its end; gives the event that it completes."""
        if line.startswith(":"):
            self.comments += 1
        elif line:
            name, _, value = line.partition(":")
            self._fields[name] = value.removeprefix(" ")
        elif "data" in self._fields:
            fields, self._fields = self._fields, {}
            return Event(fields.get("event", "message"), json.loads(fields["data"]), fields.get("id", ""))
        return None


def events(body: bytes) -> list[Event]:
    """All events of a body that is complete."""
    return [event for event in map(Reader().feed, body.decode().split("\n")) if event]


async def live_events(lines: AsyncIterable[str]) -> AsyncIterator[Event]:
    """Events as they come."""
    reader = Reader()
    async for line in lines:
        if event := reader.feed(line):
            yield event


def text_of(events: Iterable[Event]) -> str:
    return "".join(event.data["text"] for event in events if event.name == "token")
