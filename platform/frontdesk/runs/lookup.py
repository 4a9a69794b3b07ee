"""What an agent's knowledge says about a question."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from frontdesk.core.threads import in_thread
from frontdesk.knowledge import retrieval
from frontdesk.knowledge.queries import bases_of
from frontdesk.knowledge.retrieval import SearchResult
from frontdesk.knowledge.tables import offers
from frontdesk.knowledge.tables.offers import Offered
from frontdesk.sdk.values import Passage

# Below this a question may lean on the one before it ("And on Sunday?").
UNSURE = 0.5


async def find(
    knowledge: Sequence[UUID], question: str, *, agent_id: int | None = None, asked_before: Sequence[str] = ()
) -> SearchResult:
    """Search the bases that were chosen for an agent and its own one, in the workspace in scope; without those deleted since."""
    bases = await in_thread(bases_of, knowledge, agent_id=agent_id)
    if not bases:
        return SearchResult(passages=[], confidence=0.0)
    found = await retrieval.search(bases, question)
    if asked_before and found.confidence < UNSURE:
        joined = await retrieval.search(bases, f"{asked_before[-1]} {question}")
        if joined.confidence > found.confidence:
            return joined
    return found


async def tables(knowledge: Sequence[UUID], passages: Sequence[Passage], *, agent_id: int | None = None) -> list[Offered]:
    """The tables in these bases and the agent's own one; those of the sources that were found come first."""
    near = list(dict.fromkeys(passage.source_id for passage in passages))
    return await in_thread(lambda: offers.offered(bases_of(knowledge, agent_id=agent_id), near))
