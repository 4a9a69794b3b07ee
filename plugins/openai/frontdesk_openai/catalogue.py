"""What OpenAI's models can do and cost.

The vendor's list of models has only names. Prices are the public list prices for short prompts in US dollars per million
tokens, as of November 2026 (openai.com/api/pricing; GPT-6 and the lower prices of GPT-5.6 as docs.litellm.ai/blog/gpt_6_sol_luna
and docs.laozhang.ai/en/announcements/gpt-5-6-pricing-2026-07 repeat them). A model that is not here is offered as a plain chat
model at no price: on a compatible server it may be anybody's. The first of each kind is what an owner gets who does not choose.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from fnmatch import fnmatchcase

from frontdesk.sdk.values import ModelInfo


def _chat(id: str, label: str, context: int, input_price: float, output_price: float) -> ModelInfo:
    return ModelInfo(
        id, "chat", label, tools=True, vision=True, context=context, input_price=input_price, output_price=output_price
    )


def _embedding(id: str, label: str, dimensions: int, price: float) -> ModelInfo:
    return ModelInfo(id, "embedding", label, streaming=False, context=8192, dimensions=dimensions, input_price=price)


CATALOGUE: dict[str, ModelInfo] = {
    model.id: model
    for model in (
        _chat("gpt-5.6-luna", "GPT-5.6 Luna", 1_050_000, 0.2, 1.2),
        _chat("gpt-5.6-terra", "GPT-5.6 Terra", 1_050_000, 2, 12),
        _chat("gpt-5.6-sol", "GPT-5.6 Sol", 1_050_000, 5, 30),
        _chat("gpt-5.4-mini", "GPT-5.4 mini", 272_000, 0.75, 4.5),
        _chat("gpt-5.4", "GPT-5.4", 272_000, 2.5, 15),
        _chat("gpt-5.5", "GPT-5.5", 0, 5, 30),
        _chat("gpt-5.4-nano", "GPT-5.4 nano", 272_000, 0.2, 1.25),
        _chat("gpt-5.1", "GPT-5.1", 400_000, 1.25, 10),
        _chat("gpt-5", "GPT-5", 400_000, 1.25, 10),
        _chat("gpt-5-mini", "GPT-5 mini", 400_000, 0.25, 2),
        _chat("gpt-5-nano", "GPT-5 nano", 400_000, 0.05, 0.4),
        _chat("gpt-4.1", "GPT-4.1", 1_047_576, 2, 8),
        _chat("gpt-4.1-mini", "GPT-4.1 mini", 1_047_576, 0.4, 1.6),
        _chat("gpt-4.1-nano", "GPT-4.1 nano", 1_047_576, 0.1, 0.4),
        _chat("gpt-4o", "GPT-4o", 128_000, 2.5, 10),
        _chat("gpt-4o-mini", "GPT-4o mini", 128_000, 0.15, 0.6),
        _chat("gpt-6-luna", "GPT-6 Luna", 1_050_000, 0.1, 0.5),
        _chat("gpt-6-sol", "GPT-6 Sol", 1_050_000, 2, 10),
        _chat("gpt-6.1-sol", "GPT-6.1 Sol", 0, 2, 10),
        _chat("gpt-6-astra", "GPT-6 Astra", 1_050_000, 10, 50),
        _embedding("text-embedding-3-small", "Embedding 3 small", 1536, 0.02),
        _embedding("text-embedding-3-large", "Embedding 3 large", 1536, 0.13),
        _embedding("text-embedding-ada-002", "Embedding ada 002", 1536, 0.1),
    )
}
SHORTENED: frozenset[str] = frozenset({"text-embedding-3-large"})
"""Models asked for fewer dimensions than they have, because an index of pgvector takes at most 2,000."""

DATED = re.compile(r"-\d{4}-\d{2}-\d{2}$")
EMBEDDERS = ("*embed*", "*bge-*", "*minilm*")
OTHER_KINDS = (
    "*-codex*", "*-tts*", "*-pro", "*-pro-2*", "*audio*", "*computer-use*", "*dall-e*", "*deep-research*", "*gpt-image*",
    "*moderation*", "*realtime*", "*rerank*", "*-search-*", "*sora*", "*transcribe*", "*whisper*", "babbage-*", "codex-*",
    "davinci-*", "gpt-*-instruct*", "tts-*",
)  # fmt: skip
"""Names of models that the chat endpoint does not serve."""


def describe(id: str) -> ModelInfo | None:
    """What is known about a model; None for one that neither chats nor embeds."""
    if known := CATALOGUE.get(id):
        return known
    if family := CATALOGUE.get(DATED.sub("", id)):
        return replace(family, id=id, label=f"{family.label} ({id[-10:]})")
    name = id.lower()
    if any(fnmatchcase(name, pattern) for pattern in EMBEDDERS):
        return ModelInfo(id, "embedding", id, streaming=False)
    if any(fnmatchcase(name, pattern) for pattern in OTHER_KINDS):
        return None
    return ModelInfo(id, "chat", id, tools=True, vision=True)


def describe_all(ids: Iterable[str]) -> list[ModelInfo]:
    """What an account may use, the catalogue's models first and in its order."""
    ranks = {id: rank for rank, id in enumerate(CATALOGUE)}
    models = [model for model in map(describe, dict.fromkeys(ids)) if model is not None]
    return sorted(models, key=lambda model: (ranks.get(model.id, len(ranks)), model.id))
