"""Questions with their answers, as an owner writes them."""

from __future__ import annotations

import pytest

from frontdesk.core.errors import Invalid
from frontdesk.knowledge import actions, queries, retrieval
from frontdesk.knowledge.models import Source

from .conftest import work

pytestmark = pytest.mark.django_db(transaction=True)
QUESTION = "Can I bring my dog along?"
ANSWER = "Yes, on a leash. There is a bowl of water at the door."


def test_an_answer_is_found_by_its_question_and_said_as_it_is_written(owner, base, learned) -> None:
    learned("Cats are welcome in the garden only.", "Animals")
    learned("The door is opened at nine, and closed at six.", "Hours")
    source = work(actions.add_answer(owner, base, QUESTION, ANSWER))
    assert (source.kind, source.name, source.state) == (Source.Kind.ANSWER, QUESTION, Source.State.READY)
    found = retrieval.search_now([base], "may dogs come, too?", k=3).passages[0]
    assert (found.source_id, found.title, found.text) == (source.pk, QUESTION, ANSWER)


def test_another_question_is_learned_with_the_same_answer(owner, base) -> None:
    source = work(actions.add_answer(owner, base, QUESTION, ANSWER))
    changed = work(actions.update_source(owner, source, title="Do you have vegan cake?"))
    (passage,) = queries.passages(changed)
    assert (changed.pk, passage.title, passage.text) == (source.pk, "Do you have vegan cake?", ANSWER)


@pytest.mark.parametrize(("question", "answer", "field"), [(" ", ANSWER, "question"), (QUESTION, " ", "text")])
def test_a_question_needs_an_answer_and_an_answer_a_question(owner, base, question, answer, field) -> None:
    with pytest.raises(Invalid) as refused:
        actions.add_answer(owner, base, question, answer)
    assert refused.value.errors[0]["field"] == field
