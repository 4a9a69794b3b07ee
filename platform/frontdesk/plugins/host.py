"""Finding plugins and asking them what they offer. A broken plugin is noted, and the host goes on without it."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import entry_points
from types import ModuleType
from typing import Any

import pluggy
from pydantic import BaseModel

import frontdesk
from frontdesk.sdk import hookspecs
from frontdesk.sdk.manifest import Manifest
from frontdesk.sdk.provider import Provider

logger = logging.getLogger(__name__)
# A hook is asked again and again, and may fail in other words each time.
MOST_NOTES = 100


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
            except (Exception, SystemExit) as error:
                logger.exception("plugin %s could not be loaded", name)
                self._note(name, str(error) or type(error).__name__)

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
        # Tried apart first: pluggy keeps what it refuses, and would refuse every plugin that comes after it.
        trial = pluggy.PluginManager(hookspecs.PROJECT)
        trial.add_hookspecs(hookspecs)
        trial.register(module)
        trial.check_pending()
        self._pluggy.register(module, name=manifest.slug)
        self.manifests[manifest.slug] = manifest

    def ask(self, hook: str, read: Callable[[Any], Any] = lambda answer: answer) -> Iterable[tuple[str, Any]]:
        """Call a hook on each plugin that has it: pairs of (slug, answer as `read` gives it).

        A plugin that raises, or whose answer makes `read` raise, is noted and left out.
        """
        for implementation in getattr(self._pluggy.hook, hook).get_hookimpls():
            try:
                answer = read(implementation.function())
            except (Exception, SystemExit) as error:
                logger.exception("plugin %s failed in %s", implementation.plugin_name, hook)
                self._note(implementation.plugin_name, f"{hook}: {error}")
            else:
                yield implementation.plugin_name, answer

    def providers(self) -> dict[str, type[Provider]]:
        """Slug → provider class, over all plugins. The first who takes a slug has it."""
        found: dict[str, type[Provider]] = {}
        for plugin, classes in self.ask("register_providers", _provider_classes):
            for provider in classes:
                if found.setdefault(provider.slug, provider) is not provider:
                    self._note(plugin, f"Another plugin already offers a provider called {provider.slug!r}.")
        return found

    def _note(self, name: str, problem: str) -> None:
        broken = BrokenPlugin(name, problem)
        if broken not in self.broken and len(self.broken) < MOST_NOTES:
            self.broken.append(broken)


def _provider_classes(answer: Any) -> list[type[Provider]]:
    classes = list(answer)
    for provider in classes:
        if not (isinstance(provider, type) and issubclass(provider, Provider)) or inspect.isabstract(provider):
            raise TypeError(
                f"{getattr(provider, '__name__', type(provider).__name__)} is not a complete subclass of frontdesk.sdk.Provider."
            )
        if not isinstance(getattr(provider, "slug", None), str) or not issubclass(provider.config_model, BaseModel):
            raise TypeError(f"{provider.__name__} needs a slug and a config_model.")
    return classes


@lru_cache(maxsize=1)
def host() -> PluginHost:
    """The plugins that are installed."""
    found = sorted(entry_points(group=hookspecs.ENTRY_POINT_GROUP), key=lambda entry: entry.name)
    return PluginHost((entry.name, entry.load) for entry in found)
