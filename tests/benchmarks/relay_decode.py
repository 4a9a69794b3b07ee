"""What one token of a relayed answer costs: our decoding of raw lines against the SDK's own object for every chunk.

    .venv/bin/python tests/benchmarks/relay_decode.py [tokens] [rounds]

Both read the same bytes through the same in-memory transport, in turns, in one run; the fastest round of each counts.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import httpx
import orjson
from frontdesk_openai.provider import OpenAIConfig, OpenAIProvider
from frontdesk_openai.stream import ChatStream
from openai import AsyncOpenAI
from pydantic import SecretStr

from frontdesk.sdk.values import ChatRequest, PartDelta, message

RECORDING = Path(__file__).parents[2] / "plugins/openai/tests/recordings/chat.sse"
READ_SIZE = 2048


def long_answer(tokens: int) -> list[bytes]:
    """The recorded answer with its words repeated, in pieces as they come from a socket."""
    first, *words, last, usage, done = [event + b"\n\n" for event in RECORDING.read_bytes().split(b"\n\n") if event]
    body = b"".join([first, *(words[number % len(words)] for number in range(tokens)), last, usage, done])
    return [body[start : start + READ_SIZE] for start in range(0, len(body), READ_SIZE)]


class Body(httpx.AsyncByteStream):
    def __init__(self, pieces: list[bytes]) -> None:
        self.pieces = pieces

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self.pieces:
            yield piece


def client(pieces: list[bytes]) -> httpx.AsyncClient:
    def answer(request: httpx.Request) -> httpx.Response:
        assert orjson.loads(request.content)["stream"]
        return httpx.Response(200, headers={"content-type": "text/event-stream"}, stream=Body(pieces))

    return httpx.AsyncClient(transport=httpx.MockTransport(answer))


async def ours(pieces: list[bytes]) -> int:
    provider = OpenAIProvider(OpenAIConfig(api_key=SecretStr("none")), http=lambda *, timeout: client(pieces))
    request = ChatRequest("gpt-5-mini", (message("user", "When do you open?"),))
    return sum([isinstance(event, PartDelta) async for event in provider.chat(request)])


async def theirs(pieces: list[bytes]) -> int:
    openai = AsyncOpenAI(api_key="none", http_client=client(pieces))
    messages = [{"role": "user", "content": "When do you open?"}]
    stream = await openai.chat.completions.create(model="gpt-5-mini", messages=messages, stream=True)
    return sum([bool(chunk.choices and chunk.choices[0].delta.content) async for chunk in stream])


async def decoding_alone(pieces: list[bytes]) -> int:
    stream = ChatStream("OpenAI")
    return sum(isinstance(event, PartDelta) for piece in pieces for event in stream.feed(piece))


async def timed(relay: Callable[[list[bytes]], Awaitable[int]], pieces: list[bytes], tokens: int) -> float:
    begun = time.perf_counter()
    assert await relay(pieces) == tokens
    return (time.perf_counter() - begun) / tokens * 1e6


async def main(tokens: int = 5000, rounds: int = 5) -> None:
    pieces = long_answer(tokens)
    for relay in (ours, theirs):  # imports and first-use caches are not what is measured
        await relay(pieces)
    results = [[await timed(relay, pieces, tokens) for relay in (ours, theirs, decoding_alone)] for _ in range(rounds)]
    our, their, alone = (min(column) for column in zip(*results, strict=True))
    print(f"{tokens} tokens, best of {rounds}, µs a token: ours {our:.1f} (decoding alone {alone:.1f}), the SDK's {their:.1f}")
    print(f"ratio {their / our:.1f}")


if __name__ == "__main__":
    asyncio.run(main(*map(int, sys.argv[1:])))
