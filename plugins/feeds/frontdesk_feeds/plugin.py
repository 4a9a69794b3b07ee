"""What this plugin offers to Frontdesk."""

from __future__ import annotations

from collections.abc import Sequence

from frontdesk.sdk import Manifest, Permissions, hookimpl
from frontdesk.sdk.loaders import FileLoader, SourceLoader
from frontdesk.sdk.manifest import ANY_HOST

from . import __version__
from .loader import Feed, words


@hookimpl
def manifest() -> Manifest:
    return Manifest(
        slug="feeds",
        name=words.phrase("Feeds"),
        version=__version__,
        requires_frontdesk=">=0.1,<1",
        description=words.phrase("Lets agents learn from a blog or news feed (RSS, Atom, JSON Feed), again and again."),
        permissions=Permissions(hosts=(ANY_HOST,), data=("knowledge",), storage=1),
        uninstall="forget",
        icon="rss_feed",
    )


@hookimpl
def register_loaders() -> Sequence[type[FileLoader] | type[SourceLoader]]:
    return [Feed]
