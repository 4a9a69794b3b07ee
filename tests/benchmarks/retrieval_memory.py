r"""Retrieval quality in memory: the product's own scores of each side, fused as it does, without a database.

    FRONTDESK_MEASURE_DATA=<folder with questions/*.json> \
        python tests/benchmarks/retrieval_memory.py squad11 xquad-ar [--together] [--vectors <folder>]

Vectors are made once and kept in that folder; SQuAD takes two minutes of a free core, after that all sets together do.
`--together` searches all sets as one base.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import django
import numpy as np
from numpy.typing import NDArray
from retrieval import read_sets

sys.path.insert(0, str(Path(__file__).parents[2] / "platform"))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "frontdesk.config.settings")
django.setup()

from frontdesk_offline.embedder import Embedder  # noqa: E402

from frontdesk.knowledge import candidates, fusion, retrieval  # noqa: E402
from frontdesk.knowledge.lexical import ngrams, postings  # noqa: E402
from frontdesk.knowledge.lexical.languages import detect, scripts  # noqa: E402
from frontdesk.knowledge.lexical.reckoning import sought  # noqa: E402
from frontdesk.knowledge.lexical.terms import query_terms, terms  # noqa: E402
from frontdesk.knowledge.sentences import windows  # noqa: E402

Scores = NDArray[np.float32]
DEPTH = 10


def reads(text: str) -> bool:
    """Whether the offline embedder does."""
    return scripts(text).get("LATIN", 0.0) >= retrieval.READABLE


class Words:
    """BM25 over the passages' terms."""

    def __init__(self, passages: Sequence[dict[str, str]]) -> None:
        languages = [detect(passage["text"]) for passage in passages]
        counts = [Counter(terms(f"{p['title']}\n{p['text']}", code)) for p, code in zip(passages, languages, strict=True)]
        self.spoken = {code for code in languages if code}
        self.lengths = np.array([count.total() for count in counts], np.float32)
        self.entries: dict[str, list[tuple[int, int]]] = {}
        for index, count in enumerate(counts):
            for term, times in count.items():
                self.entries.setdefault(term, []).append((index, min(times, 0xFF)))

    def coverage(self, question: str) -> Scores:
        """How much of a question, by weight of its words, each passage holds."""
        covered, whole = np.zeros(self.lengths.size, np.float32), 0.0
        for group in query_terms(question, self.spoken):
            found = [index for term in group for index, _times in self.entries.get(term, ())]
            idf = float(np.log1p((covered.size - len(found) + 0.5) / (len(found) + 0.5)))
            np.add.at(covered, found, idf)
            whole += idf
        return np.minimum(1.0, covered / whole) if whole else covered

    def scores(self, question: str, k1: float = postings.K1, b: float = postings.B) -> Scores:
        total = np.zeros(self.lengths.size, np.float32)
        norm = k1 * (1 - b + b * self.lengths / self.lengths.mean())
        for group in query_terms(question, self.spoken):
            found = [entry for term in group for entry in self.entries.get(term, ())]
            if found:
                at, times = np.array(found).T
                idf = np.log1p((total.size - at.size + 0.5) / (at.size + 0.5))
                np.add.at(total, at, idf * times * (k1 + 1) / (times + norm[at]))
        return total


@dataclass
class Meaning:
    """Vectors of one set: windows with the passage of each, whole passages, questions; tokens of passages and questions."""

    windows: Scores
    owners: NDArray[np.int64]
    whole: Scores
    questions: Scores
    tokens: list[NDArray[np.int8]]
    asked: list[NDArray[np.float16]]

    @classmethod
    def of(cls, name: str, one: dict[str, Any], folder: Path, embedder: Embedder) -> Meaning | None:
        """None where the model reads nothing."""
        if not reads(" ".join(passage["text"][:100] for passage in one["passages"][:20])):
            return None
        for kind, make in (("emb", _sentences), ("tok", _tokens)):
            if not (kept := folder / f"{name}.{kind}.npz").exists():
                np.savez(kept, **make(one, embedder))
        with np.load(folder / f"{name}.emb.npz") as rows, np.load(folder / f"{name}.tok.npz") as tokens:
            apart = [np.split(tokens[all_], np.cumsum(tokens[sizes])[:-1]) for all_, sizes in (("T", "n"), ("QT", "qn"))]
            return cls(rows["W"], rows["own"], rows["F"], rows["Q"], *apart)

    def __post_init__(self) -> None:
        self.starts = np.searchsorted(self.owners, np.arange(len(self.whole)))
        sums = np.add.reduceat(self.windows, self.starts)
        self.directions = sums / np.linalg.norm(sums, axis=1, keepdims=True)

    def best(self, question: Scores) -> Scores:
        return np.maximum.reduceat(self.windows @ question, self.starts)

    def near(self, question: Scores) -> Scores:
        return self.directions @ question


def _asked(one: dict[str, Any]) -> list[str]:
    """The set's questions as they are looked for."""
    return [sought(question["question"]) for question in one["questions"]]


def _sentences(one: dict[str, Any], embedder: Embedder) -> dict[str, Any]:
    pieces = [(at, text) for at, p in enumerate(one["passages"]) for text in windows(p["title"], p["text"])]
    whole = [". ".join(filter(None, (p["title"], p["text"]))) for p in one["passages"]]
    asked = _asked(one)
    rows = [
        np.array([embedder.run(embedder.encode(text), "embedding") for text in texts])
        for texts in ([text for _at, text in pieces], whole, asked)
    ]
    return {"W": rows[0], "F": rows[1], "Q": rows[2], "own": np.array([at for at, _text in pieces])}


def _tokens(one: dict[str, Any], embedder: Embedder) -> dict[str, Any]:
    passages = [np.rint(embedder.token_vectors(p["text"]).astype(np.float32) * 254) for p in one["passages"]]
    asked = [embedder.token_vectors(question) for question in _asked(one)]
    small = np.concatenate(passages).clip(-127, 127).astype(np.int8)
    return {"T": small, "n": list(map(len, passages)), "QT": np.concatenate(asked), "qn": list(map(len, asked))}


@dataclass
class Asked:
    """A question; without vectors where the model cannot read it."""

    text: str
    vector: Scores | None = None
    tokens: NDArray[np.float16] | None = None


@dataclass(frozen=True)
class Found:
    """Passages, best first, with their scores, and how sure the search is that the answer is in them."""

    order: list[int]
    scores: list[float]
    confidence: float


class Base:
    """Some sets searched as one base."""

    def __init__(self, sets: dict[str, dict[str, Any]], folder: Path) -> None:
        embedder = Embedder()
        self.passages = [passage for one in sets.values() for passage in one["passages"]]
        self.texts = [f"{passage['title']}. {passage['text']}" for passage in self.passages]
        self.documents = [passage["title"] or index for index, passage in enumerate(self.passages)]
        self.words = Words(self.passages)
        self.parts = [(Meaning.of(name, one, folder, embedder), len(one["passages"])) for name, one in sets.items()]
        self.tokens = [rows for part, size in self.parts for rows in (part.tokens if part else [None] * size)]

    def asked(self, one: dict[str, Any], at: int) -> list[Asked]:
        """The questions of the set that is the base's `at`th."""
        texts, meaning = _asked(one), self.parts[at][0]
        if meaning is None:
            return [Asked(text) for text in texts]
        vectors = zip(texts, meaning.questions, meaning.asked, strict=True)
        return [Asked(text, vector, tokens) if reads(text) else Asked(text) for text, vector, tokens in vectors]

    def spread(self, score: Callable[[Meaning], Scores], missing: float) -> Scores:
        """A score of the passages that have vectors; `missing` for the others."""
        return np.concatenate([score(part) if part else np.full(size, missing, np.float32) for part, size in self.parts])

    def search(self, question: Asked, *, rerank: bool) -> list[int]:
        return self.find(question, rerank=rerank).order

    def find(self, question: Asked, *, rerank: bool, without: str | None = None) -> Found:
        """As the product does; `without` is the title of an article that is as if it were not there."""
        allowed = np.array([without is None or passage["title"] != without for passage in self.passages])
        words, vector = self.words.scores(question.text) * allowed, question.vector
        by_words = candidates.BY_WORDS if vector is not None else candidates.BY_WORDS_ALONE
        chosen = [at for at in np.argsort(-words, kind="stable")[:by_words].tolist() if words[at]]
        words_from = float(np.partition(words, -100)[-100]) if words.size >= 100 else 0.0
        weights = fusion.weights_for(question.text, ())
        if vector is not None:
            weights = fusion.AT_HOME if detect(question.text) in {"en", ""} else fusion.ABROAD
            nearness = np.where(allowed, self.spread(lambda part: part.near(vector), -1.0), -2.0)
            near = np.argsort(-nearness, kind="stable")[: candidates.BY_MEANING]
            chosen += [at for at in near.tolist() if at not in chosen]
        if not chosen:
            return Found([], [], 0.0)
        pieces = ngrams.scores([ngrams.count(question.text, [self.texts[at] for at in chosen])])
        meaning = np.zeros(len(chosen), np.float32)
        total = weights.words * fusion.normalised(words[chosen], words_from) + weights.ngrams * fusion.normalised(pieces)
        if vector is not None:
            meaning = self.spread(lambda part: part.best(vector), 0.0)[chosen]
            total += weights.meaning * fusion.normalised(meaning)
        total = fusion.with_documents(total, [self.documents[at] for at in chosen])
        sides = candidates.Candidates([], words[chosen], pieces, meaning, self.words.coverage(question.text)[chosen], words_from)
        sure = retrieval.confidence(sides, total, weights)
        if rerank and question.tokens is not None:
            total = self._reranked(question.tokens, chosen, total)
        order = np.argsort(-total, kind="stable")[:DEPTH]
        return Found([chosen[at] for at in order], total[order].tolist(), sure)

    def _reranked(self, question: NDArray[np.float16], chosen: Sequence[int], total: Scores) -> Scores:
        best = np.argsort(-total, kind="stable")[: retrieval.RERANKED]
        judged = np.array([self._likeness(question, self.tokens[chosen[at]]) for at in best], np.float32)
        result = total + retrieval.RERANK_WEIGHT * judged.min()
        result[best] = total[best] + retrieval.RERANK_WEIGHT * judged
        return result

    def _likeness(self, question: NDArray[np.float16], text: NDArray[np.int8] | None) -> float:
        """MaxSim, as the offline reranker's; 0 for a text in a script that the model cannot read."""
        if text is None or not text.size:
            return 0.0
        return float((question.astype(np.float32) @ text.astype(np.float32).T).max(axis=1).mean()) / 254


def report(name: str, way: str, found: Sequence[Sequence[int]], gold: Sequence[int]) -> None:
    ranks = np.array(
        [list(row[:DEPTH]).index(right) + 1 if right in row[:DEPTH] else 1_000 for row, right in zip(found, gold, strict=True)]
    )
    recalls = " / ".join(f"{np.mean(ranks <= k):.3f}" for k in (1, 5, 10))
    print(f"{name:10s} {way:14s} {recalls} / {np.where(ranks <= DEPTH, 1 / ranks, 0).mean():.3f}", flush=True)


def measure(base: Base, name: str, one: dict[str, Any], at: int, first: int) -> None:
    """One set's questions in a base; its passages begin at `first` there."""
    number = {passage["id"]: first + index for index, passage in enumerate(one["passages"])}
    gold = [number[question["passage_id"]] for question in one["questions"]]
    meaning, asked = base.parts[at][0], base.asked(one, at)
    scored = (base.words.scores(question["question"], 1.2, 0.75) for question in one["questions"])
    plain = [np.argsort(-scores, kind="stable")[:DEPTH].tolist() for scores in scored]
    report(name, "plain BM25", plain, gold)
    if meaning:
        near = (base.spread(lambda part, vector=vector: part.whole @ vector, -1.0) for vector in meaning.questions)
        report(name, "bare embedder", [np.argsort(-row)[:DEPTH].tolist() for row in near], gold)
    for way, rerank in (("Frontdesk", False), ("reranked", True)):
        if meaning or not rerank:
            report(name, way, [base.search(question, rerank=rerank) for question in asked], gold)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", nargs="+")
    parser.add_argument("--together", action="store_true")
    parser.add_argument("--vectors", type=Path, default=Path(tempfile.gettempdir()) / "frontdesk-vectors")
    options = parser.parse_args()
    options.vectors.mkdir(exist_ok=True)
    sets = read_sets(options.sets)
    groups = [sets] if options.together else [{name: one} for name, one in sets.items()]
    for group in groups:
        base, first = Base(group, options.vectors), 0
        for at, (name, one) in enumerate(group.items()):
            measure(base, name, one, at, first)
            first += len(one["passages"])


if __name__ == "__main__":
    main()
