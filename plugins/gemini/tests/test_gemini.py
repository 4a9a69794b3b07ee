"""Gemini's provider: the contract, and what is particular to it."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from frontdesk_gemini.catalogue import DIMENSIONS, PRICES
from frontdesk_gemini.provider import TEXTS_A_CALL, GeminiConfig, GeminiProvider
from pydantic import SecretStr

from frontdesk.sdk.errors import (
    ProviderAuthError,
    ProviderQuotaError,
    ProviderRateLimited,
    ProviderRejected,
    ProviderStopped,
    ProviderUnavailable,
)
from frontdesk.sdk.provider import HttpFactory, Provider
from frontdesk.sdk.testing.answers import Answer, read_answer
from frontdesk.sdk.testing.provider_contract import EmbeddingContract, Scenario, ToolContract
from frontdesk.sdk.testing.vendor_contract import VendorContract
from frontdesk.sdk.testing.vendor_server import Handler, Reply, VendorRequest, VendorServer
from frontdesk.sdk.values import ChatMessage, ChatRequest, ImagePart, TextPart, ToolCall, Usage, UsageReport, message

RECORDINGS = Path(__file__).parent / "recordings"
SIGNATURE = base64.b64encode(b"\x12\x9f\x01opaque signature").decode()
ASK = ChatRequest(model="gemini-3.8-flash", messages=(message("user", "When do you open?"),))


def recording(name: str, status: int = 200) -> Reply:
    return Reply.file(next(RECORDINGS.glob(f"{name}.*")), status=status)


def embeddings(request: VendorRequest) -> Reply:
    """As the vendor answers: within the limit of a call, shortened vectors not of length 1."""
    asked = request.json()["requests"]
    if len(asked) > 100:
        return Reply.of({"error": {"code": 400, "message": "at most 100 requests", "status": "INVALID_ARGUMENT"}}, status=400)
    texts = ["".join(part["text"] for part in entry["content"]["parts"]) for entry in asked]
    rows = [np.random.default_rng(list(text.encode())).normal(size=asked[0]["outputDimensionality"]) for text in texts]
    return Reply.of(
        {"embeddings": [{"values": row.tolist()} for row in rows], "usageMetadata": {"promptTokenCount": 5 * len(rows)}}
    )


def make(vendor: VendorServer) -> GeminiProvider:
    return GeminiProvider(GeminiConfig(api_key=SecretStr("key-that-nobody-may-see"), base_url=vendor.url))


class TestContract(VendorContract, ToolContract, EmbeddingContract):
    module = "frontdesk_gemini.plugin"
    embedding_model = "gemini-embedding-001"
    many = 2 * TEXTS_A_CALL + 50

    @pytest.fixture
    def request_for_chat(self) -> ChatRequest:
        return ASK

    def make_provider(self, base_url: str, *, timeout: float, http: HttpFactory | None) -> Provider:
        return GeminiProvider(GeminiConfig(api_key=SecretStr(self.secret), base_url=base_url, timeout=timeout), http=http)

    def reply(self, scenario: Scenario) -> Reply | Handler:
        if scenario == "embed":
            return embeddings
        return recording(scenario)

    def refusal(self, status: int) -> Reply:
        return recording(f"error_{status}", status)


@pytest.fixture
async def vendor() -> AsyncIterator[Any]:
    async with VendorServer() as vendor:
        yield vendor


@pytest.fixture
async def provider(vendor) -> AsyncIterator[Any]:
    provider = make(vendor)
    yield provider
    await provider.close()


async def ask(vendor: VendorServer, provider: GeminiProvider, name: str, request: ChatRequest = ASK) -> Answer:
    vendor.play(recording(name))
    return await read_answer(provider.chat(request))


async def test_an_answer_and_what_it_used(vendor, provider) -> None:
    answer = await ask(vendor, provider, "chat")
    assert answer.text == "We open at nine o’clock, from Monday to Saturday — **welcome**!"
    assert answer.usage == Usage(input_tokens=33, output_tokens=88, cached_tokens=12)
    asked = vendor.requests[0]
    assert (asked.method, asked.path) == ("POST", "/v1beta/models/gemini-3.8-flash:streamGenerateContent")
    assert asked.query == {"alt": "sse"}
    assert asked.headers["x-goog-api-key"] == "key-that-nobody-may-see"
    assert asked.json()["contents"] == [{"role": "user", "parts": [{"text": "When do you open?"}]}]


async def test_thoughts_are_a_part_of_their_own(vendor, provider) -> None:
    answer = await ask(vendor, provider, "thinking")
    assert (answer.reasoning, answer.text) == ("**Reading the hours**\nThey open at nine.", "At nine.")


async def test_calls_keep_their_ids_and_signatures(vendor, provider) -> None:
    answer = await ask(vendor, provider, "tools")
    first, second = answer.tool_calls
    assert first == ToolCall("qx81mzp0", "opening_hours", '{"city":"Porto","day":"Sunday"}', SIGNATURE)
    assert second.id
    assert second.thought_signature == ""


async def test_the_whole_conversation_is_sent(vendor, provider) -> None:
    first, second = (await ask(vendor, provider, "tools")).tool_calls
    request = ChatRequest(
        model="gemini-3.8-flash",
        messages=(
            message("system", "Be kind."),
            ChatMessage("user", (TextPart("What is this?"), ImagePart(b"\x89PNG", "image/png"))),
            ChatMessage("assistant", tool_calls=(first, second)),
            ChatMessage("tool", (TextPart("closed"),), tool_call_id=first.id),
            ChatMessage("tool", (TextPart("open"),), tool_call_id=second.id, name="opening_hours"),
        ),
        tools=(TestContract.tool,),
        temperature=0.2,
        max_tokens=50,
    )
    await ask(vendor, provider, "chat", request)
    asked = vendor.requests[-1].json()
    assert asked["systemInstruction"]["parts"] == [{"text": "Be kind."}]
    user, model, results = asked["contents"]
    assert user["parts"][0] == {"text": "What is this?"}
    assert user["parts"][1]["inlineData"]["data"] == "iVBORw=="
    porto, lisboa = model["parts"]
    assert (porto["functionCall"]["id"], porto["thoughtSignature"]) == ("qx81mzp0", SIGNATURE)
    assert lisboa == {"functionCall": {"name": "opening_hours", "args": {"day": "Sunday", "city": "Lisboa"}}}
    assert results["parts"] == [
        {"functionResponse": {"id": "qx81mzp0", "name": "opening_hours", "response": {"result": "closed"}}},
        {"functionResponse": {"name": "opening_hours", "response": {"result": "open"}}},
    ]
    assert TestContract.tool.parameters in asked["tools"][0]["functionDeclarations"][0].values()
    assert asked["generationConfig"] == {"temperature": 0.2, "maxOutputTokens": 50}


async def test_a_call_of_another_vendor_is_let_through(vendor, provider) -> None:
    call = ToolCall("call_1", "opening_hours", "not json")
    request = ChatRequest(
        model="gemini-3.8-flash",
        messages=(
            message("user", "Hi"),
            ChatMessage("assistant", tool_calls=(call,)),
            ChatMessage("tool", tool_call_id="call_1"),
        ),
    )
    await ask(vendor, provider, "chat", request)
    part = vendor.requests[0].json()["contents"][1]["parts"][0]
    assert base64.b64decode(part["thoughtSignature"]) == b"skip_thought_signature_validator"
    assert part["functionCall"]["name"] == "opening_hours"


async def test_a_blocked_question_is_an_empty_answer(vendor, provider) -> None:
    answer = await ask(vendor, provider, "blocked")
    assert (answer.text, answer.reason, answer.usage.input_tokens) == ("", "content_filter", 8)


async def test_a_breakdown_is_counted_and_can_be_tried_again(vendor, provider) -> None:
    vendor.play(recording("malformed_call"))
    events = []
    with pytest.raises(ProviderStopped, match="MALFORMED_FUNCTION_CALL") as caught:
        async for event in provider.chat(ASK):
            events.append(event)  # noqa: PERF401 - the events before the error are wanted
    assert caught.value.retryable
    assert events[-1] == UsageReport(Usage(input_tokens=33, output_tokens=88, cached_tokens=12))


async def test_a_connection_lost_after_the_last_word_loses_nothing(vendor, provider) -> None:
    whole = recording("chat")
    vendor.play(whole.first(len(whole.pieces), ending="cut"))
    assert (await read_answer(provider.chat(ASK))).text.endswith("**welcome**!")


async def test_an_unknown_option_is_rejected_before_the_vendor_is_asked(vendor, provider) -> None:
    request = ChatRequest(model="gemini-3.8-flash", messages=ASK.messages, extra={"no_such_option": 1})
    with pytest.raises(ProviderRejected, match="no_such_option"):
        await read_answer(provider.chat(request))
    assert vendor.requests == []


@pytest.mark.parametrize(
    ("name", "status", "kind"), [("400_key", 400, ProviderAuthError), ("429_credits", 429, ProviderQuotaError)]
)
async def test_what_a_status_hides(vendor, provider, name, status, kind) -> None:
    vendor.play(recording(f"error_{name}", status))
    with pytest.raises(kind):
        await provider.models()


@pytest.mark.parametrize(("code", "kind"), [(429, ProviderRateLimited), (503, ProviderUnavailable)])
async def test_an_error_in_the_middle_of_an_answer(vendor, provider, code, kind) -> None:
    failed = Reply.of({"error": {"code": code, "message": "Not now", "status": "X"}}).pieces[0]
    vendor.play(recording("chat").first(2, ending="complete").then(b"data: " + failed + b"\r\n\r\n"))
    with pytest.raises(kind, match="Not now"):
        await read_answer(provider.chat(ASK))


def test_no_model_of_the_vendor_is_free() -> None:
    assert all(paid and (said or "embedding" in id) for id, (paid, said) in PRICES.items())


async def test_models_come_with_what_is_known_of_them(vendor, provider) -> None:
    vendor.play(recording("models"))
    models = {model.id: model for model in await provider.models()}
    assert list(models) == [
        "gemini-3.8-flash",
        "gemini-2.5-flash",
        "gemini-embedding-2",
        "gemini-embedding-001",
        "gemini-9-ultra",
        "gemma-3-27b-it",
    ]
    assert (models["gemini-2.5-flash"].context, models["gemini-2.5-flash"].output_price) == (1048576, 2.5)
    assert models["gemini-9-ultra"].tools
    assert not models["gemma-3-27b-it"].tools
    assert models["gemini-embedding-2"].kind == "embedding"


@pytest.mark.parametrize(
    ("model", "text", "task"),
    [
        ("gemini-embedding-001", "hours?", "RETRIEVAL_QUERY"),
        ("gemini-embedding-2", "task: search result | query: hours?", None),
    ],
)
async def test_a_model_is_told_its_task_its_own_way(vendor, provider, model, text, task) -> None:
    vendor.play(embeddings)
    vectors, usage = await provider.embed(model, ["hours?"], kind="query")
    asked = vendor.requests[0].json()["requests"][0]
    assert asked["content"]["parts"] == [{"text": text}]
    assert asked.get("taskType") == task
    assert vectors.shape == (1, DIMENSIONS)
    assert usage == Usage(input_tokens=5)


async def test_the_environment_of_the_operator_stays_out(vendor, monkeypatch) -> None:
    monkeypatch.setenv("GOOGLE_GENAI_USE_VERTEXAI", "true")
    monkeypatch.setenv("GOOGLE_API_KEY", "key-of-the-operator")
    monkeypatch.setenv("GOOGLE_GEMINI_BASE_URL", "http://127.0.0.1:9")
    provider = make(vendor)
    vendor.play(recording("models"))
    await provider.models()
    assert vendor.requests[0].headers["x-goog-api-key"] == "key-that-nobody-may-see"
    await provider.close()
