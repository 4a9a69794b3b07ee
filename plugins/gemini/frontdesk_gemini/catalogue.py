"""What Gemini's models cost, and which of them are for chat.

The vendor's list says what a model can do and how much it reads, but not its price. Prices are the public list prices
for short prompts in US dollars per million tokens, as of November 2026 (ai.google.dev/gemini-api/docs/pricing; Gemini 3.8 Flash
as github.com/BerriAI/litellm/discussions/39357 repeats it). The first of each kind is what an owner gets who does not choose.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from frontdesk.sdk.values import ModelInfo

if TYPE_CHECKING:
    from google.genai.types import Model

PRICES: dict[str, tuple[float, float]] = {
    # From 2027 on 1.5 and 7.5.
    "gemini-3.8-flash": (0.75, 3.75),
    "gemini-3.5-flash": (1.5, 9),
    "gemini-3.1-flash-lite": (0.25, 1.5),
    "gemini-3-flash-preview": (0.5, 3),
    "gemini-3.1-pro-preview": (2, 12),
    "gemini-2.5-flash": (0.3, 2.5),
    "gemini-2.5-flash-lite": (0.1, 0.4),
    "gemini-2.5-pro": (1.25, 10),
    "gemini-embedding-2": (0.2, 0),
    "gemini-embedding-001": (0.15, 0),
}
DIMENSIONS = 768
"""What embeddings are shortened to: the vendor recommends it, and 3,072 would not fit an index of pgvector."""

NOT_FOR_CHAT = ("*-audio*", "*-image*", "*-live*", "*-tts*", "*computer-use*", "*robotics*", "imagen-*", "lyria-*", "veo-*")
WITHOUT_TOOLS = ("gemma-*",)


@dataclass(frozen=True, slots=True)
class EmbeddingPrompts:
    """How texts are put to a model that takes its task in words (https://ai.google.dev/gemini-api/docs/embeddings)."""

    query: str = "{text}"
    document: str = "{text}"


PROMPTED: dict[str, EmbeddingPrompts] = {
    "gemini-embedding-2*": EmbeddingPrompts("task: search result | query: {text}", "title: none | text: {text}"),
}


def prompts_for(model: str) -> EmbeddingPrompts | None:
    """None for a model that is told its task in a field instead."""
    return next((prompts for pattern, prompts in PROMPTED.items() if fnmatchcase(model, pattern)), None)


def describe(model: Model) -> ModelInfo | None:
    """What is known about a model; None for one that neither chats nor embeds."""
    id = (model.name or "").removeprefix("models/")
    actions = model.supported_actions or []
    input_price, output_price = PRICES.get(id, (0.0, 0.0))
    if "embedContent" in actions:
        return ModelInfo(
            id,
            "embedding",
            model.display_name or id,
            streaming=False,
            context=model.input_token_limit or 0,
            dimensions=DIMENSIONS,
            input_price=input_price,
        )
    if "generateContent" not in actions or any(fnmatchcase(id, pattern) for pattern in NOT_FOR_CHAT):
        return None
    return ModelInfo(
        id,
        "chat",
        model.display_name or id,
        tools=not any(fnmatchcase(id, pattern) for pattern in WITHOUT_TOOLS),
        vision=True,
        context=model.input_token_limit or 0,
        input_price=input_price,
        output_price=output_price,
    )


def describe_all(models: Iterable[Model]) -> list[ModelInfo]:
    """What an account may use, models with a known price first."""
    ranks = {id: rank for rank, id in enumerate(PRICES)}
    known = {model.id: model for model in map(describe, models) if model is not None}
    return sorted(known.values(), key=lambda model: (ranks.get(model.id, len(ranks)), model.id))
