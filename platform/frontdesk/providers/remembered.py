"""A workspace's provider accounts in memory, because every search and every run asks for them.

A change in this process is seen at once. Other processes see it after `SECONDS`: being told by Valkey would fail with Valkey, and
an account that was switched off may be asked for a moment longer.
"""

from __future__ import annotations

import time
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver

from frontdesk.core.scoping import scope
from frontdesk.core.threads import in_thread
from frontdesk.workspaces.models import Workspace

from .models import ProviderAccount

SECONDS = 3.0
MOST = 10_000

_kept: dict[int, tuple[float, list[ProviderAccount]]] = {}


async def accounts_of(workspace: Workspace) -> list[ProviderAccount]:
    """Those that are on, in the order in which they are tried. They are shared: do not change them."""
    kept = _kept.get(workspace.pk)
    if kept is not None and time.monotonic() - kept[0] < SECONDS:
        return kept[1]
    return await in_thread(_read, workspace)


def _read(workspace: Workspace) -> list[ProviderAccount]:
    asked = time.monotonic()
    with scope(workspace=workspace):
        accounts = list(ProviderAccount.objects.filter(enabled=True))
    if len(_kept) >= MOST:
        _kept.clear()
    _kept[workspace.pk] = (asked, accounts)
    return accounts


def forget(workspace_pk: int) -> None:
    """The accounts changed. Once more after commit, for others may have read the old ones meanwhile."""
    _kept.pop(workspace_pk, None)
    transaction.on_commit(partial(_kept.pop, workspace_pk, None))


@receiver([post_save, post_delete], sender=ProviderAccount, dispatch_uid="remembered accounts")
def _changed(sender: type[ProviderAccount], instance: ProviderAccount, **kwargs: Any) -> None:
    forget(instance.workspace_id)
