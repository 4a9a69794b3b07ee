"""The vendor's side of a webhook: what the double has to tell is posted through the same intake as any request from outside."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any, Literal

from django.db import transaction
from django.utils import timezone

from frontdesk.core.errors import FrontdeskError
from frontdesk.core.jobs import Again, Work, job
from frontdesk.core.scoping import scope

from ..errors import ChannelResting
from ..intake import take_in
from ..kinds import connected
from ..models import Channel
from .memory import Remembered, from_json
from .playing import double_of, guarded

# Vendors go on for hours or days; nobody rehearses that long.
GIVE_UP = timedelta(hours=1)
LONGEST_WAIT = 30.0


@job("channels.rehearse", lease=30)
def post(work: Work, *, channel_id: int, request: dict[str, Any], line: str) -> None:
    channel = Channel.objects.select_related("workspace").filter(pk=channel_id, rehearsal=True).first()
    if channel is None or channel.webhook_token is None:
        return
    waited = timezone.now() - work.row.created_at
    kept = from_json(request)
    try:
        if waited > timedelta(seconds=LONGEST_WAIT):
            served = connected(channel)
            with guarded(served):
                kept = double_of(served).again(kept)
        take_in(channel.webhook_token, kept)
    except ChannelResting as error:
        if waited < GIVE_UP:
            raise Again(min(LONGEST_WAIT, 1 + waited.total_seconds())) from error
        _mark(channel, line, "refused", str(error.message))
    except FrontdeskError as error:
        _mark(channel, line, "refused", str(error.message))
    else:
        _mark(channel, line, "delivered", "")


def _mark(channel: Channel, line_id: str, state: Literal["delivered", "refused"], problem: str) -> None:
    """The ticks under what the customer wrote."""
    with scope(workspace=channel.workspace), transaction.atomic():
        memory = Remembered(channel)
        line = memory.line(line_id) if line_id else None
        if line is not None and line.state in ("sent", "refused"):
            memory.keep_line(replace(line, state=state, problem=problem))
