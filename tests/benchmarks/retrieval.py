r"""Retrieval quality and latency on question sets, next to plain BM25 and the bare embedder in the same run.

    FRONTDESK_MEASURE_DATA=<folder with questions/*.json> \
        python tests/benchmarks/retrieval.py squad11 xquad-ar [--together] [--rerank] [--embedder]

Each passage is loaded as a text source of its own through the real pipeline, into a workspace that is deleted afterwards.
`--together` puts all sets into one base. The sets: `{passages: [{id, title, text}], questions: [{question, passage_id}]}`.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import django
import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2] / "platform"))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "frontdesk.config.settings")
DEPTH = 10
Ranker = Callable[[str], Awaitable[Sequence[int]]]


@dataclass
class Loaded:
    """Questions with the number of their passage; `of_source`: source id → number of the passage."""

    name: str
    base: Any
    passages: list[dict[str, str]]
    questions: list[tuple[str, int]]
    of_source: dict[int, int]
    seconds: float


def read_sets(names: Sequence[str]) -> dict[str, dict[str, Any]]:
    folder = Path(os.environ["FRONTDESK_MEASURE_DATA"]) / "questions"
    return {name: json.loads((folder / f"{name}.json").read_text(encoding="utf-8")) for name in names}


def load(actor: Any, name: str, sets: Sequence[dict[str, Any]]) -> Loaded:
    """Through actions and jobs, as an owner and the worker would."""
    from frontdesk.core import jobs
    from frontdesk.knowledge import actions

    base = actions.create_base(actor, name, chunk_size=8192)
    passages = [passage for one in sets for passage in one["passages"]]
    number = {(at, passage["id"]): index for index, (at, passage) in enumerate(_numbered(sets))}
    begun, of_source = time.perf_counter(), {}
    for index, passage in enumerate(passages):
        source = actions.add_text(actor, base, passage["title"] or passage["id"], passage["text"])
        jobs.run(source.job_id)
        of_source[source.pk] = index
    questions = [
        (question["question"], number[at, question["passage_id"]]) for at, one in enumerate(sets) for question in one["questions"]
    ]
    return Loaded(name, base, passages, questions, of_source, time.perf_counter() - begun)


def _numbered(sets: Sequence[dict[str, Any]]) -> list[tuple[int, dict[str, str]]]:
    return [(at, passage) for at, one in enumerate(sets) for passage in one["passages"]]


def ours(loaded: Loaded, **options: Any) -> Ranker:
    from frontdesk.knowledge.retrieval import search

    async def rank(question: str) -> list[int]:
        result = await search([loaded.base], question, k=DEPTH, **options)
        return [loaded.of_source[passage.source_id] for passage in result.passages]

    return rank


def plain_bm25(loaded: Loaded) -> Ranker:
    """Words with title, stemmed, k1 1.2 and b 0.75, in memory."""
    from frontdesk.knowledge.lexical.languages import detect
    from frontdesk.knowledge.lexical.terms import query_terms, terms

    languages = [detect(passage["text"]) for passage in loaded.passages]
    counts = [Counter(terms(f"{p['title']}\n{p['text']}", code)) for p, code in zip(loaded.passages, languages, strict=True)]
    lengths = np.array([count.total() for count in counts])
    entries: dict[str, list[tuple[int, int]]] = {}
    for index, count in enumerate(counts):
        for term, times in count.items():
            entries.setdefault(term, []).append((index, times))
    norm = 1.2 * (0.25 + 0.75 * lengths / lengths.mean())

    async def rank(question: str) -> list[int]:
        scores = np.zeros(len(counts))
        for group in query_terms(question, set(languages)):
            found = [entry for term in group for entry in entries.get(term, ())]
            if found:
                at, times = np.array(found).T
                scores[at] += np.log1p((len(counts) - len(at) + 0.5) / (len(at) + 0.5)) * times * 2.2 / (times + norm[at])
        return np.argsort(-scores, kind="stable")[:DEPTH].tolist()

    return rank


async def bare_embedder(loaded: Loaded) -> Ranker:
    """One vector a passage, cosine."""
    from frontdesk.providers import calls

    workspace = loaded.base.workspace
    texts = [f"{p['title']}. {p['text']}" if p["title"] else p["text"] for p in loaded.passages]
    matrix = await calls.embed(workspace, "", texts, kind="document")

    async def rank(question: str) -> list[int]:
        vector = (await calls.embed(workspace, "", [question], kind="query"))[0]
        return np.argsort(-(matrix @ vector), kind="stable")[:DEPTH].tolist()

    return rank


async def measure(name: str, rank: Ranker, questions: Sequence[tuple[str, int]]) -> None:
    await rank(questions[0][0])
    ranks, took = [], []
    for question, gold in questions:
        begun = time.perf_counter()
        found = list(await rank(question))
        took.append(1000 * (time.perf_counter() - begun))
        ranks.append(found.index(gold) + 1 if gold in found else 1_000)
    at = np.array(ranks)
    recalls = "  ".join(f"R@{k} {np.mean(at <= k):.4f}" for k in (1, 5, 10))
    mrr = np.where(at <= DEPTH, 1 / at, 0).mean()
    print(f"  {name:28s} {recalls}  MRR {mrr:.4f}  p50 {np.percentile(took, 50):6.1f} ms  p95 {np.percentile(took, 95):6.1f} ms")


async def compare(loaded: Loaded, *, rerank: bool, embedder: bool) -> None:
    print(
        f"{loaded.name}: {len(loaded.passages)} passages, {len(loaded.questions)} questions, learned in {loaded.seconds:.0f} s",
        flush=True,
    )
    await measure("plain BM25", plain_bm25(loaded), loaded.questions)
    if embedder:
        await measure("bare embedder", await bare_embedder(loaded), loaded.questions)
    await measure("Frontdesk, words only", ours(loaded, method="sparse", rerank=False), loaded.questions)
    await measure("Frontdesk", ours(loaded, rerank=False), loaded.questions)
    if rerank:
        await measure("Frontdesk, reranked", ours(loaded, rerank=True), loaded.questions)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", nargs="+")
    for flag in ("together", "rerank", "embedder", "keep"):
        parser.add_argument(f"--{flag}", action="store_true")
    options = parser.parse_args()
    django.setup()
    from frontdesk.core.scoping import scope
    from frontdesk.workspaces.models import Workspace
    from frontdesk.workspaces.permissions import Actor

    workspace, _made = Workspace.objects.get_or_create(slug="measure-retrieval", defaults={"name": "Measure"})
    sets = read_sets(options.sets)
    groups = {"together": list(sets.values())} if options.together else {name: [one] for name, one in sets.items()}
    with scope(workspace=workspace):
        for name, group in groups.items():
            loaded = load(Actor.system(workspace), name, group)
            asyncio.run(compare(loaded, rerank=options.rerank, embedder=options.embedder))
            if not options.keep:
                _forget(loaded.base)


def _forget(base: Any) -> None:
    from frontdesk.core import jobs
    from frontdesk.core.models import Job
    from frontdesk.knowledge import deletion
    from frontdesk.workspaces.permissions import Actor

    deletion.delete_base(Actor.system(base.workspace), base)
    deletion.remove_base(Actor.system(base.workspace), base.uuid)
    jobs.run(Job.objects.filter(kind="knowledge.remove_base").latest("id").pk)


if __name__ == "__main__":
    main()
