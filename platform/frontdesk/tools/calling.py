"""Using a tool: the one way. Arguments have been checked; what goes wrong is a ToolError, told to the model."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from frontdesk.core.threads import in_thread
from frontdesk.plugins import calling
from frontdesk.plugins.capabilities import context
from frontdesk.plugins.errors import PluginFailed
from frontdesk.plugins.host import host
from frontdesk.sdk.errors import PluginError, ToolError
from frontdesk.sdk.tools import ToolAnswer
from frontdesk.workspaces.models import Workspace

from . import answers, http_calls
from .catalogue import Available
from .models import Connection, HttpTool

logger = logging.getLogger(__name__)


async def call(workspace: Workspace, tool: Available, arguments: Mapping[str, Any], *, language: str = "") -> ToolAnswer:
    """The answer as a model may read it. Raises ToolError, and nothing else but CancelledError."""
    try:
        async with asyncio.timeout(tool.seconds + calling.GRACE_SECONDS * 2):
            return answers.tidy(await _call(workspace, tool, arguments, language))
    except ToolError as error:
        raise ToolError(answers.tidy(str(error)).text[: answers.LONGEST_PROBLEM]) from error
    except TimeoutError as error:
        raise ToolError(f"{tool.label} did not answer within {tool.seconds:.0f} seconds.") from error
    except (PluginFailed, PluginError) as error:
        raise ToolError(f"{tool.label} does not work at the moment. Go on without it.") from error
    except Exception as error:
        logger.exception("the tool %s failed", tool.id)
        raise ToolError(f"{tool.label} does not work at the moment. Go on without it.") from error


async def _call(workspace: Workspace, tool: Available, arguments: Mapping[str, Any], language: str) -> ToolAnswer | str:
    what = f"tool {tool.inner or tool.name}"[:100]
    match tool.item:
        case HttpTool() as row:
            return await http_calls.call(row, arguments)
        case Connection() as row:
            offer = host().offers("tool_sources")[row.source]
            config = offer.item.config_model.model_validate({**row.settings, **row.secrets})
            handed = await in_thread(context, workspace, tool.plugin, config, language=language)
            function, given = offer.item().call, (tool.inner, dict(arguments))
        case own:
            what = f"tool {own.name}"
            handed = await in_thread(context, workspace, tool.plugin, language=language)
            function, given = own.call, (_checked(own, arguments),)
    return await calling.call(
        tool.plugin,
        what,
        function,
        *given,
        handed,
        seconds=tool.seconds,
        workspace=workspace.uuid,
        answers=(ToolAnswer, str),
    )


def _checked(tool: Any, arguments: Mapping[str, Any]) -> Any:
    """As the plugin's own model has them: it may be stricter than the schema made from it."""
    if tool.arguments is None:
        return dict(arguments)
    try:
        return tool.arguments.model_validate(arguments)
    except ValidationError as error:
        said = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors()[:5])
        raise ToolError(f"These arguments do not fit: {said}") from error
