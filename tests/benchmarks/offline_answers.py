"""Quality of the offline answers on questions people asked: does the quote hold the gold answer, is the rest refused?

    FRONTDESK_MEASURE_DATA=<folder> python tests/benchmarks/offline_answers.py [set …] [--every N] [--vectors <folder>]

The folder holds `questions/<set>.json` and `metrics.py`. Each question gets the three passages that the search finds, reranked,
with its confidence, in memory (`retrieval_memory.py`); a second time without the article that holds the answer, where refusing
is right.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from frontdesk_offline.provider import CHAT, OfflineProvider
from frontdesk_offline.words import count
from retrieval import read_sets
from retrieval_memory import Asked, Base

from frontdesk.sdk.provider import NoConfig
from frontdesk.sdk.values import ChatRequest, Finished, PartDone, Passage, message

DATA = Path(os.environ.get("FRONTDESK_MEASURE_DATA", ""))
SETS = ["squad11", "xquad-en", "xquad-ar", "xquad-de", "xquad-es", "xquad-zh", "xquad-hi", "xquad-th"]
TOP = 3


@dataclass
class Tally:
    held: int = 0
    refused: int = 0
    asked: int = 0


async def reply(provider: OfflineProvider, base: Base, question: Asked, without: str | None = None) -> tuple[PartDone, float]:
    """The answer, and the seconds it took when the passages were there."""
    found = base.find(question, rerank=True, without=without)
    passages = [
        Passage(at, base.passages[at]["text"], base.passages[at]["title"], score, 1, "measure")
        for at, score in list(zip(found.order, found.scores, strict=True))[:TOP]
    ]
    request = ChatRequest(CHAT, [message("user", question.text)], passages=passages, confidence=found.confidence)
    started = time.perf_counter()
    events = [event async for event in provider.chat(request)]
    assert isinstance(events[-1], Finished)
    return next(event for event in events if isinstance(event, PartDone)), time.perf_counter() - started


async def measure(name: str, vectors: Path, every: int, metrics: ModuleType) -> None:
    data = read_sets([name])[name]
    base, provider = Base({name: data}, vectors), OfflineProvider(NoConfig())
    titles = {passage["id"]: passage["title"] for passage in data["passages"]}
    inside, outside, lengths, times = Tally(), Tally(), [], []
    await provider.embed("minilm-l6", ["warm"], kind="query")
    for item, question in list(zip(data["questions"], base.asked(data, 0), strict=True))[::every]:
        done, seconds = await reply(provider, base, question)
        times.append(1000 * seconds)
        inside.asked += 1
        inside.refused += not done.cited
        inside.held += bool(done.cited) and metrics.contains(done.text, item["answers"])
        lengths += [count(done.text)] * bool(done.cited)
        if not titles[item["passage_id"]]:
            continue
        done, _ = await reply(provider, base, question, titles[item["passage_id"]])
        outside.asked += 1
        outside.refused += not done.cited
    answered = inside.asked - inside.refused
    facts = [
        f"{name:12} n={inside.asked:<5} answered {answered / inside.asked:.3f}",
        f"gold held {inside.held / inside.asked:.3f} (of answered {inside.held / max(1, answered):.3f})",
        f"out of base refused {outside.refused / max(1, outside.asked):.3f} (n={outside.asked})",
        f"words {statistics.mean(lengths):.0f} (most {max(lengths)})",
        f"p50 {statistics.median(times):.0f} ms, p95 {statistics.quantiles(times, n=20)[-1]:.0f} ms",
    ]
    sys.stdout.write("  ".join(facts) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("sets", nargs="*", default=SETS)
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--vectors", type=Path, default=Path(tempfile.gettempdir()) / "frontdesk-vectors")
    options = parser.parse_args()
    sys.path.insert(0, str(DATA))
    import metrics

    options.vectors.mkdir(exist_ok=True)
    for name in options.sets:
        asyncio.run(measure(name, options.vectors, options.every, metrics))


if __name__ == "__main__":
    main()
