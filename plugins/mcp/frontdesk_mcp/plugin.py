"""What this plugin offers to Frontdesk."""

from __future__ import annotations

from collections.abc import Sequence

from frontdesk.sdk import Manifest, Permissions, hookimpl
from frontdesk.sdk.manifest import ANY_HOST
from frontdesk.sdk.tools import Tool, ToolSource

from . import __version__
from .source import McpSource
from .words import phrase


@hookimpl
def manifest() -> Manifest:
    return Manifest(
        slug="mcp",
        name="MCP",
        version=__version__,
        requires_frontdesk=">=0.1,<1",
        description=phrase("Tools of any server that speaks the Model Context Protocol."),
        permissions=Permissions(hosts=(ANY_HOST,), data=("conversations",), secrets=("token",), processes=True),
        icon="hub",
    )


@hookimpl
def register_tools() -> Sequence[Tool | type[ToolSource]]:
    return [McpSource]
