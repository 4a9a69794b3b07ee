"""The provider that needs no key and no network: MiniLM vectors, token re-ranking and quoted answers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import contextmanager
from typing import Literal

import regex

from frontdesk.sdk.errors import ProviderRejected, ProviderUnavailable
from frontdesk.sdk.provider import Provider
from frontdesk.sdk.values import ChatEvent, ChatRequest, Finished, ModelInfo, PartDelta, PartDone, Usage, UsageReport, Vectors

from .build_model import wheel_folder
from .embedder import DIMENSIONS, LONGEST, shared_embedder
from .phrases import phrase
from .words import count

EMBEDDING, CHAT, RERANK = "minilm-l6", "quotes", "minilm-l6-tokens"
LATIN = frozenset({"LATIN"})
MODELS = (
    ModelInfo(EMBEDDING, "embedding", "MiniLM (offline)", streaming=False, context=LONGEST, dimensions=DIMENSIONS, scripts=LATIN),
    ModelInfo(CHAT, "chat", "Quotes from your knowledge (offline)"),
    ModelInfo(RERANK, "rerank", "MiniLM word by word (offline)", streaming=False, context=LONGEST, scripts=LATIN),
)
WORD = regex.compile(r"\s*(?:[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}]{1,3}|[^\s\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}]+)")


class OfflineProvider(Provider):
    """Everything in this process, on the CPU, free of charge."""

    slug = "offline"
    label = phrase("Offline")
    needs_network = False

    async def models(self) -> Sequence[ModelInfo]:
        try:
            wheel_folder()
        except FileNotFoundError as error:
            raise ProviderUnavailable(str(error)) from error
        return MODELS

    async def chat(self, request: ChatRequest) -> AsyncGenerator[ChatEvent, None]:
        """Quotes from `request.passages`; see `answerer`. Tools, temperature and the system message have no effect."""
        from .answerer import answer

        _expect(request.model, CHAT)
        with _prepared():
            reply = await asyncio.to_thread(answer, request, shared_embedder().nearness)
        for piece in WORD.findall(reply.text):
            yield PartDelta(piece)
        yield PartDone(reply.text, cited=reply.cited)
        yield UsageReport(Usage(sum(count(message.text) for message in request.messages), count(reply.text)))
        yield Finished("stop")

    async def embed(self, model: str, texts: Sequence[str], *, kind: Literal["query", "document"]) -> tuple[Vectors, Usage]:
        """MiniLM knows English well, other languages in Latin script a little, other scripts not at all."""
        _expect(model, EMBEDDING)
        with _prepared():
            vectors, read = await shared_embedder().embed(texts, kind)
        return vectors, Usage(input_tokens=read, requests=1 if texts else 0)

    async def rerank(self, model: str, query: str, texts: Sequence[str]) -> tuple[list[float], Usage]:
        """About 20 ms a text the first time it is seen, nothing after that; so give it the best twenty or so."""
        _expect(model, RERANK)
        with _prepared():
            return await shared_embedder().rank(query, texts), Usage()


@contextmanager
def _prepared() -> Iterator[None]:
    """A model that cannot be made (no weights, a full disk) is a provider that cannot be reached."""
    try:
        yield
    except OSError as error:
        raise ProviderUnavailable(f"The offline model could not be prepared: {error}") from error


def _expect(model: str, known: str) -> None:
    if model != known:
        raise ProviderRejected(f"The offline provider has no model {model!r} for this; use {known!r}.")
