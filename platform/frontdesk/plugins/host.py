"""Finding plugins and asking them what they offer. A broken plugin is noted, and the host goes on without it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import entry_points
from types import ModuleType
from typing import Any

import pluggy

import frontdesk
from frontdesk.sdk import hookspecs
from frontdesk.sdk.manifest import Manifest
from frontdesk.sdk.provider import Provider

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class BrokenPlugin:
    """A plugin that could not be used, and why, in a sentence for the operator."""

    name: str
    problem: str


class PluginHost:
    """All plugins of this process. Made once; tests make their own from modules they name."""

    def __init__(self, modules: Iterable[tuple[str, Callable[[], Any]]]) -> None:
        self._pluggy = pluggy.PluginManager(hookspecs.PROJECT)
        self._pluggy.add_hookspecs(hookspecs)
        self.manifests: dict[str, Manifest] = {}
        self.broken: list[BrokenPlugin] = []
        for name, load in modules:
            try:
                self._take(load())
            except Exception as error:
                logger.exception("plugin %s could not be loaded", name)
                self.broken.append(BrokenPlugin(name, str(error) or type(error).__name__))

    def _take(self, module: ModuleType) -> None:
        manifest = module.manifest()
        if not isinstance(manifest, Manifest):
            raise TypeError("manifest() must return a frontdesk.sdk.Manifest.")
        if not manifest.accepts(frontdesk.__version__):
            raise ValueError(
                f"{manifest.name} is made for Frontdesk {manifest.requires_frontdesk}; this is {frontdesk.__version__}."
            )
        if manifest.slug in self.manifests:
            raise ValueError(f"Another plugin already uses the slug {manifest.slug!r}.")
        self._pluggy.register(module, name=manifest.slug)
        self._pluggy.check_pending()
        self.manifests[manifest.slug] = manifest

    def ask(self, hook: str) -> Iterable[tuple[str, Any]]:
        """Call a hook on each plugin that has it: pairs of (slug, answer). One that raises is noted and left out."""
        for implementation in getattr(self._pluggy.hook, hook).get_hookimpls():
            try:
                yield implementation.plugin_name, implementation.function()
            except Exception as error:
                logger.exception("plugin %s failed in %s", implementation.plugin_name, hook)
                self.broken.append(BrokenPlugin(implementation.plugin_name, f"{hook}: {error}"))

    def providers(self) -> dict[str, type[Provider]]:
        """Slug → provider class, over all plugins."""
        found: dict[str, type[Provider]] = {}
        for _slug, classes in self.ask("register_providers"):
            for provider in classes:
                found.setdefault(provider.slug, provider)
        return found


@lru_cache(maxsize=1)
def host() -> PluginHost:
    """The plugins that are installed."""
    found = sorted(entry_points(group=hookspecs.ENTRY_POINT_GROUP), key=lambda entry: entry.name)
    return PluginHost((entry.name, entry.load) for entry in found)
