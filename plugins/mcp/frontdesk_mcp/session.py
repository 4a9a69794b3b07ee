"""Asking a server: a session for one question, and every failure as a sentence.

A session a question, not one kept open: nothing that one customer made a server remember can reach another, a server that
restarts is no special case, and no idle connection or program is left behind (docs/measurements/mcp.md has the price).
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, TextIO, TypeVar

import httpx
import httpx2
import mcp_types as mcp
from mcp import Client, MCPError, StdioServerParameters, stdio_client
from mcp.client.streamable_http import streamable_http_client
from pydantic import TypeAdapter, ValidationError

from frontdesk.sdk.context import Context
from frontdesk.sdk.errors import ToolError

from . import __version__
from .server import McpServer, server_of
from .through import MOST_BYTES, ThroughHost, TooLarge

T = TypeVar("T")
MOST_PAGES = 20
LONGEST_PROBLEM = 300
US = mcp.Implementation(name="Frontdesk", version=__version__)
_Result: TypeAdapter[Any] = TypeAdapter(mcp.CallToolResult | mcp.InputRequiredResult)


async def list_tools(context: Context, *, seconds: float) -> list[mcp.Tool]:
    """All tools of the server that `context.settings` names, page by page. Raises ToolError."""
    return await _ask(context, _all_pages, seconds)


async def call_tool(context: Context, name: str, arguments: dict[str, Any], *, seconds: float) -> mcp.CallToolResult:
    """Call one of them. Raises ToolError when there is no result; a result may still say that it failed."""

    async def ask(client: Client) -> Any:
        request = mcp.CallToolRequest(params=mcp.CallToolRequestParams(name=name, arguments=arguments))
        try:
            # Client.call_tool would list the tools again, to check structured content that is only text to a model.
            return await client.session.send_request(request, _Result)
        except MCPError as error:
            if error.code != mcp.HEADER_MISMATCH:
                raise
            return await client.call_tool(name, arguments)

    result = await _ask(context, ask, seconds)
    if not isinstance(result, mcp.CallToolResult):
        raise ToolError(f"{server_of(context).name} asks for something that only a person could say, so it cannot be used here.")
    return result


async def _all_pages(client: Client) -> list[mcp.Tool]:
    found: list[mcp.Tool] = []
    cursor: str | None = None
    for _page in range(MOST_PAGES):
        page = await client.list_tools(cursor=cursor, cache_mode="bypass")
        found += page.tools
        if not page.next_cursor or page.next_cursor == cursor:
            break
        cursor = page.next_cursor
    return found


async def _ask(context: Context, question: Callable[[Client], Awaitable[T]], seconds: float) -> T:
    server = server_of(context)
    through: ThroughHost | None = None
    try:
        async with asyncio.timeout(seconds), AsyncExitStack() as stack:
            if server.place == "command":
                transport = stdio_client(_program(server, context), errlog=stack.enter_context(_nowhere()))
            else:
                plain = await stack.enter_async_context(context.http(timeout=seconds))
                through = ThroughHost(plain)
                http = await stack.enter_async_context(httpx2.AsyncClient(transport=through, headers=server.headers()))
                transport = streamable_http_client(server.address, http_client=http, max_sse_event_size=MOST_BYTES)
            async with Client(transport, client_info=US, cache=None) as client:
                return await question(client)
    except ToolError:
        raise
    except Exception as error:
        # Ours or the line's own, whichever was quicker.
        if isinstance(error, TimeoutError) or (through is not None and isinstance(through.problem, httpx.TimeoutException)):
            raise ToolError(f"{server.name} did not answer within {seconds:.0f} seconds.") from error
        context.log.info("MCP server %s: %r", server.name, error)
        raise ToolError(_sentence(server.name, _first(error), through)) from error


def _first(error: BaseException) -> BaseException:
    """The first of what went wrong at the same time."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def _nowhere() -> TextIO:
    """What programs say beside the protocol is for those who try them by hand."""
    return Path(os.devnull).open("w", encoding="utf-8")


def _program(server: McpServer, context: Context) -> StdioServerParameters:
    """It gets none of our environment but the path and the like. Raises ToolError for one that the operator does not allow."""
    program, *arguments = words = server.words()
    if words not in context.commands:
        raise ToolError("This command is not among those that the operator of this installation allows (MCP_STDIO_COMMANDS).")
    return StdioServerParameters(command=program, args=arguments)


def _sentence(name: str, error: BaseException, through: ThroughHost | None) -> str:
    """Why there is no answer, for owner and model."""
    if through is None:
        if isinstance(error, OSError):
            return f"The program {name} could not be started: {error.strerror or error}."
    elif isinstance(through.problem, TooLarge):
        return f"{name} answered with {through.problem}, which is too much."
    elif through.problem is not None:
        said = str(through.problem)[:LONGEST_PROBLEM] or "the line broke"
        return said if said.endswith(".") else f"{name} could not be reached ({said})."  # a sentence is the host's own
    elif through.status in (401, 403):
        return f"{name} refused the credential ({through.status}). Check the token."
    elif through.status in (404, 405, 406) and not _from_server(error):
        return f"There is no MCP server at this address of {name} ({through.status}). Check the path."
    elif through.status >= 400 and not _from_server(error):
        return f"{name} answered with an error ({through.status})."
    if isinstance(error, ValidationError):
        wrong = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(step) for step in wrong["loc"])
        return f"{name} answered with something that is not MCP ({where}: {wrong['msg']})."[:LONGEST_PROBLEM]
    if isinstance(error, MCPError):
        return f"{name}: {error.error.message[:LONGEST_PROBLEM]}"
    return f"{name} does not answer as MCP asks: {str(error)[:LONGEST_PROBLEM] or type(error).__name__}"


def _from_server(error: BaseException) -> bool:
    """Whether the server said this itself, and not the library in its place for an HTTP status."""
    return isinstance(error, MCPError) and error.error.message not in ("Not Found", "Server returned an error response")
