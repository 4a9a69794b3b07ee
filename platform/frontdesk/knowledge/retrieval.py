"""Searching knowledge: candidates from words and meaning, each scored again on every side, fused, and cut to the best few."""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from asgiref.sync import async_to_sync

from frontdesk.core.errors import FrontdeskError
from frontdesk.core.scoping import ScopeError, get_scope
from frontdesk.core.threads import in_thread
from frontdesk.providers import calls
from frontdesk.sdk.errors import ProviderError
from frontdesk.sdk.values import Passage
from frontdesk.workspaces.models import Workspace

from . import candidates, embedding, fusion
from .candidates import Candidates, Loaded, Question
from .embedding import Space
from .fusion import Scores, Weights
from .lexical.languages import scripts
from .lexical.reckoning import sought
from .lexical.terms import words
from .models import KnowledgeBase
from .vectors import Vectors

logger = logging.getLogger(__name__)
Method = KnowledgeBase.Method

# Passages that a reranker looks at.
RERANKED = 12
# Two passages that share this much of their words say the same.
NEAR_DUPLICATE = 0.9
LONGEST_QUESTION = 2_000
# Share of a question's letters that a model must be able to read to be asked at all.
READABLE = 0.5
RERANK_WEIGHT = 4.5
# Of the logistic: constant, coverage, cosine. Fitted on the tuning questions with and without their articles, and moved
# so that 95 % of the questions that can be answered get more than 0.5.
COVERAGE_ONLY = (-5.9, 12.3)
BOTH = (-15.4, 9.5, 18.0)


@dataclass(frozen=True, slots=True)
class SearchResult:
    """Passages, best first. `confidence` is 0…1: how sure it is that the answer is in them. `took` is in ms per part."""

    passages: list[Passage]
    confidence: float
    took: dict[str, float] = field(default_factory=dict)


NOTHING = SearchResult([], 0.0)


async def search(
    bases: Sequence[KnowledgeBase], query: str, *, k: int | None = None, method: str | None = None, rerank: bool | None = None
) -> SearchResult:
    """Find passages for a question in some bases of the workspace in scope.

    `k`, `method` and `rerank` override the first base's settings. When the embedding model cannot be reached the search
    goes on by words alone.
    """
    query = sought(query.replace("\x00", " ").strip()[:LONGEST_QUESTION])
    if not bases or not query:
        return NOTHING
    clock, workspace = _Clock(), _workspace()
    # Meaning first: its way is the longer one.
    (question, more), said = await asyncio.gather(
        _by_meaning(bases, query, method), in_thread(candidates.by_words, bases, workspace, query)
    )
    if not said.bases:
        return NOTHING
    if _searched(said.bases) != _searched(bases):
        question, more = await _by_meaning(said.bases, query, method)
    if more is None:
        more = await in_thread(candidates.further_by_words, said, query)
    clock.lap("find")
    lead = said.bases[0]
    method = method or lead.retrieval_method
    found = candidates.together(question, said, more)
    clock.lap("score")
    if not found.rows:
        return SearchResult([], 0.0, clock.laps)
    weights = fusion.weights_for(question.text, question.spaces.values() if question.vectors else ())
    total = _fuse(found, weights, method, lead.sparse_weightage)
    sure = confidence(found, total, weights)
    again = lead.reranking_enabled if rerank is None else rerank
    if again:
        total = await _reranked(query, found, total)
        clock.lap("rerank")
    wanted = k or (min(lead.top_k, lead.top_k_after_reranking) if again else lead.top_k)
    kept = _distinct(found, np.argsort(-total, kind="stable").tolist(), wanted)
    passages = [found.passage(at, float(total[at])) for at in kept]
    clock.lap("choose")
    return SearchResult(passages, sure, clock.laps)


def search_now(bases: Sequence[KnowledgeBase], query: str, **options: Any) -> SearchResult:
    """`search` for synchronous code: jobs, commands, tests."""
    return async_to_sync(search)(bases, query, **options)


def _workspace() -> Workspace:
    """The one in scope: models are asked on its account, whatever bases are in hand."""
    workspace = get_scope().get("workspace")
    if workspace is None:
        raise ScopeError("A search needs a workspace in scope.")
    return workspace


class _Clock:
    """Milliseconds of each part."""

    def __init__(self) -> None:
        self.laps: dict[str, float] = {}
        self._last = time.perf_counter()

    def lap(self, name: str) -> None:
        now = time.perf_counter()
        self.laps[name] = round(1000 * (now - self._last), 3)
        self._last = now


def _searched(bases: Sequence[KnowledgeBase]) -> list[tuple[Any, ...]]:
    """What of the bases decides what is nearest in them."""
    return [(base.pk, base.retrieval_method, base.embedding_type, base.indexed_model) for base in bases]


async def _by_meaning(bases: Sequence[KnowledgeBase], query: str, method: str | None) -> tuple[Question, Loaded | None]:
    """The question as the models read it, and the passages nearest to it unless none can."""
    if (method or bases[0].retrieval_method) == Method.SPARSE:
        return Question(query, {}, {}), None
    question = await _ask(bases, query)
    return question, await in_thread(candidates.by_meaning, bases, question) if question.vectors else None


async def _ask(bases: Sequence[KnowledgeBase], query: str) -> Question:
    """The question with a vector for each space of the bases whose model can read it."""
    workspace = _workspace()
    shares = scripts(query)
    spaces: dict[int, Space] = {}
    asked: dict[str, Vectors] = {}
    for base in bases:
        try:
            space = spaces[base.pk] = await embedding.space_of(workspace, base.embedding_type)
            if space.name not in asked and space.reads(shares) >= READABLE:
                asked[space.name] = await embedding.embed_question(workspace, space, query)
        except (ProviderError, FrontdeskError) as error:
            logger.warning("searching base %s by words alone: %s", base.pk, error)
    return Question(query, spaces, asked)


def _fuse(found: Candidates, weights: Weights, method: str, sparse_weightage: float) -> Scores:
    if method == Method.DENSE and weights.meaning:
        return found.meaning
    if method == Method.HYBRID:
        weights = weights.shifted(sparse_weightage)
    total = np.zeros(len(found.rows), np.float32)
    for weight, scores, low in (
        (weights.words, found.words, found.words_from),
        (weights.ngrams, found.ngrams, None),
        (weights.meaning, found.meaning, None),
    ):
        if weight:
            total += weight * fusion.normalised(scores, low)
    return fusion.with_documents(total, [row.title or row.source_id for row in found.rows])


async def _reranked(query: str, found: Candidates, total: Scores) -> Scores:
    """The best few get the reranker's score added, weighted against their own; without a reranker nothing changes."""
    best = np.argsort(-total, kind="stable")[:RERANKED]
    texts = [found.rows[at].text for at in best]
    judged = await calls.rerank(_workspace(), "", query, texts, script=next(iter(scripts(query)), ""))
    if judged is None:
        return total
    result = total.copy()
    result[best] += RERANK_WEIGHT * np.asarray(judged, np.float32)
    others = np.setdiff1d(np.arange(total.size), best)
    if others.size:
        result[others] += RERANK_WEIGHT * min(judged)
    return result


def _distinct(found: Candidates, order: Sequence[int], wanted: int) -> list[int]:
    """The first `wanted` of the order that do not repeat an earlier one almost word by word."""
    kept: list[int] = []
    seen: list[set[str]] = []
    for at in order:
        said = set(words(found.rows[at].text))
        if all(len(said & other) < NEAR_DUPLICATE * max(len(said | other), 1) for other in seen):
            kept.append(at)
            seen.append(said)
        if len(kept) == wanted:
            break
    return kept


def confidence(found: Candidates, total: Scores, weights: Weights) -> float:
    """How sure it is that the answer is here at all: a logistic of the best cosine and of how much of the question,
    by weight of its words, stands in the best three passages.
    """
    best = np.argsort(-total, kind="stable")[:3]
    covered = float(found.coverage[best].max())
    if weights == fusion.AT_HOME:
        constant, of_coverage, of_cosine = BOTH
        signal = constant + of_coverage * covered + of_cosine * float(found.meaning.max())
    else:
        signal = COVERAGE_ONLY[0] + COVERAGE_ONLY[1] * covered
    return 1.0 / (1.0 + math.exp(-signal))
