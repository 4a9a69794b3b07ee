"""Is this plugin on here? One place answers."""

from __future__ import annotations

import time
from collections.abc import Collection
from enum import StrEnum
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver
from pydantic import ValidationError

from frontdesk.core.prepared import prepared
from frontdesk.core.scoping import scope, unscoped
from frontdesk.sdk.manifest import Manifest, Permissions
from frontdesk.workspaces.models import Workspace

from .host import host
from .models import Activation

# Another process sees that a plugin was turned off that much later; that one was turned on, everybody sees at once.
REMEMBERED_SECONDS = 1.0
_on: dict[tuple[int, str], tuple[Manifest, float]] = {}


class State(StrEnum):
    """`PAUSED`: an update asks for more than was agreed to. `INCOMPLETE`: something must be filled in first."""

    ON = "on"
    OFF = "off"
    PAUSED = "paused"
    INCOMPLETE = "incomplete"


def active(workspace: Workspace, among: Collection[str] | None = None) -> frozenset[str]:
    """Slugs of the plugins that work in a workspace, or only of those in `among`, which is quicker. At most one query."""
    wanted = host().manifests if among is None else among
    return frozenset(slug for _workspace, slug in on_in([(workspace, slug) for slug in wanted]))


def on_in(wanted: Collection[tuple[Workspace, str]]) -> set[tuple[int, str]]:
    """Which plugins are on in which of several workspaces, as (workspace id, slug). One query, or none for what is known."""
    manifests, now = host().manifests, time.monotonic()
    asked = {(workspace.pk, slug) for workspace, slug in wanted if slug in manifests}
    known = {each for each in asked if each in _on and _on[each][0] is manifests[each[1]] and _on[each][1] > now}
    unknown = asked - known
    if not unknown:
        return known
    with unscoped():
        rows = _rows([pk for pk, _slug in unknown], [slug for _pk, slug in unknown])
        found = {(row.workspace_id, row.plugin): row for row in rows}
    on = {each for each in unknown if state(manifests[each[1]], found.get(each)) is State.ON}
    _on.update({each: (manifests[each[1]], now + REMEMBERED_SECONDS) for each in on & found.keys()})
    return known | on


@prepared
def _rows(workspaces: Any, plugins: Any) -> QuerySet[Activation]:
    return Activation.objects.filter(workspace__any=workspaces, plugin__any=plugins)


@receiver([post_save, post_delete], sender=Activation, dispatch_uid="forget that a plugin is on")
def _forget(instance: Activation, **kwargs: Any) -> None:
    """Now, and once others see it too."""
    key = (instance.workspace_id, instance.plugin)
    _on.pop(key, None)
    transaction.on_commit(lambda: _on.pop(key, None))


def is_on(workspace: Workspace, plugin: str) -> bool:
    return plugin in active(workspace, [plugin])


def rows_of(workspace: Workspace, among: Collection[str] | None = None) -> dict[str, Activation]:
    with scope(workspace=workspace):
        rows = Activation.objects.all() if among is None else Activation.objects.filter(plugin__in=list(among))
        return {row.plugin: row for row in rows}


def state(manifest: Manifest, row: Activation | None) -> State:
    """What the operator turned on for everybody needs no row; an owner can turn it off."""
    if row is None:
        on = manifest.slug in settings.PLUGINS_ON_AT_FIRST
        return (State.ON if _complete(manifest, None) else State.INCOMPLETE) if on else State.OFF
    if not row.enabled:
        return State.OFF
    if asks_more(manifest, row):
        return State.PAUSED
    return State.ON if _complete(manifest, row) else State.INCOMPLETE


def asks_more(manifest: Manifest, row: Activation | None) -> Permissions:
    """What this version asks for beyond what was agreed to. Falsy when nothing."""
    trusted = manifest.slug in settings.PLUGINS_ON_AT_FIRST
    agreed = manifest.permissions if trusted else Permissions.of(row.agreed if row else {})
    return manifest.permissions.beyond(agreed)


def _complete(manifest: Manifest, row: Activation | None) -> bool:
    values = {**row.settings, **row.secrets} if row else {}
    try:
        manifest.config.model_validate(values)
    except ValidationError:
        return False
    return True
