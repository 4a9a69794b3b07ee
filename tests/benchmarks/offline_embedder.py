"""Speed of the offline embedder against the bare onnxruntime session, in the same run.

    python tests/benchmarks/offline_embedder.py [texts]

Prints the seconds of a first build, texts a second of both (median of alternating rounds), the time of one query when
idle and while documents are being learned, and the cosine of the int8 vectors to fp32.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path

import numpy as np
from frontdesk_offline import build_model
from frontdesk_offline.embedder import Embedder

ROUNDS = 5
SAYING = """
our bakery opens every morning and bread made by hand with flour from the mill next door costs little more than before
customers who order cakes for a birthday should call two days ahead because every one is baked fresh
"""
WORDS = SAYING.split()


def texts(number: int, length: int = 100) -> list[str]:
    random = np.random.default_rng(7)
    return [" ".join(random.choice(WORDS, length)) + f" {index}." for index in range(number)]


def bare(embedder: Embedder, documents: Sequence[str]) -> float:
    """Texts a second of tokenizer and session in a plain loop."""
    tokenizer, session = embedder.load()
    started = time.perf_counter()
    for document in documents:
        encoding = tokenizer.encode(document)
        session.run(["embedding"], {"input_ids": np.array([encoding.ids]), "attention_mask": np.array([encoding.attention_mask])})
    return len(documents) / (time.perf_counter() - started)


async def through_provider(embedder: Embedder, documents: Sequence[str]) -> float:
    started = time.perf_counter()
    await embedder.embed(documents, "document")
    return len(documents) / (time.perf_counter() - started)


async def query_times(embedder: Embedder, number: int = 40) -> list[float]:
    """Milliseconds of different short queries, one after the other."""
    times = []
    for index in range(number):
        started = time.perf_counter()
        await embedder.embed([f"Are you open on day {index}?"], "query")
        times.append(1000 * (time.perf_counter() - started))
    return times


async def beside(
    embedder: Embedder, documents: Sequence[str], work: Callable[[Embedder], Coroutine[None, None, list[float]]]
) -> list[float]:
    learning = asyncio.create_task(embedder.embed(documents, "document"))
    await asyncio.sleep(0.05)
    times = await work(embedder)
    learning.cancel()
    return times


def cosine_to_full_precision(embedder: Embedder, documents: Sequence[str]) -> float:
    from onnxruntime import InferenceSession
    from safetensors.numpy import load_file

    source = build_model.wheel_folder()
    config = json.loads((source / "config.json").read_text(encoding="utf-8"))
    full = InferenceSession(build_model.full_precision(load_file(source / "model.safetensors"), config).SerializeToString())
    worst = 1.0
    for document in documents:
        ids = embedder.encode(document).ids
        exact = full.run(["embedding"], {"input_ids": np.array([ids]), "attention_mask": np.ones((1, len(ids)), np.int64)})[0][0]
        worst = min(worst, float(exact @ embedder.run(embedder.encode(document), "embedding")))
    return worst


def line(label: str, value: str) -> None:
    sys.stdout.write(f"{label:36}{value}\n")


def main() -> None:
    documents = texts(int(sys.argv[1]) if len(sys.argv) > 1 else 60)
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        build_model.prepare(Path(folder))
        line("first build", f"{time.perf_counter() - started:.1f} s")
        embedder = Embedder(Path(folder))
        started = time.perf_counter()
        embedder.load()
        line("load", f"{time.perf_counter() - started:.2f} s")
        bare(embedder, documents[:5])
        rounds = [(bare(embedder, documents), asyncio.run(through_provider(embedder, documents))) for _ in range(ROUNDS)]
        floor, ours = (statistics.median(rates) for rates in zip(*rounds, strict=True))
        line("bare session", f"{floor:.1f} texts/s")
        line("embedder", f"{ours:.1f} texts/s = {statistics.median(own / plain for plain, own in rounds):.1%} of it")
        idle = asyncio.run(query_times(embedder))
        line("query, idle", f"p50 {statistics.median(idle):.1f} ms, worst {max(idle):.1f} ms")
        busy = asyncio.run(beside(embedder, documents * 8, query_times))
        line("query while documents are learned", f"p50 {statistics.median(busy):.1f} ms, worst {max(busy):.1f} ms")
        line("cosine to fp32, worst", f"{cosine_to_full_precision(embedder, documents[:20]):.4f}")


if __name__ == "__main__":
    main()
