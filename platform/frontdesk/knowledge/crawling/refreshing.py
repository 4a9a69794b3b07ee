"""Which links are read again, and when."""

from __future__ import annotations

from django.db.models import F, Q, QuerySet
from django.utils import timezone

from frontdesk.core.http import FetchRefused

from ..models import Source
from .errors import PASSING, PageRefused


def due() -> QuerySet[Source]:
    """Links whose base says that it is time, or whose server named a time that has come: those that are ready, and those that
    could not be read for a reason that may pass. Pages that were found on a site are read with it.
    """
    now = timezone.now()
    refused = Q(state=Source.State.FAILED, problem_code__in=[FetchRefused.code, PageRefused.code])
    may_pass = refused & (Q(problem_parameters__reason__in=PASSING) | Q(chunk_count__gt=0))
    its_time = Q(tried_at=None) | Q(tried_at__lt=now - F("base__update_interval")) | Q(wait_until__lt=now)
    links = Source.objects.filter(kind=Source.Kind.LINK, site=None, deleted_at=None, base__deleted_at=None, base__paused=False)
    return links.filter(Q(state=Source.State.READY) | may_pass, its_time).exclude(wait_until__gt=now).order_by("tried_at")
