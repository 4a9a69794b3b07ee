"""Reading channels."""

from __future__ import annotations

import re
from uuid import UUID

from django.db.models import QuerySet

from frontdesk.core.scoping import unscoped

from .errors import ArrivalNotFound, ChannelNotFound, OriginRefused, UnknownKey
from .models import Arrival, Channel, Delivery

KEY = re.compile(r"pk_[A-Za-z0-9_-]{1,57}")


def channels() -> QuerySet[Channel]:
    """The workspace's channels."""
    return Channel.objects.select_related("agent").order_by("id")


def channel_by_uuid(uuid: UUID | str) -> Channel:
    try:
        value = uuid if isinstance(uuid, UUID) else UUID(str(uuid))
    except ValueError:
        raise ChannelNotFound() from None
    found = channels().filter(uuid=value).first()
    if found is None:
        raise ChannelNotFound()
    return found


def dead_letters() -> QuerySet[Arrival]:
    """What came in and could not be read, the newest first."""
    return Arrival.objects.filter(state=Arrival.State.DEAD).select_related("channel").order_by("-id")


def dead_letter(uuid: UUID) -> Arrival:
    """Raises ArrivalNotFound."""
    found = dead_letters().filter(uuid=uuid).first()
    if found is None:
        raise ArrivalNotFound()
    return found


def troubled_deliveries() -> QuerySet[Delivery]:
    """What was not delivered, or perhaps was, the newest first."""
    rows = Delivery.objects.filter(state__in=Delivery.TROUBLED)
    return rows.select_related("channel", "conversation__contact", "message").order_by("-id")


def troubles() -> int:
    """How much waits for a person to decide."""
    return Delivery.objects.filter(state__in=Delivery.TROUBLED).count() + dead_letters().count()


def open_widget(public_key: str, origin: str, *, own_origin: str) -> Channel:
    """The widget that a page's key opens. Raises UnknownKey, or OriginRefused when the page is not on its list.

    Frontdesk's own pages (the preview, the public page), which are at `own_origin`, are always allowed.
    """
    with unscoped():
        rows = Channel.objects.select_related("agent", "workspace").filter(public_key=public_key, enabled=True)
        channel = rows.first() if KEY.fullmatch(public_key) else None
    if channel is None or channel.agent.deleted_at or channel.agent.archived_at or not channel.agent.live:
        raise UnknownKey()
    if not origin_allowed(channel, origin, own_origin):
        raise OriginRefused()
    return channel


def origin_allowed(channel: Channel, origin: str, own_origin: str) -> bool:
    """Whether a page at that origin may show this widget."""
    origin = origin.rstrip("/").lower()
    return bool(origin) and ("*" in channel.origins or origin in channel.origins or origin == own_origin.lower())
