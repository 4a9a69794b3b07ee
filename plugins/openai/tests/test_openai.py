"""OpenAI's provider: the contract, and what is particular to it and to servers that speak its protocol."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from frontdesk_openai.catalogue import CATALOGUE, SHORTENED
from frontdesk_openai.provider import TEXTS_A_CALL, OpenAIConfig, OpenAIProvider, batches
from pydantic import SecretStr

from frontdesk.sdk.errors import ProviderQuotaError, ProviderRateLimited, ProviderRejected, ProviderUnavailable
from frontdesk.sdk.provider import HttpFactory, Provider
from frontdesk.sdk.testing.answers import Answer, read_answer
from frontdesk.sdk.testing.provider_contract import EmbeddingContract, Scenario, ToolContract
from frontdesk.sdk.testing.vendor_contract import VendorContract
from frontdesk.sdk.testing.vendor_server import Handler, Reply, VendorRequest, VendorServer
from frontdesk.sdk.values import ChatMessage, ChatRequest, ImagePart, PartDelta, TextPart, ToolCall, Usage, message

RECORDINGS = Path(__file__).parent / "recordings"
ASK = ChatRequest(model="gpt-5-mini", messages=(message("user", "When do you open?"),))


def recording(name: str, status: int = 200, **headers: str) -> Reply:
    path = next(RECORDINGS.glob(f"{name}.*"))
    return Reply.file(path, status=status, headers={key.replace("_", "-"): value for key, value in headers.items()})


def embeddings(request: VendorRequest) -> Reply:
    """As the vendor answers: base64 when it is asked for, in any order, not of length 1, within the limits of a call."""
    asked = request.json()
    texts, dimensions = asked["input"], asked.get("dimensions", 1536)
    if len(texts) > 2048 or not all(texts):
        return Reply.of({"error": {"message": "'$.input' is invalid.", "param": "input"}}, status=400)
    rows = [np.random.default_rng(list(text.encode())).normal(size=dimensions).astype("<f4") * 3 for text in texts]
    data = [
        {
            "object": "embedding",
            "index": index,
            "embedding": base64.b64encode(row.tobytes()).decode() if asked.get("encoding_format") == "base64" else row.tolist(),
        }
        for index, row in enumerate(rows)
    ]
    usage = {"prompt_tokens": len(texts) * 5, "total_tokens": len(texts) * 5}
    return Reply.of({"object": "list", "data": data[::-1], "model": asked["model"], "usage": usage})


def make(vendor: VendorServer) -> OpenAIProvider:
    return OpenAIProvider(OpenAIConfig(api_key=SecretStr("key-that-nobody-may-see"), base_url=f"{vendor.url}/v1"))


class TestContract(VendorContract, ToolContract, EmbeddingContract):
    module = "frontdesk_openai.plugin"
    embedding_model = "text-embedding-3-small"
    many = TEXTS_A_CALL

    @pytest.fixture
    def request_for_chat(self) -> ChatRequest:
        return ASK

    def make_provider(self, base_url: str, *, timeout: float, http: HttpFactory | None) -> Provider:
        config = OpenAIConfig(api_key=SecretStr(self.secret), base_url=f"{base_url}/v1", timeout=timeout)
        return OpenAIProvider(config, http=http)

    def reply(self, scenario: Scenario) -> Reply | Handler:
        return embeddings if scenario == "embed" else recording(scenario)

    def refusal(self, status: int) -> Reply:
        return recording(f"error_{status}", status, retry_after="7")


@pytest.fixture
async def vendor() -> AsyncIterator[Any]:
    async with VendorServer() as vendor:
        yield vendor


@pytest.fixture
async def provider(vendor) -> AsyncIterator[Any]:
    provider = make(vendor)
    yield provider
    await provider.close()


async def ask(vendor: VendorServer, provider: OpenAIProvider, name: str, request: ChatRequest = ASK) -> Answer:
    vendor.play(recording(name))
    return await read_answer(provider.chat(request))


async def test_an_answer_and_what_it_used(vendor, provider) -> None:
    answer = await ask(vendor, provider, "chat")
    assert answer.text == "We open at nine o’clock,\n from Monday to Saturday — **welcome**!"
    assert answer.usage == Usage(input_tokens=412, output_tokens=17, cached_tokens=256)
    asked = vendor.requests[0]
    assert (asked.method, asked.path) == ("POST", "/v1/chat/completions")
    assert asked.headers["authorization"] == "Bearer key-that-nobody-may-see"
    assert asked.json() == {
        "model": "gpt-5-mini",
        "messages": [{"role": "user", "content": "When do you open?"}],
        "stream": True,
        "stream_options": {"include_usage": True},
    }


async def test_bytes_may_be_cut_anywhere(vendor, provider) -> None:
    body = (RECORDINGS / "chat.sse").read_bytes()
    vendor.play(Reply(tuple(body[at : at + 7] for at in range(0, len(body), 7)), headers={"content-type": "text/event-stream"}))
    answer = await read_answer(provider.chat(ASK))
    assert answer.text.startswith("We open at nine o’clock")


async def test_parallel_tool_calls_arrive_whole(vendor, provider) -> None:
    answer = await ask(vendor, provider, "tools")
    assert answer.tool_calls == (
        ToolCall("call_9sKq2fWc0aB1", "opening_hours", '{"city":"Porto","day":"Sunday"}'),
        ToolCall("call_Lm83xTz7Yp4d", "opening_hours", '{"city": "Lisboa", "day": "Sunday"}'),
    )
    assert "".join(event.text for event in answer.events if isinstance(event, PartDelta) and event.index == 0) == (
        answer.tool_calls[0].arguments
    )


async def test_reasoning_is_a_part_of_its_own(vendor, provider) -> None:
    answer = await ask(vendor, provider, "reasoning")
    assert (answer.reasoning, answer.text) == ("The owner asks for hours.", "At nine.")
    assert answer.usage == Usage(input_tokens=9, output_tokens=12)


async def test_a_server_that_keeps_to_less_of_the_protocol(vendor, provider) -> None:
    answer = await ask(vendor, provider, "small_server")
    assert answer.text == "Let me look."
    assert [call.id for call in answer.tool_calls] == ["a1", "a2"]
    assert answer.reason == "tool_calls"
    assert answer.usage == Usage()


async def test_a_connection_lost_after_the_last_word_loses_nothing(vendor, provider) -> None:
    whole = recording("chat")
    vendor.play(whole.first(len(whole.pieces) - 2, ending="cut"))
    answer = await read_answer(provider.chat(ASK))
    assert answer.text.endswith("**welcome**!")
    assert answer.usage == Usage()


async def test_a_connection_is_used_again(vendor, provider) -> None:
    await ask(vendor, provider, "chat")
    await ask(vendor, provider, "chat")
    assert vendor.connections == 1


async def test_the_whole_conversation_is_sent(vendor, provider) -> None:
    call = ToolCall("call_1", "opening_hours", '{"day":"Sunday"}')
    request = ChatRequest(
        model="gpt-5-mini",
        messages=(
            message("system", "Be kind."),
            ChatMessage("user", (TextPart("What is this?"), ImagePart(b"\x89PNG", "image/png"))),
            ChatMessage("assistant", tool_calls=(call,)),
            ChatMessage("tool", (TextPart("closed"),), tool_call_id="call_1", name="opening_hours"),
        ),
        tools=(TestContract.tool,),
        temperature=0.2,
        max_tokens=50,
        user="visitor-7",
        extra={"reasoning_effort": "low"},
    )
    await ask(vendor, provider, "chat", request)
    asked = vendor.requests[0].json()
    assert asked["messages"] == [
        {"role": "system", "content": "Be kind."},
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "What is this?"},
                {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw=="}},
            ],
        },
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [
                {"id": "call_1", "type": "function", "function": {"name": "opening_hours", "arguments": '{"day":"Sunday"}'}}
            ],
        },
        {"role": "tool", "content": "closed", "tool_call_id": "call_1"},
    ]
    assert asked["tools"][0]["function"]["parameters"]["required"] == ["city", "day"]
    assert (asked["temperature"], asked["max_completion_tokens"], asked["user"]) == (0.2, 50, "visitor-7")
    assert asked["reasoning_effort"] == "low"


@pytest.mark.parametrize(
    ("refusal", "status", "gone"),
    [
        ("error_422_stream_options", 422, "stream_options"),
        ("error_400_temperature", 400, "temperature"),
        ("error_400_max_completion_tokens", 400, "max_completion_tokens"),
    ],
)
async def test_a_parameter_that_is_refused_is_not_sent_again(vendor, provider, refusal, status, gone) -> None:
    request = ChatRequest(model="local", messages=ASK.messages, temperature=0.2, max_tokens=50)
    vendor.play(recording(refusal, status), recording("chat"))
    assert (await read_answer(provider.chat(request))).text
    await ask(vendor, provider, "chat", request)
    first, second, third = [asked.json() for asked in vendor.requests]
    assert gone in first
    assert gone not in second
    assert second == third
    assert second.get("max_tokens") == (50 if gone == "max_completion_tokens" else None)


async def test_an_account_without_credit_is_not_a_rate_limit(vendor, provider) -> None:
    vendor.play(recording("error_429_quota", 429))
    with pytest.raises(ProviderQuotaError, match=r"no credit left \(429\): You exceeded your current quota"):
        await read_answer(provider.chat(ASK))


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ({"message": "Slow down", "code": 429}, ProviderRateLimited),
        ({"message": "Content blocked", "code": 400}, ProviderRejected),
        ({"message": "Overloaded", "type": "server_error"}, ProviderUnavailable),
        ("boom", ProviderUnavailable),
    ],
)
async def test_an_error_in_the_middle_of_an_answer(vendor, provider, error, kind) -> None:
    failed = Reply.of({"error": error}).pieces[0]
    vendor.play(recording("chat").first(3, ending="complete").then(b"data: " + failed + b"\n\n"))
    with pytest.raises(kind):
        await read_answer(provider.chat(ASK))


@pytest.mark.parametrize(
    "delta", [{"content": 5}, {"content": ["a"]}, {"tool_calls": 5}, {"tool_calls": [{"function": {"arguments": {"a": 1}}}]}]
)
async def test_a_chunk_of_another_shape_is_unavailable(vendor, provider, delta) -> None:
    chunk = Reply.of({"choices": [{"index": 0, "delta": delta}]}).pieces[0]
    vendor.play(Reply((b"data: " + chunk + b"\n\n",)))
    with pytest.raises(ProviderUnavailable):
        await read_answer(provider.chat(ASK))


async def test_a_line_without_end_is_given_up(vendor, provider) -> None:
    vendor.play(Reply((b"data: " + b"x" * (5 * 1024 * 1024),)))
    with pytest.raises(ProviderUnavailable, match="a line of more than 4 MiB"):
        await read_answer(provider.chat(ASK))


def test_no_model_of_the_vendor_is_free() -> None:
    assert all(model.input_price and (model.output_price or model.kind == "embedding") for model in CATALOGUE.values())


async def test_models_come_with_what_is_known_of_them(vendor, provider) -> None:
    vendor.play(recording("models"))
    models = {model.id: model for model in await provider.models()}
    assert list(models)[0] == "gpt-5.6-luna"
    assert models["gpt-5.6-luna"] == CATALOGUE["gpt-5.6-luna"]
    assert models["gpt-4o-mini-2024-07-18"].output_price == CATALOGUE["gpt-4o-mini"].output_price
    assert models["gpt-7-preview"].kind == "chat"
    assert models["ft:gpt-4o-mini-2024-07-18:bakery:hours:B1x2y3"].kind == "chat"
    assert {id for id, model in models.items() if model.kind == "embedding"} == {
        "text-embedding-3-small",
        "text-embedding-3-large",
        "text-embedding-ada-002",
    }
    assert not [id for id in models if any(word in id for word in ("tts", "image", "whisper", "codex", "-pro", "sora"))]


async def test_a_long_vector_is_asked_for_short(vendor, provider) -> None:
    model = next(iter(SHORTENED))
    vendor.play(embeddings)
    vectors, usage = await provider.embed(model, ["We open at nine."], kind="query")
    assert vendors_dimensions(vendor) == vectors.shape[1] == CATALOGUE[model].dimensions <= 2000
    assert usage == Usage(input_tokens=5)


def vendors_dimensions(vendor: VendorServer) -> int:
    return vendor.requests[0].json()["dimensions"]


async def test_a_server_that_knows_no_base64(vendor, provider) -> None:
    refusal = Reply.of({"error": {"message": "encoding_format base64 is not supported"}}, status=400)
    vendor.play(refusal, embeddings)
    vectors, _ = await provider.embed("local-embed", ["We open at nine."], kind="query")
    np.testing.assert_allclose(np.linalg.norm(vectors), 1, atol=1e-6)


async def test_a_missing_embedding_is_noticed(vendor, provider) -> None:
    vendor.play(Reply.of({"data": [{"index": 0, "embedding": [1.0, 0.0]}]}))
    with pytest.raises(ProviderUnavailable, match="1 embeddings for 2 texts"):
        await provider.embed("text-embedding-3-small", ["a", "b"], kind="document")


def test_texts_are_portioned_by_number_and_by_length() -> None:
    assert [len(batch) for batch in batches(["x"] * (TEXTS_A_CALL + 1))] == [TEXTS_A_CALL, 1]
    assert [len(batch) for batch in batches(["x" * 150_000, "x" * 100_000, ""])] == [1, 2]
    assert list(batches([""])) == [[" "]]


async def test_the_environment_of_the_operator_stays_out(vendor, monkeypatch) -> None:
    monkeypatch.setenv("OPENAI_ORG_ID", "org-of-the-operator")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "project-of-the-operator")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    provider = make(vendor)
    vendor.play(recording("models"))
    await provider.models()
    assert "openai-organization" not in vendor.requests[0].headers
    assert "openai-project" not in vendor.requests[0].headers
    await provider.close()
