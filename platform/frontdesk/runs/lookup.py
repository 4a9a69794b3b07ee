"""What an agent's knowledge says about a question."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from frontdesk.core.threads import in_thread
from frontdesk.knowledge import retrieval
from frontdesk.knowledge.lexical.terms import query_terms
from frontdesk.knowledge.queries import bases_of
from frontdesk.knowledge.retrieval import SearchResult
from frontdesk.knowledge.tables import offers
from frontdesk.knowledge.tables.offers import Offered
from frontdesk.sdk.values import Passage

# Below this a question may lean on the one before it ("And on Sunday?"), and so may one of so few words that count ("Who is her
# father?"), however well these are found.
UNSURE = 0.5
FEW_WORDS = 2
# Passages that are given besides, for the other way to read such a question.
BESIDES = 2


async def find(
    knowledge: Sequence[UUID], question: str, *, agent_id: int | None = None, asked_before: Sequence[str] = ()
) -> SearchResult:
    """Search the bases that were chosen for an agent and its own one, in the workspace in scope; without those deleted since."""
    bases = await in_thread(bases_of, knowledge, agent_id=agent_id)
    if not bases:
        return SearchResult(passages=[], confidence=0.0)
    found = await retrieval.search(bases, question)
    if not asked_before or (found.confidence >= UNSURE and len(query_terms(question, ())) > FEW_WORDS):
        return found
    joined = await retrieval.search(bases, f"{asked_before[-1]} {question}")
    if found.confidence < UNSURE and joined.confidence > found.confidence:
        return _with_besides(joined, found)
    return _with_besides(found, joined)


def _with_besides(lead: SearchResult, other: SearchResult) -> SearchResult:
    known = {passage.id for passage in lead.passages}
    more = [passage for passage in other.passages if passage.id not in known][:BESIDES]
    return replace(lead, passages=[*lead.passages, *more], confidence=max(lead.confidence, other.confidence))


async def tables(knowledge: Sequence[UUID], passages: Sequence[Passage], *, agent_id: int | None = None) -> list[Offered]:
    """The tables in these bases and the agent's own one; those of the sources that were found come first."""
    near = list(dict.fromkeys(passage.source_id for passage in passages))
    return await in_thread(lambda: offers.offered(bases_of(knowledge, agent_id=agent_id), near))
