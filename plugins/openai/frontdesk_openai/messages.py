"""Frontdesk's messages and tools in the words of the chat completions API."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

from frontdesk.sdk.values import ChatMessage, ChatRequest, ImagePart, TextPart, ToolCall, ToolSpec


def chat_parameters(request: ChatRequest) -> dict[str, Any]:
    """The body of POST /chat/completions; what was not asked for is left out, so that old servers do not stumble over it."""
    parameters: dict[str, Any] = {
        "model": request.model,
        "messages": [encode_message(message) for message in request.messages],
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    if request.tools:
        parameters["tools"] = [encode_tool(tool) for tool in request.tools]
    if request.temperature is not None:
        parameters["temperature"] = request.temperature
    if request.max_tokens is not None:
        parameters["max_completion_tokens"] = request.max_tokens
    if request.user:
        parameters["user"] = request.user
    return {**parameters, **request.extra}


def encode_message(message: ChatMessage) -> dict[str, Any]:
    encoded: dict[str, Any] = {"role": message.role, "content": encode_content(message)}
    if message.role == "tool":
        encoded["tool_call_id"] = message.tool_call_id
    if message.tool_calls:
        encoded["tool_calls"] = [encode_call(call) for call in message.tool_calls]
        encoded["content"] = encoded["content"] or None
    return encoded


def encode_content(message: ChatMessage) -> str | list[dict[str, Any]]:
    """Plain text where it is enough: many servers do not take lists of parts."""
    if message.role != "user" or not any(isinstance(part, ImagePart) for part in message.parts):
        return message.text
    return [encode_part(part) for part in message.parts]


def encode_part(part: TextPart | ImagePart) -> dict[str, Any]:
    if isinstance(part, TextPart):
        return {"type": "text", "text": part.text}
    url = f"data:{part.media_type};base64,{b64encode(part.data).decode()}"
    return {"type": "image_url", "image_url": {"url": url}}


def encode_call(call: ToolCall) -> dict[str, Any]:
    return {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}


def encode_tool(tool: ToolSpec) -> dict[str, Any]:
    return {
        "type": "function",
        "function": {"name": tool.name, "description": tool.description, "parameters": dict(tool.parameters)},
    }
