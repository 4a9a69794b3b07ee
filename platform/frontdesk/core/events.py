"""What happened, told to whoever is looking: the Studio's sockets of a workspace. Best effort; the database is the truth."""

from __future__ import annotations

import asyncio
import logging
import os
import threading
from concurrent.futures import Future
from functools import lru_cache, partial
from typing import Any
from uuid import UUID

from channels.layers import get_channel_layer
from django.db import transaction

logger = logging.getLogger(__name__)


def studio_group(workspace_uuid: UUID) -> str:
    """Name of the channel-layer group that a workspace's Studio pages listen to."""
    return f"studio.{workspace_uuid.hex}"


def conversation_group(conversation_uuid: UUID) -> str:
    """Name of the group that the sockets of one conversation's customer listen to."""
    return f"conversation.{conversation_uuid.hex}"


def desk_group(conversation_uuid: UUID) -> str:
    """Name of the group of the teammates who look at one conversation."""
    return f"desk.{conversation_uuid.hex}"


def tell_conversation(conversation_uuid: UUID, kind: str, **data: Any) -> None:
    """Tell a conversation's open sockets after commit: `{"type": "conversation.event", "kind": …, "data": …}`."""
    message = {"type": "conversation.event", "kind": kind, "data": data}
    transaction.on_commit(lambda: _send(conversation_group(conversation_uuid), message))


def tell(group: str, message: dict[str, Any]) -> None:
    """Tell whoever has joined a group, after commit."""
    transaction.on_commit(lambda: _send(group, message))


def emit(workspace_uuid: UUID, kind: str, **data: Any) -> None:
    """Tell the workspace's open pages after commit: `{"type": "studio.event", "kind": …, "data": …}`."""
    transaction.on_commit(lambda: _send(studio_group(workspace_uuid), {"type": "studio.event", "kind": kind, "data": data}))


def _send(group: str, message: dict[str, Any]) -> None:
    layer = get_channel_layer()
    if layer is None:
        return
    sending = asyncio.run_coroutine_threadsafe(layer.group_send(group, message), _loop(os.getpid()))
    sending.add_done_callback(partial(_note_failure, group))


def _note_failure(group: str, sending: Future[None]) -> None:
    if problem := sending.exception():
        logger.warning("an event could not be sent to %s: %s", group, problem)


@lru_cache(maxsize=1)
def _loop(pid: int) -> asyncio.AbstractEventLoop:
    """The event loop that events are sent on, in a thread of its own: nobody waits for it, and its connection is kept. One a
    process, for a forked one has no threads of its parent."""
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, daemon=True, name="events").start()
    return loop
