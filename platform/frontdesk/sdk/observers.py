"""What observers are told. They are called after the fact, in order for one run, and cannot change anything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID


@dataclass(frozen=True, slots=True)
class RunEvent:
    """A durable event of a run: `type` and `data` as in the event reference; `seq` has no gaps within a run."""

    run: UUID
    seq: int
    type: str
    data: Mapping[str, Any]
    test: bool = False


@dataclass(frozen=True, slots=True)
class MessageReceived:
    """A customer wrote. `channel` is the slug of the place ("widget", "api")."""

    conversation: UUID
    message: UUID
    channel: str
    text: str
    test: bool = False


@dataclass(frozen=True, slots=True)
class ConversationChanged:
    """A conversation began, somebody else answers it now, it was closed, or a customer has waited for a person for too long.

    `status` is "active" (the AI answers), "support_active" (a person does) or "closed"; `reason` is a sentence, perhaps empty.
    """

    conversation: UUID
    what: Literal["opened", "status", "closed", "reopened", "waiting"]
    status: str
    reason: str = ""
    test: bool = False
