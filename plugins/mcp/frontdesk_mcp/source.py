"""The source of tools that is an MCP server, and its tools."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from frontdesk.sdk.context import Context
from frontdesk.sdk.errors import ToolError
from frontdesk.sdk.tools import Tool, ToolAnswer, ToolSource

from .server import McpServer, server_of
from .words import phrase

if TYPE_CHECKING:
    import mcp_types as mcp

# The host waits 20 seconds for a list and `McpTool.seconds` for a call; a program takes up to 7 of them to be ended.
LIST_SECONDS = 12.0
CALL_SECONDS = 30.0
MOST_TOOLS = 200
LONGEST_NAME = 120
LONGEST_DESCRIPTION = 2_000


class McpTool(Tool):
    """One tool of a server, under the server's own name for it."""

    seconds = CALL_SECONDS + 8

    def __init__(self, found: mcp.Tool) -> None:
        hints = found.annotations
        self.name = found.name
        self.label = found.title or (hints.title if hints else None) or found.name
        self.description = (found.description or "").strip()[:LONGEST_DESCRIPTION]
        self.schema = found.input_schema
        # A server that says nothing may destroy something (MCP specification, ToolAnnotations).
        self.approval = not (hints and (hints.read_only_hint is True or hints.destructive_hint is False))

    @property
    def parameters(self) -> Mapping[str, Any]:
        return self.schema

    async def call(self, arguments: Mapping[str, Any], context: Context) -> ToolAnswer:
        return await _use(self.name, arguments, context)


class McpSource(ToolSource):
    slug = "mcp"
    label = phrase("MCP server")
    description = "The tools of a server that speaks the Model Context Protocol."
    config_model = McpServer

    async def tools(self, context: Context) -> Sequence[Tool]:
        from .session import list_tools

        found = await list_tools(context, seconds=LIST_SECONDS)
        named = {tool.name: tool for tool in reversed(found) if 0 < len(tool.name) <= LONGEST_NAME}
        if len(named) < len(found):
            context.log.warning(
                "%s: %d tools with a name that is taken or too long", server_of(context).name, len(found) - len(named)
            )
        if not named:
            raise ToolError(f"{server_of(context).name} answers, but offers no tools.")
        return [McpTool(tool) for tool in list(reversed(named.values()))[:MOST_TOOLS]]

    async def call(self, name: str, arguments: Mapping[str, Any], context: Context) -> ToolAnswer | str:
        """Without asking for the list first: the host knows the schema that the owner saw, and checked the arguments."""
        return await _use(name, arguments, context)


async def _use(name: str, arguments: Mapping[str, Any], context: Context) -> ToolAnswer:
    # Imported when it is needed: the MCP library takes a second and 30 MiB.
    from .answers import text_of
    from .session import call_tool

    result = await call_tool(context, name, dict(arguments), seconds=CALL_SECONDS)
    text = text_of(result)
    if result.is_error:
        raise ToolError(text or "The tool failed and did not say why.")
    return ToolAnswer(text)
