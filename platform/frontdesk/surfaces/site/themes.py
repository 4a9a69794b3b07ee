"""Which looks there are: what plugins offer (`register_themes`), where their plugin is on, and Calm everywhere.

A look that is chosen and then turned off or removed never breaks a page: Calm stands in for it.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from django.conf import settings

from frontdesk.plugins import activation
from frontdesk.plugins.host import PluginHost, host
from frontdesk.sdk.themes import Theme, ThemeError, load
from frontdesk.workspaces.models import Workspace

logger = logging.getLogger(__name__)
DEFAULT = "calm"


@dataclass(frozen=True, slots=True)
class Installed:
    """A theme and the plugin that brought it."""

    theme: Theme
    plugin: str


def available(workspace: Workspace) -> dict[str, Theme]:
    """What can be chosen in a workspace, by slug: the default, and the others by name. One query."""
    active = activation.active(workspace)
    chosen = [each.theme for each in installed().values() if each.plugin in active]
    return {DEFAULT: default()} | {theme.slug: theme for theme in sorted(chosen, key=lambda theme: theme.name.casefold())}


def get(slug: str, workspace: Workspace) -> Theme:
    """The theme of that slug if it is on in the workspace, else the default. One query, for the default none."""
    chosen = installed().get(slug)
    if slug == DEFAULT or chosen is None or not activation.is_on(workspace, chosen.plugin):
        return default()
    return chosen.theme


def anywhere(slug: str) -> Theme:
    """For addresses that name no workspace: the installed theme of that slug, else the default."""
    chosen = installed().get(slug)
    return chosen.theme if chosen else default()


def installed() -> Mapping[str, Installed]:
    """Every theme that can be used, by slug. A broken one is noted with its plugin and left out."""
    return _installed(host())


@lru_cache(maxsize=1)
def default() -> Theme:
    """Ours, whether the plugin that offers it is on or not."""
    return load(settings.THEMES_HOME / DEFAULT)


@lru_cache(maxsize=1)
def _installed(plugins: PluginHost) -> dict[str, Installed]:
    found = {}
    for slug, offer in plugins.offers("themes").items():
        try:
            found[slug] = Installed(load(offer.item), offer.plugin)
        except ThemeError as error:
            logger.warning("plugin %s offers a theme that cannot be used: %s", offer.plugin, error)
            plugins.note(offer.plugin, f"A look cannot be used. {error}")
    return found
