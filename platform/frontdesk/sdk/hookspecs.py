"""All hooks, on one page. A plugin implements those it needs with `@hookimpl`."""

from __future__ import annotations

from collections.abc import Sequence

import pluggy

from .manifest import Manifest
from .provider import Provider
from .tools import Tool, ToolSource

PROJECT = "frontdesk"
ENTRY_POINT_GROUP = "frontdesk.plugins"

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec
def manifest() -> Manifest:  # type: ignore[empty-body]
    """Say who you are and what you ask for; every plugin must."""


@hookspec
def register_providers() -> Sequence[type[Provider]]:  # type: ignore[empty-body]
    """Offer model providers: classes of which the host makes one object per configured account."""


@hookspec
def register_tools() -> Sequence[Tool | type[ToolSource]]:  # type: ignore[empty-body]
    """Offer tools that an owner may grant to agents, and classes of sources whose tools are known once they are set up."""
