"""The library's server with our tools. Imported at the first request: the library takes a second and 30 MiB."""

from __future__ import annotations

import asyncio
import logging
from functools import lru_cache
from typing import Any

import anyio
import mcp_types as mcp
from django.utils.translation import gettext as _
from mcp import MCPError
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import Server
from mcp_types.version import MODERN_PROTOCOL_VERSIONS
from pydantic import BaseModel, ValidationError
from starlette.requests import Request

import frontdesk
from frontdesk.core.errors import Invalid
from frontdesk.surfaces.api.errors import translate
from frontdesk.workspaces.permissions import Actor

from . import asking, searching, tools
from .endpoint import ACTOR

# The library tells of each manager's beginning and end, and we have one a request.
logging.getLogger("mcp.server").setLevel(logging.WARNING)

INSTRUCTIONS = (
    "The agents and the knowledge of a business. Ask an agent when somebody wants an answer in the business's own words; "
    "search the knowledge when you want to read and write yourself. Go on with a conversation by its id."
)
Context = ServerRequestContext[Any, Request]
READS = mcp.ToolAnnotations(read_only_hint=True, open_world_hint=False)
WRITES = mcp.ToolAnnotations(read_only_hint=False, destructive_hint=False, idempotent_hint=False, open_world_hint=False)
TOOLS: dict[str, tuple[type[BaseModel], type[BaseModel], mcp.ToolAnnotations]] = {
    "list_agents": (tools.ListAgents, tools.AgentsFound, READS),
    "ask_agent": (tools.AskAgent, tools.Answer, WRITES),
    "search_knowledge": (tools.SearchKnowledge, tools.PassagesFound, READS),
}


@lru_cache(maxsize=1)
def server() -> Server[Any]:
    """It knows nobody: whose request it is stands in the ASGI scope."""
    return Server(
        "frontdesk",
        title="Frontdesk",
        version=frontdesk.__version__,
        instructions=INSTRUCTIONS,
        on_list_tools=_list_tools,
        on_call_tool=_call_tool,
    )


async def _list_tools(ctx: Context, params: Any) -> mcp.ListToolsResult:
    return mcp.ListToolsResult(tools=_described())


@lru_cache(maxsize=1)
def _described() -> list[mcp.Tool]:
    return [
        mcp.Tool(
            name=name,
            description=takes.__doc__,
            input_schema=takes.model_json_schema(),
            output_schema=gives.model_json_schema(mode="serialization"),
            annotations=hints,
        )
        for name, (takes, gives, hints) in TOOLS.items()
    ]


async def _call_tool(ctx: Context, params: mcp.CallToolRequestParams) -> mcp.CallToolResult:
    if params.name not in TOOLS:
        raise MCPError(mcp.INVALID_PARAMS, f"There is no tool called {params.name[:100]}.")
    takes, _gives, _hints = TOOLS[params.name]
    try:
        given = await _use(ctx, takes.model_validate(params.arguments or {}))
    except ValidationError as error:
        return _failed(_invalid(error))
    except Exception as error:
        return _failed(error)
    return mcp.CallToolResult(content=[mcp.TextContent(text=_text(given))], structured_content=given.model_dump(mode="json"))


async def _use(ctx: Context, arguments: BaseModel) -> BaseModel:
    assert ctx.request is not None, "only HTTP comes here"
    actor: Actor = ctx.request.scope[ACTOR]
    match arguments:
        case tools.ListAgents():
            return await searching.list_agents(actor, arguments)
        case tools.SearchKnowledge():
            return await searching.search_knowledge(actor, arguments)
        case tools.AskAgent():
            return await _ask(ctx, actor, arguments)
    raise TypeError(type(arguments))


async def _ask(ctx: Context, actor: Actor, arguments: tools.AskAgent) -> tools.Answer:
    taken = await asking.take(actor, arguments)

    async def report(progress: int, sentence: str) -> None:
        await ctx.session.report_progress(progress, message=sentence)

    try:
        return await asking.answer(taken, report)
    except asyncio.CancelledError:
        # Since 2026-07-28 a client says "stop" by hanging up; before, hanging up says nothing, and the answer is kept.
        if taken.run is not None and ctx.protocol_version in MODERN_PROTOCOL_VERSIONS:
            with anyio.CancelScope(shield=True):
                await asking.stop(taken.run)
        raise


def _invalid(error: ValidationError) -> Invalid:
    wrong = [f"{'.'.join(map(str, each['loc'])) or '?'}: {each['msg']}" for each in error.errors()[:5]]
    return Invalid(_("These arguments do not fit. %(problems)s") % {"problems": "; ".join(wrong)})


def _failed(error: Exception) -> mcp.CallToolResult:
    """An error as words for the caller's model, and as our code for its program."""
    shown = translate(error)
    fields = "".join(f" {entry.get('field', '')}: {entry.get('message', '')}" for entry in shown.errors if "message" in entry)
    return mcp.CallToolResult(
        content=[mcp.TextContent(text=f"{shown.message}{fields}")], structured_content=shown.as_dict(), is_error=True
    )


def _text(given: BaseModel) -> str:
    """For clients that show a model texts only."""
    if not isinstance(given, tools.Answer):
        return given.model_dump_json()
    said = given.answer or {
        "handed_over": _("A person of the business will answer."),
        "waiting": _("A person of the business must allow something first."),
    }.get(given.status, _("There is no answer."))
    sources = [" ".join(filter(None, (f"[{source.n}]", source.title, source.place, source.url))) for source in given.sources]
    return "\n".join([said, *sources, f"conversation_id: {given.conversation_id}"])
