"""Which questions mean the same: near in meaning where a model reads them, and by the words that they share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from asgiref.sync import async_to_sync
from numpy.typing import NDArray

from frontdesk.core.errors import FrontdeskError
from frontdesk.knowledge import embedding
from frontdesk.knowledge.lexical.languages import scripts
from frontdesk.knowledge.lexical.terms import query_terms
from frontdesk.knowledge.retrieval import READABLE
from frontdesk.providers import calls
from frontdesk.sdk.errors import ProviderError
from frontdesk.workspaces.models import Workspace

Vector = NDArray[np.float32]
LONGEST = 500
# A cosine that is enough, and one that is enough with half of the words.
SAME_MEANING, NEAR = 0.75, 0.5
SAME_WORDS, SOME_WORDS = 0.6, 0.4


@dataclass(frozen=True, slots=True)
class Question:
    """As it is compared; `vector` is None where no model reads it."""

    words: frozenset[str]
    space: str = ""
    vector: Vector | None = None


def read(workspace: Workspace, texts: Sequence[str]) -> list[Question]:
    """Questions as they are compared. A model that cannot be reached is done without."""
    try:
        return async_to_sync(_read)(workspace, texts)
    except (ProviderError, FrontdeskError):
        return [Question(_words(text)) for text in texts]


async def _read(workspace: Workspace, texts: Sequence[str]) -> list[Question]:
    space = await embedding.space_of(workspace, "")
    readable = [at for at, text in enumerate(texts) if space.reads(scripts(text)) >= READABLE]
    questions = [text[:LONGEST] for text in texts]
    rows = await calls.embed(workspace, space.name, [questions[at] for at in readable], kind="query") if readable else []
    vectors = dict(zip(readable, rows, strict=True))
    return [Question(_words(text), space.name if at in vectors else "", vectors.get(at)) for at, text in enumerate(questions)]


def _words(text: str) -> frozenset[str]:
    return frozenset(group[0] for group in query_terms(text[:LONGEST], ()))


@dataclass(slots=True)
class Groups:
    """Groups in the order they were made, each known by its first question."""

    first: list[Question] = field(default_factory=list)

    def place_of(self, question: Question) -> int | None:
        """The most similar group, if one means the same."""
        scores = [_alike(question, other) for other in self.first]
        best = int(np.argmax(scores)) if scores else 0
        return best if scores and scores[best] > 0 else None

    def add(self, question: Question) -> int:
        self.first.append(question)
        return len(self.first) - 1


def _alike(one: Question, other: Question) -> float:
    """0 when they ask for different things."""
    either = len(one.words | other.words)
    shared = len(one.words & other.words) / either if either else 0.0
    if one.vector is not None and other.vector is not None and one.space == other.space:
        cosine = float(one.vector @ other.vector)
        return cosine + shared if cosine >= SAME_MEANING or (cosine >= NEAR and shared >= SOME_WORDS) else 0.0
    return shared if shared >= SAME_WORDS else 0.0
