"""What every provider must do. Subclass the parts that fit; a plugin's tests are the subclass.

    class TestOffline(ChatContract, EmbeddingContract):
        module = "frontdesk_offline.plugin"
        embedding_model = "minilm"

        @pytest.fixture
        def provider(self) -> OfflineProvider:
            return OfflineProvider(NoConfig())

`ProviderContract` holds what all share, `ChatContract`, `ToolContract` and `EmbeddingContract` one ability each, and
`frontdesk.sdk.testing.vendor_contract` what a provider that speaks HTTP owes on top: it cannot be forgotten, and never
has to be skipped. Needs pytest and pytest-asyncio in its "auto" mode.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from abc import ABC
from collections.abc import Callable
from importlib import import_module
from typing import ClassVar, Literal

import numpy as np
import pytest

from ..manifest import Manifest
from ..provider import Provider
from ..values import ChatRequest, PartDelta, ToolSpec, message
from .answers import read_answer

Scenario = Literal["models", "chat", "tools", "embed"]

LOAD_PLUGIN = """
import importlib, json, sys
plugin = importlib.import_module(sys.argv[1])
plugin.manifest()
plugin.register_providers()
print(json.dumps(sorted(sys.modules)))
"""


class ProviderContract(ABC):
    """What every provider owes the host."""

    module: ClassVar[str]
    """Where the entry point leads: "frontdesk_openai.plugin"."""
    heavy: ClassVar[frozenset[str]] = frozenset(
        {"aiohttp", "django", "google.genai", "httpx", "httpx2", "onnxruntime", "openai", "requests", "tokenizers"}
    )
    """Modules that may be loaded only when a provider is used."""

    @pytest.fixture
    def provider(self) -> Provider:
        """One configured account."""
        raise NotImplementedError("A subclass makes the provider.")

    @pytest.fixture
    def arrange(self) -> Callable[[Scenario], None]:
        """Gets the vendor ready for one call; a provider without a vendor needs nothing."""
        return lambda scenario: None

    def test_the_plugin_offers_the_provider(self, provider: Provider) -> None:
        plugin = import_module(self.module)
        assert type(provider) in plugin.register_providers()
        assert isinstance(plugin.manifest(), Manifest)

    def test_loading_the_plugin_loads_nothing_heavy(self) -> None:
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
        command = [sys.executable, "-c", LOAD_PLUGIN, self.module]
        loaded = json.loads(subprocess.run(command, env=environment, capture_output=True, check=True).stdout)  # noqa: S603
        assert self.heavy.isdisjoint(loaded)

    def test_it_can_be_drawn_as_a_form(self, provider: Provider) -> None:
        assert provider.slug
        assert provider.label
        assert set(provider.shared_config_env) <= set(provider.config_model.model_fields)

    async def test_models_are_listed_with_what_they_can_do(self, provider: Provider, arrange: Callable[[Scenario], None]) -> None:
        arrange("models")
        models = await provider.models()
        assert models
        assert len({model.id for model in models}) == len(models)
        assert all(model.label for model in models)
        assert all(model.input_price >= 0 and model.output_price >= 0 for model in models)
        await provider.close()

    async def test_closing_before_any_call_is_fine(self, provider: Provider) -> None:
        await provider.close()


class ChatContract(ProviderContract):
    """What a provider that chats owes."""

    @pytest.fixture
    def request_for_chat(self) -> ChatRequest:
        """A request that is answered in several pieces of text."""
        raise NotImplementedError("A subclass asks something that its provider answers.")

    async def test_a_chat_keeps_the_order(
        self, provider: Provider, arrange: Callable[[Scenario], None], request_for_chat: ChatRequest
    ) -> None:
        arrange("chat")
        answer = await read_answer(provider.chat(request_for_chat))
        assert answer.text.strip()
        assert answer.reason == "stop"
        pieces = [event for event in answer.events if isinstance(event, PartDelta) and event.kind == "text"]
        assert len(pieces) > 1, "An answer is streamed, not sent at once."
        await provider.close()

    async def test_a_chat_left_half_read_does_not_hurt_the_next(
        self, provider: Provider, arrange: Callable[[Scenario], None], request_for_chat: ChatRequest
    ) -> None:
        arrange("chat")
        events = provider.chat(request_for_chat)
        assert isinstance(await anext(events), PartDelta)
        await events.aclose()
        arrange("chat")
        answer = await read_answer(provider.chat(request_for_chat))
        assert answer.text.strip()
        await provider.close()


class ToolContract(ChatContract):
    """What a provider whose models call tools owes."""

    tool: ClassVar[ToolSpec] = ToolSpec(
        name="opening_hours",
        description="The opening hours of a shop on a day.",
        parameters={
            "type": "object",
            "properties": {"city": {"type": "string"}, "day": {"type": "string"}},
            "required": ["city", "day"],
        },
    )

    @pytest.fixture
    def request_for_tools(self, request_for_chat: ChatRequest) -> ChatRequest:
        """A request that is answered with a call of `tool`."""
        return ChatRequest(
            model=request_for_chat.model,
            messages=(message("user", "When do you open in Porto on Sunday?"),),
            tools=(self.tool,),
        )

    async def test_a_tool_call_arrives_whole(
        self, provider: Provider, arrange: Callable[[Scenario], None], request_for_tools: ChatRequest
    ) -> None:
        arrange("tools")
        answer = await read_answer(provider.chat(request_for_tools))
        assert answer.reason == "tool_calls"
        assert all(call.name == self.tool.name for call in answer.tool_calls)
        assert all(set(json.loads(call.arguments)) == {"city", "day"} for call in answer.tool_calls)
        assert len({call.id for call in answer.tool_calls}) == len(answer.tool_calls), "Each call has an id of its own."
        await provider.close()


class EmbeddingContract(ProviderContract):
    """What a provider that embeds owes."""

    embedding_model: ClassVar[str]
    many: ClassVar[int] = 50
    """How many texts are embedded at once; for a vendor with a limit to a call, more than that."""

    texts: ClassVar[tuple[str, ...]] = (
        "We open at nine.",
        "Bread costs two euros.",
        "نفتح في التاسعة صباحا",
        "We open at nine.",
    )

    async def _embed(
        self, provider: Provider, arrange: Callable[[Scenario], None], texts: list[str]
    ) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
        arrange("embed")
        vectors, usage = await provider.embed(self.embedding_model, texts, kind="document")
        assert usage.requests >= 1
        return vectors

    async def test_embeddings_are_one_unit_row_a_text(self, provider: Provider, arrange: Callable[[Scenario], None]) -> None:
        arrange("models")
        dimensions = {model.id: model.dimensions for model in await provider.models()}[self.embedding_model]
        vectors = await self._embed(provider, arrange, list(self.texts))
        assert vectors.shape == (len(self.texts), dimensions)
        assert vectors.dtype == np.float32
        np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-4)
        assert float(vectors[0] @ vectors[3]) > 0.999, "The same text has the same vector."
        assert float(vectors[0] @ vectors[1]) < 0.999, "Different texts have different vectors."
        await provider.close()

    async def test_embeddings_keep_the_order_over_batches(self, provider: Provider, arrange: Callable[[Scenario], None]) -> None:
        texts = [f"Item {number} costs {number * 7} euros." for number in range(self.many)]
        vectors = await self._embed(provider, arrange, texts)
        backwards = await self._embed(provider, arrange, texts[::-1])
        alone = await self._embed(provider, arrange, [texts[-1]])
        assert vectors.shape[0] == self.many
        assert float(np.sum(vectors * backwards[::-1], axis=1).min()) > 0.98, "A row does not depend on its neighbours."
        assert int(np.argmax(vectors @ alone[0])) == self.many - 1
        await provider.close()

    async def test_embedding_nothing_gives_no_rows(self, provider: Provider) -> None:
        vectors, usage = await provider.embed(self.embedding_model, [], kind="query")
        assert vectors.shape[0] == 0
        assert vectors.ndim == 2
        assert (usage.input_tokens, usage.requests) == (0, 0)
        await provider.close()
