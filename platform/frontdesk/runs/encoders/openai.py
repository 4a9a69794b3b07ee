"""OpenAI's chat completion chunks, as its API reference (chat/streaming) describes them."""

from __future__ import annotations

import time
from typing import Any

import orjson

from frontdesk.runs import events as kinds
from frontdesk.runs.events import RunEvent

DONE = b"data: [DONE]\n\n"


class ChunkEncoder:
    """Encodes one run as `chat.completion.chunk` lines."""

    def __init__(self, *, model: str, run: str, include_usage: bool = False) -> None:
        self.head = {"id": f"chatcmpl-{run}", "object": "chat.completion.chunk", "created": int(time.time()), "model": model}
        self.include_usage = include_usage
        self.usage = {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}

    def encode(self, event: RunEvent) -> bytes:
        data = event.data
        match event.type:
            case kinds.STARTED:
                return self._chunk({"role": "assistant", "content": ""})
            case kinds.TEXT:
                return self._chunk({"content": data["text"]})
            case kinds.USAGE:
                self.usage["prompt_tokens"] += data["input_tokens"]
                self.usage["completion_tokens"] += data["output_tokens"]
                self.usage["total_tokens"] += data["input_tokens"] + data["output_tokens"]
            case kinds.COMPLETED | kinds.PAUSED | kinds.CANCELLED:
                return self._chunk({}, finish="stop") + self._usage_chunk() + DONE
            case kinds.FAILED:
                error = {"message": data.get("message", ""), "type": "server_error", "code": data.get("code", "ERROR")}
                return b"data: " + orjson.dumps({"error": error}) + b"\n\n" + DONE
        return b""

    def _chunk(self, delta: dict[str, Any], finish: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        return b"data: " + orjson.dumps({**self.head, "choices": [choice]}) + b"\n\n"

    def _usage_chunk(self) -> bytes:
        if not self.include_usage:
            return b""
        return b"data: " + orjson.dumps({**self.head, "choices": [], "usage": self.usage}) + b"\n\n"
