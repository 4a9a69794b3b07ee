"""Finding plugins and asking them what they offer. A broken plugin is noted, and the host goes on without it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import entry_points
from types import ModuleType
from typing import Any

import pluggy

import frontdesk
from frontdesk.core.time_limit import in_time
from frontdesk.sdk import hookspecs
from frontdesk.sdk.manifest import Manifest
from frontdesk.sdk.provider import Provider

from .offers import KINDS, Offer, read

logger = logging.getLogger(__name__)
# A hook is asked again and again, and may fail in other words each time.
MOST_NOTES = 100
# A module that reads a model or asks the network when it is imported would hold up every start.
LOAD_SECONDS = 20.0
HOOK_SECONDS = 5.0


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
        self.modules: dict[str, ModuleType] = {}
        self.broken: list[BrokenPlugin] = []
        self._offers: dict[str, dict[str, Offer]] = {}
        for name, load in modules:
            try:
                self._take(in_time(load, seconds=LOAD_SECONDS, name=f"plugin {name}"))
            except (Exception, SystemExit) as error:
                logger.exception("plugin %s could not be loaded", name)
                self.note(name, _words(error, LOAD_SECONDS))

    def _take(self, module: ModuleType) -> None:
        manifest = in_time(module.manifest, seconds=HOOK_SECONDS, name=f"plugin {module.__name__}")
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
        self.modules[manifest.slug] = module

    def ask(self, hook: str, read: Callable[[Any], Any] = lambda answer: answer) -> Iterable[tuple[str, Any]]:
        """Call a hook on each plugin that has it: pairs of (slug, answer as `read` gives it).

        A plugin that raises, or whose answer makes `read` raise, is noted and left out.
        """
        for plugin, function in self.observers(hook).items():
            try:
                answer = in_time(lambda ask=function: read(ask()), seconds=HOOK_SECONDS, name=f"plugin {plugin}")
            except (Exception, SystemExit) as error:
                logger.exception("plugin %s failed in %s", plugin, hook)
                self.note(plugin, f"{hook}: {_words(error, HOOK_SECONDS)}")
            else:
                yield plugin, answer

    def offers(self, kind: str) -> Mapping[str, Offer]:
        """What all plugins offer of a kind (`offers.KINDS`), by slug. The first who takes a slug has it."""
        if kind not in self._offers:
            found: dict[str, Offer] = {}
            for plugin, items in self.ask(KINDS[kind].hook, read(KINDS[kind])):
                for slug, item in items:
                    if found.setdefault(slug, Offer(plugin, slug, item)).item is not item:
                        self.note(plugin, f"Another plugin already offers {KINDS[kind].noun} called {slug!r}.")
            self._offers[kind] = found
        return self._offers[kind]

    def providers(self) -> dict[str, type[Provider]]:
        """Slug → provider class, over all plugins."""
        return {slug: offer.item for slug, offer in self.offers("providers").items()}

    def observers(self, hook: str) -> dict[str, Callable[..., Any]]:
        """Plugin slug → its function for an observing hook."""
        implementations = getattr(self._pluggy.hook, hook).get_hookimpls()
        return {implementation.plugin_name: implementation.function for implementation in implementations}

    def note(self, name: str, problem: str) -> None:
        """Keep what was wrong with a plugin, or with a part of it, for the operator and the gallery."""
        broken = BrokenPlugin(name, problem)
        if broken not in self.broken and len(self.broken) < MOST_NOTES:
            self.broken.append(broken)


def _words(error: BaseException, seconds: float) -> str:
    if isinstance(error, TimeoutError):
        return f"It did not come back within {seconds:.0f} seconds."
    return str(error) or type(error).__name__


@lru_cache(maxsize=1)
def host() -> PluginHost:
    """The plugins that are installed."""
    found = sorted(entry_points(group=hookspecs.ENTRY_POINT_GROUP), key=lambda entry: entry.name)
    return PluginHost((entry.name, entry.load) for entry in found)
