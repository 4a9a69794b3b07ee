"""Voice messages of customers on messengers, written down so that they can be answered and read."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from asgiref.sync import async_to_sync
from django.dispatch import receiver

from frontdesk.channels.signals import to_write_down
from frontdesk.core.errors import FrontdeskError
from frontdesk.workspaces.permissions import Actor

from .listening import transcribe

logger = logging.getLogger(__name__)
# The customer waits for an answer.
SECONDS = 60.0


@receiver(to_write_down, dispatch_uid="write voice messages down")
def write_down(sender: Any, actor: Actor, recording: bytes, **kwargs: Any) -> str | None:
    """None where no engine listens, or none could. What language it is in, the engine finds out."""
    try:
        return async_to_sync(_words)(actor, recording)
    except (FrontdeskError, TimeoutError) as error:
        logger.info("a voice message is not written down: %s", error)
        return None


async def _words(actor: Actor, recording: bytes) -> str:
    async with asyncio.timeout(SECONDS):
        return (await transcribe(actor, recording)).text
