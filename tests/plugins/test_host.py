"""A broken plugin is noted with a reason, and the host and the other plugins go on."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from frontdesk.plugins import host as plugins
from frontdesk.plugins.host import PluginHost
from frontdesk.plugins.offers import KINDS
from frontdesk.sdk import hookspecs
from frontdesk.sdk.hookspecs import hookimpl
from frontdesk.sdk.manifest import Manifest
from frontdesk.sdk.provider import Provider
from frontdesk.sdk.testing.broken import LET_GO
from frontdesk.sdk.testing.scripted import ScriptedProvider


@pytest.fixture(autouse=True)
def waiting() -> None:
    LET_GO.clear()


class Incomplete(Provider):
    """Does not say which models it has."""

    slug, label = "incomplete", "Incomplete"


class Nameless(ScriptedProvider):
    slug = None  # type: ignore[assignment]


class Formless(ScriptedProvider):
    slug, config_model = "formless", dict  # type: ignore[assignment]


def manifest_of(slug: str, **given: str) -> Manifest:
    return Manifest(**{"slug": slug, "name": slug.title(), "version": "1.0", "requires_frontdesk": ">=0", **given})


def provider_of(slug: str) -> type[Provider]:
    return type(slug.title(), (ScriptedProvider,), {"slug": slug})


def plugin(slug: str, offers: Callable[[], Any] | None = None, **more: Any) -> ModuleType:
    """A plugin's module; `offers` is what its `register_providers` does."""
    module = ModuleType(slug)
    module.manifest = hookimpl(lambda: manifest_of(slug))  # type: ignore[attr-defined]
    if offers is not None:
        module.register_providers = hookimpl(offers)  # type: ignore[attr-defined]
    for name, value in more.items():
        setattr(module, name, value)
    return module


def good(slug: str) -> ModuleType:
    return plugin(slug, lambda: [provider_of(slug)])


def loader(module: ModuleType) -> tuple[str, Callable[[], ModuleType]]:
    return module.__name__, lambda: module


def fails(error: BaseException) -> Callable[..., Any]:
    def fail() -> Any:
        raise error

    return fail


def later() -> Any:
    """A generator: its mistakes come when it is read."""
    yield provider_of("late")
    raise RuntimeError("halfway")


def unknown_hook(slug: str) -> ModuleType:
    return plugin(slug, read_minds=hookimpl(lambda: None))


def wrong_arguments(slug: str) -> ModuleType:
    return plugin(slug, lambda more: [])


def in_the_middle(broken: tuple[str, Callable[[], Any]]) -> PluginHost:
    """A host that finds the broken plugin between two good ones."""
    return PluginHost([loader(good("first")), broken, loader(good("last"))])


UNLOADABLE: dict[str, Callable[[], Any]] = {
    "import error": fails(ImportError("No module named 'nothing'")),
    "exits": fails(SystemExit("I need a newer Python.")),
    "no manifest": lambda: ModuleType("broken"),
    "manifest raises": lambda: plugin("broken", manifest=fails(RuntimeError("no"))),
    "manifest is something else": lambda: plugin("broken", manifest=lambda: {"slug": "broken"}),
    "bad slug": lambda: plugin("broken", manifest=lambda: manifest_of("Not A Slug")),
    "bad version": lambda: plugin("broken", manifest=lambda: manifest_of("broken", version="newest")),
    "for another Frontdesk": lambda: plugin("broken", manifest=lambda: manifest_of("broken", requires_frontdesk=">=99")),
    "slug is taken": lambda: good("first"),
    "unknown hook": lambda: unknown_hook("broken"),
    "wrong arguments": lambda: wrong_arguments("broken"),
}


@pytest.mark.parametrize("load", UNLOADABLE.values(), ids=UNLOADABLE)
def test_a_plugin_that_cannot_be_loaded_is_left_out(load: Callable[[], Any]) -> None:
    made = in_the_middle(("broken", load))
    assert sorted(made.manifests) == ["first", "last"]
    (noted,) = made.broken
    assert noted.name == "broken" and noted.problem
    assert sorted(made.providers()) == ["first", "last"]
    assert len(made.broken) == 1, "what was left out is not asked"


BAD_ANSWERS: dict[str, Callable[[], Any]] = {
    "raises": fails(ValueError("out of order")),
    "exits": fails(SystemExit(1)),
    "raises halfway": later,
    "nothing": lambda: None,
    "no classes": lambda: ["openai"],
    "an object": lambda: [object()],
    "an incomplete class": lambda: [Incomplete],
    "a class without a name": lambda: [Nameless],
    "a class without a form": lambda: [Formless],
}


@pytest.mark.parametrize("offers", BAD_ANSWERS.values(), ids=BAD_ANSWERS)
def test_a_plugin_whose_hook_fails_is_left_out_each_time_and_noted_once(offers: Callable[[], Any]) -> None:
    made = in_the_middle(loader(plugin("broken", offers)))
    for _time in range(3):
        assert sorted(made.providers()) == ["first", "last"]
    (noted,) = made.broken
    assert noted.name == "broken" and noted.problem.startswith("register_providers: ")


def endless() -> Any:
    while True:
        yield provider_of("again")


BAD_OF_ANY_HOOK: dict[str, Callable[[], Any]] = {
    **{name: BAD_ANSWERS[name] for name in ("raises", "exits", "nothing", "an object")},
    "a number": lambda: 42,
    "another kind": lambda: [ModuleType],
    "never": lambda: LET_GO.wait(3600),
}
HOOKS = sorted({kind.hook for kind in KINDS.values()} & set(vars(hookspecs)))


@pytest.mark.parametrize("hook", HOOKS)
def test_a_bad_answer_to_any_hook_is_noted_and_the_others_are_asked(hook: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plugins, "HOOK_SECONDS", 0.2)
    broken = [
        (name, plugin(f"broken_{number}", **{hook: hookimpl(offers)}))
        for number, (name, offers) in enumerate(BAD_OF_ANY_HOOK.items())
    ]
    try:
        made = PluginHost([loader(good("first")), *(loader(each) for _name, each in broken), loader(good("last"))])
        for name, kind in KINDS.items():
            assert not {offer.plugin for offer in made.offers(name).values()} - {"first", "last"}, kind
    finally:
        LET_GO.set()
    noted = {entry.name: entry.problem for entry in made.broken}
    for name, each in broken:
        assert noted[each.__name__].startswith(f"{hook}: "), name
    assert sorted(made.providers()) == ["first", "last"]


def test_an_answer_without_end_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    made = in_the_middle(loader(plugin("broken", endless)))
    assert sorted(made.providers()) == ["first", "last"]
    (noted,) = made.broken
    assert "more than 500" in noted.problem


def test_one_that_never_comes_back_from_its_import_holds_up_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plugins, "LOAD_SECONDS", 0.2)
    try:
        made = in_the_middle(("broken", lambda: LET_GO.wait(3600)))
    finally:
        LET_GO.set()
    assert sorted(made.providers()) == ["first", "last"]
    assert [entry.name for entry in made.broken] == ["broken"]
    assert "did not come back" in made.broken[0].problem


def test_a_provider_that_is_there_already_is_not_replaced() -> None:
    wanted = provider_of("openai")
    made = PluginHost([loader(plugin("honest", lambda: [wanted])), loader(plugin("thief", lambda: [provider_of("openai")]))])
    assert made.providers() == {"openai": wanted}
    assert [(noted.name, "openai" in noted.problem) for noted in made.broken] == [("thief", True)]


def test_what_ships_is_found_and_whole() -> None:
    found = plugins.host()
    assert {"openai", "gemini", "offline"} <= set(found.manifests)
    assert found.broken == []


def test_an_entry_point_that_cannot_be_imported_stops_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    """As pip leaves it when a plugin's own dependency is missing."""
    package = tmp_path / "broken_plugin-1.0.dist-info"
    package.mkdir()
    (package / "METADATA").write_text("Metadata-Version: 2.1\nName: broken-plugin\nVersion: 1.0\n")
    (package / "entry_points.txt").write_text(f"[{hookspecs.ENTRY_POINT_GROUP}]\nbroken = broken_plugin_that_is_not_there\n")
    monkeypatch.setattr(sys, "path", [*sys.path, str(tmp_path)])
    made = plugins.host.__wrapped__()
    assert {"openai", "offline"} <= set(made.manifests)
    (noted,) = made.broken
    assert noted.name == "broken" and "broken_plugin_that_is_not_there" in noted.problem
