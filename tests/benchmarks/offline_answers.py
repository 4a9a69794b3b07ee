"""Quality of the offline answers on questions people asked: does the quote hold the gold answer, is the rest refused?

    FRONTDESK_MEASURE_DATA=<folder> python tests/benchmarks/offline_answers.py [set=language …] [--every N]

The folder holds `questions/<set>.json` and `metrics.py`. Each question gets the top three passages of BM25, in memory,
with the title; a second time without the article that holds the answer, where refusing is right.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import os
import statistics
import sys
import time
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from frontdesk_offline.languages import Language, table
from frontdesk_offline.provider import CHAT, OfflineProvider
from frontdesk_offline.words import count

from frontdesk.sdk.provider import NoConfig
from frontdesk.sdk.values import ChatRequest, Finished, PartDone, Passage, message

DATA = Path(os.environ.get("FRONTDESK_MEASURE_DATA", ""))
SETS = ["squad11=en", "xquad-ar=ar", "xquad-de=de", "xquad-es=es", "xquad-zh=zh", "xquad-hi=hi", "xquad-th=th"]
K1, B, TOP = 1.2, 0.75, 3


class Ranking:
    """BM25 over stems of title and text."""

    def __init__(self, passages: list[dict[str, Any]], language: Language) -> None:
        self.passages, self.language = passages, language
        self.postings: dict[str, dict[int, int]] = defaultdict(dict)
        bags = [Counter(language.stems(f"{passage['title']}. {passage['text']}")) for passage in passages]
        self.lengths = [bag.total() for bag in bags]
        for number, bag in enumerate(bags):
            for stem, times in bag.items():
                self.postings[stem][number] = times

    def top(self, question: str, without: str | None) -> list[Passage]:
        scores: dict[int, float] = defaultdict(float)
        average = sum(self.lengths) / len(self.lengths)
        for stem in set(self.language.stems(question)):
            found = self.postings.get(stem, {})
            rarity = math.log(1 + (len(self.passages) - len(found) + 0.5) / (len(found) + 0.5))
            for number, times in found.items():
                scores[number] += rarity * times * (K1 + 1) / (times + K1 * (1 - B + B * self.lengths[number] / average))
        ranked = sorted(scores.items(), key=lambda item: -item[1])
        allowed = [item for item in ranked if without is None or self.passages[item[0]]["title"] != without]
        return [
            Passage(number, self.passages[number]["text"], self.passages[number]["title"], score, 1, "measure")
            for number, score in allowed[:TOP]
        ]


@dataclass
class Tally:
    held: int = 0
    refused: int = 0
    asked: int = 0


async def reply(provider: OfflineProvider, question: str, passages: list[Passage]) -> tuple[PartDone, float]:
    started = time.perf_counter()
    events = [event async for event in provider.chat(ChatRequest(CHAT, [message("user", question)], passages=passages))]
    assert isinstance(events[-1], Finished)
    return next(event for event in events if isinstance(event, PartDone)), time.perf_counter() - started


async def measure(name: str, code: str, every: int, metrics: ModuleType) -> None:
    data = json.loads((DATA / "questions" / f"{name}.json").read_text(encoding="utf-8"))
    ranking, provider = Ranking(data["passages"], table()[code]), OfflineProvider(NoConfig())
    titles = {passage["id"]: passage["title"] for passage in data["passages"]}
    inside, outside, lengths, times = Tally(), Tally(), [], []
    await provider.embed("minilm-l6", ["warm"], kind="query")
    for item in data["questions"][::every]:
        done, seconds = await reply(provider, item["question"], ranking.top(item["question"], None))
        times.append(1000 * seconds)
        inside.asked += 1
        inside.refused += not done.cited
        inside.held += bool(done.cited) and metrics.contains(done.text, item["answers"])
        lengths += [count(done.text)] * bool(done.cited)
        if not titles[item["passage_id"]]:
            continue
        done, _ = await reply(provider, item["question"], ranking.top(item["question"], titles[item["passage_id"]]))
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
    options = parser.parse_args()
    sys.path.insert(0, str(DATA))
    import metrics

    for chosen in options.sets:
        name, _, code = chosen.partition("=")
        asyncio.run(measure(name, code, options.every, metrics))


if __name__ == "__main__":
    main()
