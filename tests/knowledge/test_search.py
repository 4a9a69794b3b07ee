"""What a search finds, in many languages, and what it must never find."""

from __future__ import annotations

from contextvars import Context
from typing import Any

import numpy as np
import pytest

from frontdesk.core import jobs as core_jobs
from frontdesk.core.scoping import ScopeError, scope
from frontdesk.knowledge import actions, deletion, fusion, queries, vectors
from frontdesk.knowledge.models import KnowledgeBase, Source
from frontdesk.knowledge.retrieval import search_now
from frontdesk.providers import calls
from frontdesk.sdk.errors import ProviderUnavailable

from .conftest import work

pytestmark = pytest.mark.django_db(transaction=True)

CAFE = {
    "Opening hours": "We open at seven in the morning on weekdays and at nine on Sundays.",
    "Dogs": "Dogs are welcome on the terrace, but not inside.",
    "Payment": "You can pay with cash, with cards and by telephone.",
    "Returns": "Bring beans back within fourteen days and you get your money back.",
}
ABROAD = {
    "ar": ("مواعيد العمل", "يفتح المقهى أبوابه في السابعة صباحا ويغلق في المساء", "متى يفتح المقهى؟"),
    "th": ("สัตว์เลี้ยง", "ร้านกาแฟของเราอนุญาตให้นำสุนัขเข้ามาที่ระเบียงได้", "นำสุนัขเข้าร้านได้ไหม"),
    "zh": ("付款方式", "您可以使用现金、银行卡或手机支付咖啡的费用。", "可以用手机支付吗"),
    "de": ("Fahrräder", "Fahrräder dürfen im Innenhof neben der Küche abgestellt werden.", "Wo kann ich mein Fahrrad abstellen?"),
}


@pytest.fixture
def cafe(base: KnowledgeBase, learned: Any) -> dict[str, Source]:
    return {title: learned(text, title) for title, text in CAFE.items()}


def test_the_best_passage_comes_first_with_its_place_and_scores(base, cafe) -> None:
    result = search_now([base], "May I bring my dog inside?")
    best = result.passages[0]
    assert (best.source_id, best.source_name, best.title) == (cafe["Dogs"].pk, "Dogs", "Dogs")
    assert set(best.scores) == {"words", "ngrams", "meaning"}
    assert [passage.score for passage in result.passages] == sorted((p.score for p in result.passages), reverse=True)
    assert {"find", "score", "choose"} <= set(result.took)


def test_meaning_finds_what_no_word_names(base, cafe) -> None:
    result = search_now([base], "Can I get a refund?", k=1)
    assert result.passages[0].source_id == cafe["Returns"].pk


def test_figures_are_found_by_what_they_are_of(base, learned) -> None:
    learned("The percentage change in rents between 2018 and 2019 was small.", "Rents")
    sales = learned("Year: 2018; Sales: 120,400\nYear: 2019; Sales: 131,900", "Figures")
    result = search_now([base], "What was the percentage change in sales between 2018 and 2019?", k=1)
    assert result.passages[0].source_id == sales.pk


@pytest.mark.parametrize("language", list(ABROAD))
def test_other_languages_are_found_among_english_passages(base, cafe, learned, language) -> None:
    title, text, question = ABROAD[language]
    source = learned(text, title)
    assert source.language == language
    assert search_now([base], question, k=1).passages[0].source_id == source.pk


def test_a_question_far_from_everything_gets_little_confidence(base, cafe) -> None:
    near = search_now([base], "When do you open on Sundays?").confidence
    far = search_now([base], "Who won the chess championship in 1972?").confidence
    assert far < 0.5 < near


@pytest.mark.parametrize("method", list(KnowledgeBase.Method))
def test_every_method_finds_plain_questions(base, cafe, method) -> None:
    assert search_now([base], "dogs on the terrace", method=method, k=1).passages[0].source_id == cafe["Dogs"].pk


def test_top_k_is_respected(owner, base, cafe) -> None:
    base = actions.update_base(owner, base, top_k=2)
    assert len(search_now([base], "coffee beans, dogs, cards and opening hours").passages) == 2
    assert len(search_now([base], "coffee beans, dogs, cards and opening hours", k=3).passages) == 3


def test_reranking_keeps_fewer(owner, base, cafe) -> None:
    base = actions.update_base(owner, base, reranking_enabled=True, top_k=4, top_k_after_reranking=1)
    result = search_now([base], "May I bring my dog?")
    assert [passage.source_id for passage in result.passages] == [cafe["Dogs"].pk]
    assert "rerank" in result.took


def test_almost_the_same_passage_is_given_once(base, cafe, learned) -> None:
    copy = learned(CAFE["Dogs"] + " Woof.", "Dogs again")
    found = [passage.source_id for passage in search_now([base], "dogs on the terrace", k=4).passages]
    assert len({cafe["Dogs"].pk, copy.pk} & set(found)) == 1


def test_excluded_passages_and_deleted_sources_are_not_found(owner, base, cafe) -> None:
    (chunk,) = queries.passages(cafe["Dogs"])
    actions.exclude_passage(owner, chunk)
    deletion.delete_source(owner, cafe["Payment"])
    result = search_now([base], "dogs, cards and cash", k=10)
    assert {passage.source_id for passage in result.passages} == {cafe["Opening hours"].pk, cafe["Returns"].pk}
    actions.exclude_passage(owner, chunk, excluded=False)
    assert search_now([base], "dogs", k=1).passages[0].source_id == cafe["Dogs"].pk


def test_statistics_after_deleting_are_those_of_a_base_that_never_had_it(owner, base, cafe) -> None:
    fresh = actions.create_base(owner, "Fresh", reranking_enabled=False)
    for title, text in CAFE.items():
        if title != "Dogs":
            work(actions.add_text(owner, fresh, title, text))
    deletion.delete_source(owner, cafe["Dogs"])
    core_jobs.run(core_jobs.Job.objects.get(kind="knowledge.place_source").pk)
    question = "Do dogs open the beans with cash?"
    ours, theirs = ([dict(p.scores) for p in search_now([one], question, k=5).passages] for one in (base, fresh))
    assert ours == theirs


def test_two_bases_are_searched_as_one(owner, base, cafe) -> None:
    second = actions.create_base(owner, "Events")
    source = work(actions.add_text(owner, second, "Concerts", "A jazz trio plays every Friday evening."))
    found = {passage.source_id for passage in search_now([base, second], "jazz on Friday, dogs on the terrace", k=2).passages}
    assert found == {source.pk, cafe["Dogs"].pk}


def test_another_workspace_finds_nothing_even_with_the_base_in_hand(base, cafe, other_workspace) -> None:
    with scope(workspace=other_workspace):
        assert search_now([base], "dogs").passages == []
        assert queries.bases().count() == 0


def test_no_workspace_in_scope_raises(base, cafe) -> None:
    with pytest.raises(ScopeError):
        Context().run(search_now, [base], "dogs")


def test_without_the_embedding_model_words_go_on(base, cafe, monkeypatch) -> None:
    async def down(*_args: Any, **_options: Any) -> Any:
        raise ProviderUnavailable("The vendor is down.")

    monkeypatch.setattr(calls, "embed", down)
    assert search_now([base], "dogs on the terrace", k=1).passages[0].source_id == cafe["Dogs"].pk


@pytest.mark.parametrize("question", ["", "   ", "\x00", "?!", "'; DROP TABLE x; --", "%s %(x)s", "a" * 50_000, "🦆"])
def test_odd_questions_are_answered_calmly(base, cafe, question) -> None:
    assert search_now([base], question).confidence < 0.9


def test_an_empty_base_finds_nothing(base) -> None:
    assert search_now([base], "dogs").passages == []


def test_a_large_base_gets_an_index_that_finds_the_same(owner, base, cafe, monkeypatch) -> None:
    without = search_now([base], "May I bring my dog?", method="dense")
    vectors.create_index(base)
    base.refresh_from_db()
    assert base.indexed_model == "offline:minilm-l6"
    with_index = search_now([base], "May I bring my dog?", method="dense")
    assert with_index.passages == without.passages
    deletion.delete_base(owner, base)
    deletion.remove_base(owner, base.uuid)
    core_jobs.run(core_jobs.Job.objects.get(kind="knowledge.remove_base").pk)
    assert not KnowledgeBase.objects.filter(pk=base.pk).exists()
    assert vectors.indexes() == []


def test_what_the_rest_of_a_document_says_counts() -> None:
    alone, lead, same, weak = fusion.with_documents(
        np.array([1.0, 0.9, 0.85, 0.1], np.float32), [7, "Protests", "Protests", "Protests"]
    )
    assert lead > same > alone > weak


def test_pieces_of_words_count_less_where_words_are_pairs_of_characters() -> None:
    chinese, thai = (fusion.weights_for(question, ()) for question in ("可以用手机支付吗", "นำสุนัขเข้าร้านได้ไหม"))
    assert (chinese.words, chinese.meaning) == (thai.words, thai.meaning)
    assert chinese.ngrams < thai.ngrams


def test_a_reranker_that_cannot_read_the_question_is_not_asked(owner, base, learned) -> None:
    text, title, question = "يفتح المقهى أبوابه في السابعة صباحا", "مواعيد العمل", "متى يفتح المقهى؟"
    learned(text, title)
    plain, again = (search_now([base], question, rerank=rerank).passages[0].score for rerank in (False, True))
    assert plain == again
