"""The scripted model is a provider like the others, and is there only when it is asked for."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from frontdesk_scripted import plugin

from frontdesk.sdk.testing.provider_contract import EmbeddingContract, Scenario, ToolContract
from frontdesk.sdk.testing.scripted import CallTool, Say, ScriptedProvider, Step
from frontdesk.sdk.values import ChatRequest, message

SCENES: dict[str, Step] = {
    "chat": Say("We open at nine."),
    "tools": CallTool("opening_hours", {"city": "Porto", "day": "Sunday"}),
}


class TestContract(ToolContract, EmbeddingContract):
    module = "frontdesk_scripted.plugin"
    embedding_model = "scripted-embedding"

    @pytest.fixture(autouse=True)
    def switched_on(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv(plugin.SWITCH, "1")

    @pytest.fixture
    def provider(self) -> ScriptedProvider:
        return ScriptedProvider(steps=[])

    @pytest.fixture
    def request_for_chat(self) -> ChatRequest:
        return ChatRequest(model="scripted", messages=(message("user", "When do you open?"),))

    @pytest.fixture
    def arrange(self, provider: ScriptedProvider) -> Callable[[Scenario], None]:
        return lambda scenario: provider.play(SCENES[scenario]) if scenario in SCENES else None


def test_it_is_hidden_unless_switched_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(plugin.SWITCH, raising=False)
    assert plugin.register_providers() == []
