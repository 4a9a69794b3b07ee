"""The vendor's side: what the double has to tell is posted through the same intake as any request from outside, or lies there
until the channel asks, for a vendor that does not write to us.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any, Literal

from django.db import transaction
from django.utils import timezone

from frontdesk.core.errors import FrontdeskError
from frontdesk.core.jobs import Again, Work, enqueue, job
from frontdesk.core.scoping import scope
from frontdesk.sdk.values import WebRequest

from .. import polling
from ..errors import ChannelResting
from ..intake import take_in
from ..kinds import Connected, connected
from ..models import Channel
from .memory import Remembered, from_json
from .playing import double_of, guarded, on_stage

# Vendors go on for hours or days; nobody rehearses that long.
GIVE_UP = timedelta(hours=1)
LONGEST_WAIT = 30.0
ASKED_SECONDS = 0.5


@job("channels.rehearse", lease=30)
def post(work: Work, *, channel_id: int, request: dict[str, Any], line: str, body: str = "") -> None:
    """`body` is the file of a request that is too large for a job."""
    channel = Channel.objects.select_related("workspace").filter(pk=channel_id, rehearsal=True).first()
    if channel is None or channel.webhook_token is None:
        return
    waited = timezone.now() - work.row.created_at
    kept = _whole(channel, from_json(request), body)
    try:
        served = connected(channel)
        if served.kind.polls:
            _keep(served, kept)
            return
        if waited > timedelta(seconds=LONGEST_WAIT):
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


def _whole(channel: Channel, request: WebRequest, body: str) -> WebRequest:
    with scope(workspace=channel.workspace):
        file = Remembered(channel).file(body) if body else None
    return replace(request, body=file.data) if file else request


def _keep(served: Connected, request: WebRequest) -> None:
    """It arrives there, whether the channel is on or off; one after the other, so that none is counted twice."""
    with on_stage(served) as double:
        Channel.objects.select_for_update(of=("self",)).get(pk=served.channel.pk)
        double.keep(request)
        enqueue("channels.rehearse_poll", workspace=served.channel.workspace, channel_id=served.channel.pk)


@job("channels.rehearse_poll", lease=30)
def poll(work: Work, *, channel_id: int) -> None:
    """Nobody who rehearses waits until the channel would ask by itself."""
    channel = Channel.objects.filter(pk=channel_id, rehearsal=True, enabled=True).first()
    if channel is not None:
        ask(channel)


def ask(channel: Channel) -> None:
    """What lies there is fetched now. Raises Again while somebody asks already, who may have missed what came last."""
    if channel.poll_lease is not None and channel.poll_lease > timezone.now():
        raise Again(ASKED_SECONDS)
    Channel.objects.filter(pk=channel.pk).update(poll_at=None)
    polling.poll(channel.pk)


def _mark(channel: Channel, line_id: str, state: Literal["delivered", "refused"], problem: str) -> None:
    """The ticks under what the customer wrote."""
    with scope(workspace=channel.workspace), transaction.atomic():
        memory = Remembered(channel)
        line = memory.line(line_id) if line_id else None
        if line is not None and line.state in ("sent", "refused"):
            memory.keep_line(replace(line, state=state, problem=problem))
