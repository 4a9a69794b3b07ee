"""The hooks."""

from __future__ import annotations

from collections.abc import Sequence

from frontdesk.sdk import Manifest, hookimpl
from frontdesk.sdk.provider import Provider

from . import __version__
from .phrases import phrase
from .provider import OfflineProvider


@hookimpl
def manifest() -> Manifest:
    return Manifest(
        slug="offline",
        name=phrase("Offline"),
        version=__version__,
        requires_frontdesk=">=0.1,<1",
        description=phrase("Answers by quoting your knowledge, and reads its meaning, with no key and no network."),
    )


@hookimpl
def register_providers() -> Sequence[type[Provider]]:
    return [OfflineProvider]
