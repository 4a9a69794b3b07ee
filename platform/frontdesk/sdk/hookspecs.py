"""All hooks, on one page. A plugin implements those it needs with `@hookimpl`."""

from __future__ import annotations

from collections.abc import Sequence

import pluggy

from .manifest import Manifest
from .provider import Provider

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
