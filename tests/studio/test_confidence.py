"""What "Why this answer?" and "Ask it" say of how sure the search is, on the demo's own documents and questions."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings

from frontdesk.core import jobs as core_jobs
from frontdesk.core.scoping import scope
from frontdesk.knowledge import actions
from frontdesk.knowledge.models import KnowledgeBase
from frontdesk.knowledge.retrieval import search_now
from frontdesk.surfaces.studio.answers.sides import confidence_in_words

pytestmark = pytest.mark.django_db(transaction=True)
DOCUMENTS = settings.FIXTURES_HOME / "demo" / "documents"
DOUBT = "What was found may not hold the answer. Look at it before you trust it."
NOTHING = "Nothing in the knowledge fits this question."
ANSWERED = (
    "Do you have oat milk, and what does it cost?",
    "Are you open on Monday?",
    "Which cakes are vegan?",
    "Do you deliver?",
    "What time do you close on Sunday?",
    "How much is a flat white?",
    "كم رسوم التوصيل؟",
    "هل لديكم حليب الشوفان؟",
    "متى تغلقون يوم الأحد؟",
)
NOT_ANSWERED = ("Do you sell bicycles?", "Do you repair watches?", "Can I rent a car here?", "من فاز بكأس العالم؟")


@pytest.fixture
def cafe(owner: Any) -> list[KnowledgeBase]:
    """The demo's documents, learned: a base for each language."""
    with scope(workspace=owner.workspace):
        bases = {name: actions.create_base(owner, name, reranking_enabled=False) for name in ("en", "ar")}
        for path in sorted(DOCUMENTS.iterdir()):
            base = bases["en" if path.name.isascii() else "ar"]
            core_jobs.run(actions.add_file(owner, base, path.name, path.read_bytes()).job_id)
        return list(bases.values())


def test_questions_that_are_answered_are_not_doubted_and_others_are(owner: Any, cafe: list[KnowledgeBase]) -> None:
    def said(question: str) -> str:
        result = search_now([cafe[question[0] > "z"]], question)
        return confidence_in_words(result.confidence, found=bool(result.passages))

    with scope(workspace=owner.workspace):
        assert [question for question in ANSWERED if said(question) in {DOUBT, NOTHING}] == []
        assert [question for question in NOT_ANSWERED if said(question) not in {DOUBT, NOTHING}] == []


@pytest.mark.parametrize(
    ("value", "found", "cited", "words"),
    [
        (0.9, True, False, "The answer is very likely in what was found."),
        (0.9, True, True, "The answer is very likely in what was found."),
        (0.2, True, False, "The answer may be in what was found."),
        (0.02, True, True, "The answer rests on what was found."),
        (0.02, True, False, DOUBT),
        (0.0, False, False, NOTHING),
        (None, False, False, NOTHING),
    ],
)
def test_an_answer_that_cites_passages_is_never_doubted(value: float | None, found: bool, cited: bool, words: str) -> None:
    assert confidence_in_words(value, found=found, cited=cited) == words
