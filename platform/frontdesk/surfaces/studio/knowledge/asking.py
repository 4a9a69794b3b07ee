"""Ask your knowledge: the search by itself, without an AI."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.http import HttpResponse
from django.views.decorators.http import require_GET

from frontdesk.core.threads import in_thread
from frontdesk.knowledge import queries, retrieval
from frontdesk.knowledge.explaining import explain
from frontdesk.sdk.values import Passage

from ..answers.sides import SURE, Side, best_scores, confidence_in_words, sides
from ..page import partial, render, studio_page
from ..request import StudioRequest
from .bases import back

LONGEST = 500


@dataclass(frozen=True, slots=True)
class Found:
    """`words`: those of the question that stand in the passage."""

    passage: Passage
    sides: list[Side]
    words: list[str]


@require_GET
@studio_page()
async def ask(request: StudioRequest, uuid: UUID) -> HttpResponse:
    base = await in_thread(queries.base, uuid)
    question = request.GET.get("q", "").replace("\x00", " ").strip()[:LONGEST]
    context = {"base": base, "question": question, "tab": "ask"}
    if question:
        result = await retrieval.search([base], question, k=max(base.top_k, base.top_k_after_reranking))
        best = best_scores(passage.scores for passage in result.passages)
        why = await in_thread(explain, base, question)
        context["why"] = why
        context["found"] = [
            Found(passage, sides(passage.scores, best), why.asked.within(f"{passage.title}\n{passage.text}"))
            for passage in result.passages
        ]
        context["unsure"] = result.confidence < SURE
        context["confidence"] = confidence_in_words(result.confidence, found=bool(result.passages))
    if request.htmx:
        return partial(request, "studio/knowledge/found.html", **context)
    return await in_thread(render, request, "studio/knowledge/ask.html", title=base.name, back=back(), **context)
