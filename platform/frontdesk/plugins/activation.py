"""Is this plugin on here? One place answers."""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum

from django.conf import settings
from pydantic import ValidationError

from frontdesk.core.scoping import scope, unscoped
from frontdesk.sdk.manifest import Manifest, Permissions
from frontdesk.workspaces.models import Workspace

from .host import host
from .models import Activation


class State(StrEnum):
    """`PAUSED`: an update asks for more than was agreed to. `INCOMPLETE`: something must be filled in first."""

    ON = "on"
    OFF = "off"
    PAUSED = "paused"
    INCOMPLETE = "incomplete"


def active(workspace: Workspace, among: Collection[str] | None = None) -> frozenset[str]:
    """Slugs of the plugins that work in a workspace, or only of those in `among`, which is quicker. One query; for none, none."""
    manifests = host().manifests
    asked = manifests if among is None else {slug: manifests[slug] for slug in among if slug in manifests}
    rows = rows_of(workspace, None if among is None else asked) if asked else {}
    return frozenset(slug for slug, manifest in asked.items() if state(manifest, rows.get(slug)) is State.ON)


def on_in(wanted: Collection[tuple[Workspace, str]]) -> set[tuple[int, str]]:
    """Which plugins are on in which of several workspaces, as (workspace id, slug). One query."""
    manifests = host().manifests
    with unscoped():
        rows = Activation.objects.filter(
            workspace__in={workspace.pk for workspace, _slug in wanted}, plugin__in={slug for _workspace, slug in wanted}
        )
        found = {(row.workspace_id, row.plugin): row for row in rows}
    asked = {(workspace.pk, slug) for workspace, slug in wanted if slug in manifests}
    return {each for each in asked if state(manifests[each[1]], found.get(each)) is State.ON}


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
