"""The same change for many conversations; one that cannot be changed does not hold up the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from frontdesk.core.errors import FrontdeskError
from frontdesk.workspaces.permissions import Actor, require

from .actions import set_status
from .errors import ConversationNotFound
from .models import Conversation


@dataclass(frozen=True, slots=True)
class Changed:
    """What became of one of them. `conversation` is None where there is no such one; `problem` is empty where all went well."""

    uuid: UUID
    conversation: Conversation | None
    problem: FrontdeskError | None = None


def set_statuses(actor: Actor, uuids: Sequence[UUID], status: str) -> list[Changed]:
    """Say who answers these from now on, each in a transaction of its own. In the order given, each once."""
    require(actor, "answer")
    wanted = list(dict.fromkeys(uuids))
    found = {row.uuid: row for row in Conversation.objects.select_related("workspace").filter(uuid__in=wanted)}
    return [_set_one(actor, uuid, found.get(uuid), status) for uuid in wanted]


def _set_one(actor: Actor, uuid: UUID, conversation: Conversation | None, status: str) -> Changed:
    if conversation is None:
        return Changed(uuid, None, ConversationNotFound())
    try:
        return Changed(uuid, set_status(actor, conversation, status))
    except FrontdeskError as error:
        return Changed(uuid, conversation, error)
