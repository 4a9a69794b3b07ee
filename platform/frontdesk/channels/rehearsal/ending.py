"""From a rehearsal to the real thing."""

from __future__ import annotations

from django.utils import timezone
from django.utils.translation import gettext as _

from ..models import Channel, Delivery, Thread
from .models import RehearsedCustomer, RehearsedFile, RehearsedLine, RehearsedValue


def end(channel: Channel) -> None:
    """Forget the made-up customers and where they were written to. Their conversations stay, marked as tests."""
    on_the_way = Delivery.objects.filter(channel=channel, state__in=Delivery.OPEN)
    over = _("The rehearsal ended before this was sent.")
    on_the_way.update(state=Delivery.State.FAILED, problem=over, lease_until=None, updated_at=timezone.now())
    for rows in (Thread, RehearsedLine, RehearsedCustomer, RehearsedFile, RehearsedValue):
        rows.objects.filter(channel=channel).delete()
