"""Which providers a workspace may ask, in memory, because every search and every run wants to know.

A change in this process is seen at once. Other processes see it after `SECONDS`: being told by Valkey would fail with Valkey, and
an account that was switched off may be asked for a moment longer.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver

from frontdesk.core.models import WorkspaceModel
from frontdesk.core.scoping import scope
from frontdesk.core.threads import in_thread
from frontdesk.plugins.activation import active
from frontdesk.plugins.host import host
from frontdesk.plugins.models import Activation
from frontdesk.workspaces.models import Workspace

from .models import ProviderAccount

SECONDS = 3.0
MOST = 10_000


@dataclass(frozen=True, slots=True)
class Usable:
    """`accounts` are those that are on, in the order in which they are tried; `off` are providers whose plugin is off here."""

    accounts: Sequence[ProviderAccount]
    off: frozenset[str]


_kept: dict[int, tuple[float, Usable]] = {}


async def usable(workspace: Workspace) -> Usable:
    """What is kept, or read now. The accounts are shared: do not change them."""
    return _fresh(workspace) or await in_thread(_read, workspace)


def usable_now(workspace: Workspace) -> Usable:
    """As `usable`, for synchronous callers."""
    return _fresh(workspace) or _read(workspace)


def _fresh(workspace: Workspace) -> Usable | None:
    kept = _kept.get(workspace.pk)
    return kept[1] if kept is not None and time.monotonic() - kept[0] < SECONDS else None


def _read(workspace: Workspace) -> Usable:
    asked = time.monotonic()
    with scope(workspace=workspace):
        found = Usable(list(ProviderAccount.objects.filter(enabled=True)), providers_off(workspace))
    if len(_kept) >= MOST:
        _kept.clear()
    _kept[workspace.pk] = (asked, found)
    return found


def providers_off(workspace: Workspace) -> frozenset[str]:
    """Providers whose plugin is off in a workspace. One query."""
    offers = host().offers("providers")
    on = active(workspace, {offer.plugin for offer in offers.values()})
    return frozenset(slug for slug, offer in offers.items() if offer.plugin not in on)


def forget(workspace_pk: int) -> None:
    """Something changed. Once more after commit, for others may have read the old ones meanwhile."""
    _kept.pop(workspace_pk, None)
    transaction.on_commit(partial(_kept.pop, workspace_pk, None))


@receiver([post_save, post_delete], sender=ProviderAccount, dispatch_uid="remembered accounts")
@receiver([post_save, post_delete], sender=Activation, dispatch_uid="remembered plugins")
def _changed(sender: type[WorkspaceModel], instance: WorkspaceModel, **kwargs: Any) -> None:
    forget(instance.workspace_id)
