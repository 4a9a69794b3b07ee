"""Which kinds of events somebody in a workspace wants, in memory, because every message asks.

A change in this process is seen at once, in others after `SECONDS`. It only spares work: who is told is looked up afterwards.
"""

from __future__ import annotations

import time
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver

from .models import Endpoint

SECONDS = 3.0
MOST = 10_000

_kept: dict[int, tuple[float, frozenset[str]]] = {}


def wanted(workspace_pk: int) -> frozenset[str]:
    """Of the workspace in scope."""
    kept = _kept.get(workspace_pk)
    if kept is not None and time.monotonic() - kept[0] < SECONDS:
        return kept[1]
    asked = time.monotonic()
    lists = Endpoint.objects.filter(enabled=True, deleted_at=None).values_list("events", flat=True)
    found = frozenset(kind for kinds in lists for kind in kinds)
    if len(_kept) >= MOST:
        _kept.clear()
    _kept[workspace_pk] = (asked, found)
    return found


@receiver([post_save, post_delete], sender=Endpoint, dispatch_uid="wanted webhooks")
def _changed(sender: type[Endpoint], instance: Endpoint, **kwargs: Any) -> None:
    """Once more after commit, for others may have read the old ones meanwhile."""
    _kept.pop(instance.workspace_id, None)
    transaction.on_commit(partial(_kept.pop, instance.workspace_id, None))
