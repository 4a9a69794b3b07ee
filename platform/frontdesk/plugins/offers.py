"""What plugins may offer: one line a kind, with what the host insists on before it takes a thing."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from frontdesk.sdk.channel import Channel
from frontdesk.sdk.evaluators import Evaluator
from frontdesk.sdk.loaders import FileLoader, SourceLoader
from frontdesk.sdk.manifest import SLUG
from frontdesk.sdk.provider import Provider
from frontdesk.sdk.speech import SpeechEngine
from frontdesk.sdk.tools import Tool, ToolSource
from frontdesk.sdk.widgets import AnalyticsWidget

SUFFIX = re.compile(r"^\.[a-z0-9]{1,10}$")
BUILT_IN = frozenset({".pdf", ".docx", ".xlsx", ".xls", ".pptx", ".csv", ".html", ".htm", ".md", ".txt"})
# A generator without an end would fill the memory.
MOST = 500
TOOL_NAME = re.compile(r"^[a-z][a-z0-9_]{0,47}$")


@dataclass(frozen=True, slots=True)
class Offer:
    """Something a plugin offers, under a slug that no other thing of its kind has."""

    plugin: str
    slug: str
    item: Any


@dataclass(frozen=True, slots=True)
class Kind:
    """`base` is what an item must be; `slug_of` gives its slug, or raises TypeError with a sentence for the author."""

    hook: str
    base: type
    slug_of: Callable[[Any], str]
    noun: str


def _class(item: Any) -> str:
    if inspect.isabstract(item):
        missing = ", ".join(sorted(item.__abstractmethods__))
        raise TypeError(f"{item.__name__} is not a complete {item.__mro__[1].__name__}: it lacks {missing}.")
    slug = getattr(item, "slug", None)
    if not isinstance(slug, str) or not SLUG.match(slug):
        raise TypeError(f"{item.__name__} needs a slug of lower-case letters, digits and underscores, not {slug!r}.")
    if not getattr(item, "label", ""):
        raise TypeError(f"{item.__name__} needs a label for the owner.")
    model = getattr(item, "config_model", None)
    if model is not None and not (isinstance(model, type) and issubclass(model, BaseModel)):
        raise TypeError(f"The config_model of {item.__name__} must be a pydantic model.")
    return slug


def _file_loader(item: type[FileLoader]) -> str:
    slug = _class(item)
    suffixes = getattr(item, "suffixes", None)
    if not isinstance(suffixes, tuple) or not suffixes or not all(SUFFIX.match(str(suffix)) for suffix in suffixes):
        raise TypeError(f"{item.__name__} needs suffixes such as ('.eml',).")
    if taken := sorted(BUILT_IN & set(suffixes)):
        raise TypeError(f"{item.__name__} cannot take {', '.join(taken)}: Frontdesk reads that itself.")
    return slug


def _tool(item: Tool) -> str:
    if not isinstance(getattr(item, "name", None), str) or not TOOL_NAME.match(item.name):
        raise TypeError(f"{type(item).__name__} needs a name of at most 48 lower-case letters, digits and underscores.")
    if not getattr(item, "label", "") or not getattr(item, "description", ""):
        raise TypeError(f"The tool {item.name} needs a label and a description.")
    if not isinstance(item.parameters, Mapping) or item.parameters.get("type") != "object":
        raise TypeError(f"The parameters of the tool {item.name} must be a JSON Schema of type object.")
    return item.name


def _theme(item: Path) -> str:
    """What is in the folder is looked at theme by theme, so that a broken one leaves the others."""
    return item.name


KINDS: dict[str, Kind] = {
    "providers": Kind("register_providers", Provider, _class, "a provider"),
    "channels": Kind("register_channels", Channel, _class, "a channel"),
    "tools": Kind("register_tools", Tool, _tool, "a tool"),
    "tool_sources": Kind("register_tools", ToolSource, _class, "a source of tools"),
    "analytics_widgets": Kind("register_analytics_widgets", AnalyticsWidget, _class, "a card"),
    "speech": Kind("register_speech", SpeechEngine, _class, "a speech engine"),
    "file_loaders": Kind("register_loaders", FileLoader, _file_loader, "a loader"),
    "source_loaders": Kind("register_loaders", SourceLoader, _class, "a loader"),
    "evaluators": Kind("register_evaluators", Evaluator, _class, "an evaluator"),
    "themes": Kind("register_themes", Path, _theme, "a theme"),
}


def is_of(item: Any, kind: Kind) -> bool:
    """Whether an item of a hook's answer is of this kind: an object, or a class where classes are asked for."""
    return issubclass(item, kind.base) if isinstance(item, type) else isinstance(item, kind.base)


def read(kind: Kind) -> Callable[[Any], list[tuple[str, Any]]]:
    """A reader of a hook's answer: (slug, item) of this kind. Raises TypeError for what is of no kind of that hook."""
    bases = tuple(other.base for other in KINDS.values() if other.hook == kind.hook)

    def items(answer: Any) -> list[tuple[str, Any]]:
        found = []
        for number, item in enumerate(answer):
            if number == MOST:
                raise TypeError(f"It offers more than {MOST} things.")
            if not (issubclass(item, bases) if isinstance(item, type) else isinstance(item, bases)):
                name = getattr(item, "__name__", type(item).__name__)
                wanted = " or ".join(f"frontdesk.sdk {base.__name__}" for base in bases)
                raise TypeError(f"{name} is not a complete subclass of {wanted}.")
            if is_of(item, kind):
                found.append((kind.slug_of(item), item))
        return found

    return items
