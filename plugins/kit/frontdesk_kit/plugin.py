"""What this plugin offers to Frontdesk."""

from __future__ import annotations

from collections.abc import Sequence

from frontdesk.sdk import Manifest, Permissions, hookimpl
from frontdesk.sdk.manifest import ANY_HOST
from frontdesk.sdk.tools import Tool, ToolSource

from . import __version__
from .clock import CurrentTime
from .sums import Calculate
from .web_page import ReadWebPage
from .wikipedia import SearchWikipedia
from .words import phrase


@hookimpl
def manifest() -> Manifest:
    return Manifest(
        slug="kit",
        name=phrase("Tools"),
        version=__version__,
        requires_frontdesk=">=0.1,<1",
        description=phrase("A calculator, the time, Wikipedia, and reading a web page."),
        permissions=Permissions(hosts=(ANY_HOST,), data=("conversations",)),
        icon="construction",
    )


@hookimpl
def register_tools() -> Sequence[Tool | type[ToolSource]]:
    return [Calculate(), CurrentTime(), SearchWikipedia(), ReadWebPage()]
