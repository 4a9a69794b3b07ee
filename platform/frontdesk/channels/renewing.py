"""Access that ends unless it is renewed in time: asked for every week, long before."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta

from asgiref.sync import async_to_sync
from django.db import transaction

from frontdesk.core.jobs import Work, job
from frontdesk.core.periodic import due
from frontdesk.core.scoping import scope, unscoped
from frontdesk.plugins import calling
from frontdesk.plugins.errors import PluginFailed, PluginResting
from frontdesk.plugins.host import host
from frontdesk.sdk.errors import PluginError

from .errors import ChannelResting
from .kinds import connected
from .models import Channel

logger = logging.getLogger(__name__)
SECONDS = 20.0
HOUR = 3


def on_sundays(now: datetime) -> datetime:
    """The last Sunday night at or before a moment."""
    sunday = (now - timedelta(days=(now.weekday() + 1) % 7)).replace(hour=HOUR, minute=0, second=0, microsecond=0)
    return sunday if sunday <= now else sunday - timedelta(days=7)


@job("channels.renew", lease=300)
def renew_all(work: Work) -> int:
    """Gives how many channels have new secrets. One that cannot be renewed keeps what it has, until next week."""
    kinds = [slug for slug, offer in host().offers("channels").items() if offer.item.renews]
    with unscoped():
        rows = Channel.objects.filter(kind__in=kinds, enabled=True, rehearsal=False).select_related("workspace").order_by("pk")
        found = list(rows)
    renewed = 0
    for channel in found:
        with scope(workspace=channel.workspace):
            renewed += renew(channel)
        work.checkpoint()
    return renewed


def renew(channel: Channel) -> bool:
    """Ask the vendor; in the workspace's scope. False when nothing is new."""
    try:
        fresh = _asked(channel)
    except (ChannelResting, PluginResting, PluginFailed, PluginError) as error:
        logger.warning("the access of channel %s could not be renewed: %s", channel.pk, error)
        return False
    known = {name: value for name, value in fresh.items() if name in channel.secrets and value}
    return bool(known) and _keep(channel, known)


def _asked(channel: Channel) -> Mapping[str, str]:
    served = connected(channel)
    found: Mapping[str, str] = async_to_sync(calling.call)(
        served.plugin,
        f"{served.part}, renewal",
        served.kind.renew,
        served.context(),
        seconds=SECONDS,
        workspace=channel.workspace.uuid,
        answers=Mapping,
    )
    return found


@transaction.atomic
def _keep(channel: Channel, fresh: Mapping[str, str]) -> bool:
    """Unless the owner has put in something else meanwhile."""
    row = Channel.objects.select_for_update(of=("self",)).get(pk=channel.pk)
    if row.secrets != channel.secrets:
        return False
    row.secrets = {**row.secrets, **fresh}
    row.save(update_fields=["secrets", "updated_at"])
    return True


due("channels.renew", on_sundays)
