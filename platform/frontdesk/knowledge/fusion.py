"""Putting the sides of a search together: weighted sums of scores on one scale.

Reciprocal-rank fusion throws away how sure each side is and lowers recall where one side is weaker
(docs/measurements/knowledge.md); sums of min-max normalised scores (Bruch et al. 2023, arXiv:2210.11934) raise it.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .embedding import Space
from .lexical.languages import detect, scripts

Scores = NDArray[np.float32]

# The best so many of each side span its scale; worse ones count a little below zero.
DEPTH = 50
FLOOR = -0.5
# What the best few passages of the same document say adds so much of their mean: "Which protests were these?" is answered where
# the rest of the document is about protests, too.
DOCUMENT = 0.7
OF_DOCUMENT = 3


@dataclass(frozen=True, slots=True)
class Weights:
    """How much each side counts."""

    words: float
    ngrams: float
    meaning: float

    def shifted(self, sparse_weightage: float) -> Weights:
        """Moved towards words (1.0) or meaning (0.0); 0.5 changes nothing."""
        return Weights(
            self.words * 2 * sparse_weightage, self.ngrams * 2 * sparse_weightage, self.meaning * 2 * (1 - sparse_weightage)
        )


# Tuned on the tuning questions: passages the embedder reads well, reads somewhat, cannot read.
AT_HOME = Weights(1.25, 0.5, 1.0)
ABROAD = Weights(1.0, 1.5, 0.5)
BLIND = Weights(1.0, 1.0, 0.0)
# Words that are pairs of characters already, so that n-grams say little more.
BLIND_PAIRS = Weights(1.0, 0.4, 0.0)


def weights_for(question: str, spaces: Iterable[Space]) -> Weights:
    """By how well the embedding models read the question. One that names its scripts knows English best."""
    limited = [bool(space.model.scripts) for space in spaces]
    if not limited:
        return BLIND_PAIRS if next(iter(scripts(question)), "") in {"HAN", "KANA"} else BLIND
    return ABROAD if any(limited) and detect(question) not in {"en", ""} else AT_HOME


def normalised(scores: Scores, low: float | None = None) -> Scores:
    """The best becomes 1; `low`, or else the fiftieth best, becomes 0."""
    if scores.size == 0:
        return scores
    high = float(scores.max())
    if low is None:
        depth = min(DEPTH, scores.size)
        low = float(np.partition(scores, -depth)[-depth])
    if high <= low:
        return np.zeros_like(scores)
    return np.clip((scores - low) / (high - low), FLOOR, 1.0).astype(np.float32)


def with_documents(total: Scores, documents: Sequence[Hashable]) -> Scores:
    """Scores with those of the other passages of the same document counted in. `documents`: what each passage belongs to."""
    scores = total.tolist()
    best: dict[Hashable, list[float]] = {}
    for at in np.argsort(-total, kind="stable").tolist():
        best.setdefault(documents[at], []).append(max(0.0, scores[at]))
    means = {document: sum(found[:OF_DOCUMENT]) / OF_DOCUMENT for document, found in best.items()}
    return total + np.array([DOCUMENT * means[document] for document in documents], np.float32)
