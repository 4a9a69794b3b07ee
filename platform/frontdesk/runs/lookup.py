"""What an agent's knowledge says about a question."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal
from uuid import UUID

from frontdesk.core.threads import in_thread
from frontdesk.knowledge import retrieval
from frontdesk.knowledge.lexical.languages import detect
from frontdesk.knowledge.lexical.terms import query_terms
from frontdesk.knowledge.models import KnowledgeBase
from frontdesk.knowledge.queries import bases_of, main_language
from frontdesk.knowledge.retrieval import SearchResult
from frontdesk.knowledge.tables import offers
from frontdesk.knowledge.tables.offers import Offered
from frontdesk.sdk.values import Passage

from .rewriting import Rewriter

# Below this a question may lean on the one before it ("And on Sunday?"), and so may one of so few words that count ("Who is her
# father?"), however well these are found.
UNSURE = 0.5
FEW_WORDS = 2
# Passages that are given besides, for the other way to read such a question.
BESIDES = 2
Reason = Literal["", "leans", "language"]


@dataclass(frozen=True, slots=True)
class Found:
    """`searched`: the question that a model made of the customer's, and why; "" where it was searched as it was asked.
    `bases`: where it was looked for.
    """

    passages: Sequence[Passage] = ()
    confidence: float = 0.0
    searched: str = ""
    reason: Reason = ""
    bases: Sequence[KnowledgeBase] = ()


async def find(
    knowledge: Sequence[UUID],
    question: str,
    *,
    agent_id: int | None = None,
    asked_before: Sequence[str] = (),
    rewriter: Rewriter | None = None,
) -> Found:
    """Search the bases that were chosen for an agent and its own one, in the workspace in scope; without those deleted since.

    A question that leans on the one before, or that is in a language that no passage is in, is said in full by the `rewriter`;
    without one, or when it cannot, the question is searched alone and together with the one before.
    """
    bases = await in_thread(bases_of, knowledge, agent_id=agent_id)
    if not bases:
        return Found()
    return replace(await _find(bases, question, asked_before, rewriter), bases=bases)


async def _find(bases: Sequence[KnowledgeBase], question: str, asked_before: Sequence[str], rewriter: Rewriter | None) -> Found:
    found = await retrieval.search(bases, question)
    sure = found.confidence >= UNSURE
    leans = bool(asked_before) and not (sure and len(query_terms(question, ())) > FEW_WORDS)
    language = "" if sure or rewriter is None else await _other_language(bases, question)
    if rewriter is not None and (leans or language):
        searched = await rewriter.rewrite(question, language)
        if searched:
            said = await retrieval.search(bases, searched)
            lead, other = (said, found) if said.confidence >= min(UNSURE, found.confidence) else (found, said)
            return _found(_with_besides(lead, other), searched, "leans" if leans else "language")
    if not leans:
        return _found(found)
    joined = await retrieval.search(bases, f"{asked_before[-1]} {question}")
    if not sure and joined.confidence > found.confidence:
        return _found(_with_besides(joined, found))
    return _found(_with_besides(found, joined))


async def _other_language(bases: Sequence[KnowledgeBase], question: str) -> str:
    """The language to ask in instead: what most passages are in, when none is in that of the question. "" when it is theirs, or
    cannot be told.
    """
    asked_in = detect(question)
    if not asked_in or any(asked_in in base.languages for base in bases):
        return ""
    return await in_thread(main_language, bases)


def _found(result: SearchResult, searched: str = "", reason: Reason = "") -> Found:
    return Found(result.passages, result.confidence, searched, reason)


def _with_besides(lead: SearchResult, other: SearchResult) -> SearchResult:
    known = {passage.id for passage in lead.passages}
    more = [passage for passage in other.passages if passage.id not in known][:BESIDES]
    return replace(lead, passages=[*lead.passages, *more], confidence=max(lead.confidence, other.confidence))


async def tables(bases: Sequence[KnowledgeBase], passages: Sequence[Passage]) -> list[Offered]:
    """The tables in these bases; those of the sources that were found come first."""
    if not bases:
        return []
    near = list(dict.fromkeys(passage.source_id for passage in passages))
    return await in_thread(offers.offered, bases, near)
