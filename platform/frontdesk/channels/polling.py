"""Channels whose vendors do not write to us: asked again and again, by one process at a time.

What came and where to go on are kept in one transaction, so nothing is missed and nothing is taken twice.
"""

from __future__ import annotations

import logging
import random
from datetime import timedelta

from asgiref.sync import async_to_sync
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from frontdesk.core.events import emit
from frontdesk.core.jobs import enqueue
from frontdesk.core.scoping import unscoped
from frontdesk.plugins import calling
from frontdesk.plugins.errors import PluginFailed, PluginResting
from frontdesk.plugins.host import host
from frontdesk.sdk.errors import DeliveryFailed, PluginError
from frontdesk.sdk.values import Polled, WebRequest

from .errors import ChannelResting
from .intake import SECONDS, envelope_of, fitting, keep, note_heard
from .kinds import Connected, connected
from .models import Arrival, Channel

logger = logging.getLogger(__name__)
POLL_SECONDS = 60.0
# Longer than a poll can take: when it is over, whoever asked is gone.
LEASE = timedelta(seconds=90)
RESTING_SECONDS = 60.0
LONGEST_WAIT = 3600.0
MOST_BYTES = 32 * 2**20
# After so many at once there is perhaps more.
MANY = 50


def ring_for_due() -> int:
    """Have workers ask the channels that are due; gives how many."""
    kinds = [slug for slug, offer in host().offers("channels").items() if offer.item.polls > 0]
    if not kinds:
        return 0
    with unscoped():
        rows = list(_due().filter(kind__in=kinds).select_related("workspace")[:200])
    for row in rows:
        enqueue("channels.poll", workspace=row.workspace, key=str(row.pk), channel_id=row.pk)
    return len(rows)


def _due() -> QuerySet[Channel]:
    now = timezone.now()
    free = Q(poll_lease=None) | Q(poll_lease__lt=now)
    return Channel.objects.filter(free, Q(poll_at=None) | Q(poll_at__lte=now), enabled=True)


def poll(channel_id: int) -> None:
    """Ask a channel once, if it is due and nobody does. What went wrong is noted, and it is asked again later."""
    lease = timezone.now() + LEASE
    if not _due().filter(pk=channel_id).update(poll_lease=lease):
        return
    channel = Channel.objects.select_related("workspace").get(pk=channel_id)
    with translation.override(channel.workspace.language):
        try:
            served = connected(channel)
            polled = _ask(served)
            _keep_all(served, polled)
        except (ChannelResting, PluginResting):
            _later(channel, RESTING_SECONDS)
        except DeliveryFailed as error:
            _failed(channel, str(error), error.retry_after or 0.0)
        except (PluginError, PluginFailed) as error:
            _failed(channel, str(error))
        except Exception as error:
            logger.exception("channel %s cannot be asked", channel.pk)
            _failed(channel, f"{type(error).__name__}: {error}")


def _ask(served: Connected) -> Polled:
    answer: Polled = async_to_sync(calling.call)(
        served.plugin,
        f"{served.part}, poll",
        served.kind.poll,
        served.channel.poll_state,
        served.context(),
        seconds=POLL_SECONDS,
        workspace=served.channel.workspace.uuid,
        answers=Polled,
    )
    return answer


def _keep_all(served: Connected, polled: Polled) -> None:
    channel = served.channel
    envelopes = calling.call_now(
        served.plugin,
        served.part,
        lambda: [envelope_of(served, request) for request in polled.requests],
        seconds=SECONDS,
        workspace=channel.workspace.uuid,
        answers=list,
    )
    with transaction.atomic():
        row = Channel.objects.select_for_update(of=("self",)).get(pk=channel.pk)
        if (row.poll_state, row.poll_lease) != (channel.poll_state, channel.poll_lease):
            return  # we were thought gone, and somebody else went on
        for request, envelope in zip(polled.requests, envelopes, strict=True):
            if len(request.body) <= MOST_BYTES:
                keep(served, request, envelope)
            else:
                _bury(channel, request, envelope.id)
        row.poll_state, row.poll_failures = polled.state, 0
        more = len(polled.requests) >= MANY
        _later(row, 0.0 if more else served.kind.polls)
    note_heard(channel)


def _bury(channel: Channel, request: WebRequest, external_id: str) -> None:
    """Too large to be kept, but not forgotten."""
    problem = _("A message of %(size)s MiB came, and it was too large to be taken.") % {"size": len(request.body) // 2**20}
    Arrival.objects.get_or_create(
        channel=channel,
        external_id=fitting(external_id),
        defaults={"workspace": channel.workspace, "state": Arrival.State.DEAD, "problem": problem, "method": "", "body": b""},
    )


def _failed(channel: Channel, problem: str, retry_after: float = 0.0) -> None:
    channel.poll_failures = min(channel.poll_failures + 1, 1000)
    wait = min(LONGEST_WAIT, 10.0 * 2.0 ** min(channel.poll_failures, 10)) * random.uniform(0.7, 1.0)  # noqa: S311
    _later(channel, max(retry_after, wait), problem)


def _later(channel: Channel, seconds: float, problem: str = "") -> None:
    """Leave the channel alone for so long, unless somebody else has it by now."""
    mine = Channel.objects.filter(pk=channel.pk, poll_lease=channel.poll_lease)
    changed = mine.update(
        poll_state=channel.poll_state,
        poll_failures=channel.poll_failures,
        poll_problem=problem[:500],
        poll_at=timezone.now() + timedelta(seconds=seconds),
        poll_lease=None,
    )
    if changed and problem[:500] != channel.poll_problem:
        emit(channel.workspace.uuid, "channel.changed", channel=str(channel.uuid))
