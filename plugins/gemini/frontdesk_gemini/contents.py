"""Frontdesk's messages and tools as Gemini's contents. Imported only after the SDK itself."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import orjson
from google.genai import types
from pydantic import ValidationError

from frontdesk.sdk.errors import ProviderRejected
from frontdesk.sdk.values import ChatMessage, ChatRequest, ImagePart, ToolCall, ToolSpec

from .answer import OWN_ID

UNSIGNED = b"skip_thought_signature_validator"
"""Gemini 3 wants its signature back with a call; this stands for it on a call that another vendor's model made."""


def encode_contents(messages: Sequence[ChatMessage]) -> list[types.Content]:
    """Everything but the system message. Turns of one side are joined: results of parallel calls must come together."""
    names = {call.id: call.name for message in messages for call in message.tool_calls}
    contents: list[types.Content] = []
    for message in messages:
        if message.role == "system":
            continue
        role = "model" if message.role == "assistant" else "user"
        parts = [_result(message, names)] if message.role == "tool" else _parts(message)
        if contents and contents[-1].role == role:
            contents[-1] = types.Content(role=role, parts=[*(contents[-1].parts or []), *parts])
        elif parts:
            contents.append(types.Content(role=role, parts=parts))
    return contents


def encode_config(request: ChatRequest) -> types.GenerateContentConfig:
    """Raises ProviderRejected when `extra` holds what the vendor does not know."""
    system = "\n\n".join(message.text for message in request.messages if message.role == "system")
    options: dict[str, Any] = {
        "system_instruction": system or None,
        "temperature": request.temperature,
        "max_output_tokens": request.max_tokens,
        "tools": [types.Tool(function_declarations=[_tool(tool) for tool in request.tools])] if request.tools else None,
        # The host runs tools and resumes; the SDK must do neither on its own.
        "automatic_function_calling": types.AutomaticFunctionCallingConfig(disable=True),
        "automatic_continuation": False,
    }
    try:
        return types.GenerateContentConfig(**{**options, **request.extra})
    except ValidationError as error:
        raise ProviderRejected(f"Gemini does not take these options: {', '.join(request.extra)}.") from error


def _parts(message: ChatMessage) -> list[types.Part]:
    parts = [
        types.Part.from_bytes(data=part.data, mime_type=part.media_type)
        if isinstance(part, ImagePart)
        else types.Part(text=part.text)
        for part in message.parts
        if isinstance(part, ImagePart) or part.text
    ]
    return parts + [_call(call, first=number == 0) for number, call in enumerate(message.tool_calls)]


def _call(call: ToolCall, *, first: bool) -> types.Part:
    signature = b64decode(call.thought_signature) if call.thought_signature else None
    if first and signature is None:
        signature = UNSIGNED
    return types.Part(
        function_call=types.FunctionCall(id=_vendor_id(call.id), name=call.name, args=_arguments(call.arguments)),
        thought_signature=signature,
    )


def _result(message: ChatMessage, names: dict[str, str]) -> types.Part:
    name = message.name or names.get(message.tool_call_id, "")
    response = types.FunctionResponse(id=_vendor_id(message.tool_call_id), name=name, response={"result": message.text})
    return types.Part(function_response=response)


def _vendor_id(id: str) -> str | None:
    """Calls that came without an id go back without one."""
    return None if id.startswith(OWN_ID) else id or None


def _arguments(text: str) -> dict[str, Any]:
    """The vendor takes an object only; what the model wrote may be anything."""
    with suppress(orjson.JSONDecodeError):
        if isinstance(arguments := orjson.loads(text), dict):
            return arguments
    return {}


def _tool(tool: ToolSpec) -> types.FunctionDeclaration:
    return types.FunctionDeclaration(name=tool.name, description=tool.description, parameters_json_schema=dict(tool.parameters))
