"""Questions that lean on the one before."""

from __future__ import annotations

from typing import Any

import pytest
from asgiref.sync import async_to_sync

from frontdesk.knowledge import actions
from frontdesk.knowledge.models import KnowledgeBase
from frontdesk.runs import lookup

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def people(owner: Any, base: KnowledgeBase, learned: Any) -> dict[str, int]:
    actions.update_base(owner, base, top_k=1)
    texts = {
        "The mayor": "The father of the mayor, whom everybody called father, sold bread.",
        "Fairuz": "Fairuz was born in Beirut, where a printer brought her up.",
        "Parking": "Cars may stand in the yard until midnight.",
    }
    return {title: learned(text, title).pk for title, text in texts.items()}


def found(base: KnowledgeBase, question: str, *before: str) -> list[int]:
    result = async_to_sync(lookup.find)([base.uuid], question, asked_before=before)
    return [passage.source_id for passage in result.passages]


def test_a_short_question_is_read_both_ways(base: KnowledgeBase, people: dict[str, int]) -> None:
    alone, before = "Who is her father?", "Where was Fairuz born?"
    assert found(base, alone) == [people["The mayor"]]
    assert set(found(base, alone, before)) >= {people["The mayor"], people["Fairuz"]}


def test_a_question_that_says_everything_stands_alone(base: KnowledgeBase, people: dict[str, int]) -> None:
    full = "Until when may my cars stand in the yard, until midnight?"
    assert found(base, full, "Where was Fairuz born?") == found(base, full) == [people["Parking"]]
