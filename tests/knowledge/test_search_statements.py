"""What a search asks the database: few statements, planned once, and always of what is there now."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from django.db import connection

from frontdesk.config.database import from_url
from frontdesk.core.scoping import scope
from frontdesk.knowledge import actions, candidates, embedding, fetching, vectors
from frontdesk.knowledge.models import KnowledgeBase
from frontdesk.knowledge.retrieval import search_now

pytestmark = pytest.mark.django_db(transaction=True)
TEXTS = {"Dogs": "Dogs are welcome on the terrace.", "Payment": "You can pay with cash or by card."}


@pytest.fixture
def cafe(base: KnowledgeBase, learned: Any) -> KnowledgeBase:
    for title, text in TEXTS.items():
        learned(text, title)
    return KnowledgeBase.objects.get(pk=base.pk)


@pytest.fixture
def large(cafe: KnowledgeBase) -> Iterator[KnowledgeBase]:
    """With an index, as large ones get it."""
    vectors.create_index(cafe)
    yield KnowledgeBase.objects.get(pk=cafe.pk)
    vectors.drop_index(cafe)


@contextmanager
def prepared(threshold: int | None) -> Iterator[Any]:
    """This thread's connection, as good as new and set like one of a deployment."""
    connection.close()
    connection.ensure_connection()
    raw = connection.connection
    # It comes from the pool, with what the tests before have left on it.
    raw._prepared.clear()
    raw.execute("DEALLOCATE ALL", prepare=False)
    before, raw.prepare_threshold = raw.prepare_threshold, threshold
    yield raw
    raw.prepare_threshold = before
    connection.close()


def planned(raw: psycopg.Connection[Any]) -> list[tuple[str, int, int]]:
    """Statements that this connection keeps; how often each had a plan of its own, and how often the one for all questions."""
    kept = "SELECT statement, custom_plans, generic_plans FROM pg_prepared_statements"
    with psycopg.Cursor(raw) as cursor:
        rows = cursor.execute(kept, prepare=False).fetchall()
    return [row for row in rows if "knowledge_" in row[0]]


def ask(base: KnowledgeBase, times: int) -> None:
    space = embedding.Space("offline:minilm-l6", None)  # type: ignore[arg-type]
    vector = vectors.unpack(bytes(range(1, 129)) * 3, 384)[0]
    for number in range(times):
        # Words that no search remembers.
        candidates.by_words([base], base.workspace, f"May {number} dogs come in?")
        candidates.by_meaning([base], candidates.Question("", {base.pk: space}, {space.name: vector}))


@pytest.mark.parametrize("size", ["cafe", "large"])
def test_a_search_is_four_statements_that_are_planned_once(request, size) -> None:
    base = request.getfixturevalue(size)
    with prepared(1) as raw:
        ask(base, 12)
        kept = planned(raw)
    assert len(kept) == 4
    assert sum(custom + generic for _statement, custom, generic in kept) == 4 * 11
    near = next(row for row in kept if "halfvec" in row[0])
    assert near[2] > 0


def test_behind_a_pooler_nothing_is_kept_between_two_statements(cafe) -> None:
    assert from_url("postgresql:///x", pool_size=2, prepared=False)["OPTIONS"]["prepare_threshold"] is None
    with prepared(from_url("postgresql:///x", pool_size=2, prepared=False)["OPTIONS"]["prepare_threshold"]) as raw:
        ask(cafe, 7)
        assert planned(raw) == []


def test_how_deep_an_index_is_searched_is_set_for_that_statement_alone(large) -> None:
    with prepared(1) as raw:
        ask(large, 1)
        assert raw.execute("SELECT current_setting('hnsw.ef_search')").fetchone()[0] == "40"


def test_what_an_owner_changes_counts_from_the_next_search_on(owner, cafe) -> None:
    assert len(search_now([cafe], "dogs and cash").passages) == 2
    actions.update_base(owner, KnowledgeBase.objects.get(pk=cafe.pk), top_k=1)
    assert len(search_now([cafe], "dogs and cash").passages) == 1


def test_a_base_as_it_is_now_has_its_own_values(owner, cafe, other_workspace) -> None:
    changed = actions.update_base(owner, cafe, top_k=7, top_k_after_reranking=3, sparse_weightage=0.25, retrieval_method="dense")
    (found,) = fetching.current([cafe], cafe.workspace)
    for name in fetching.SEARCHED:
        assert getattr(found, name) == getattr(KnowledgeBase.objects.get(pk=changed.pk), name), name
    with scope(workspace=other_workspace):
        assert fetching.current([cafe], other_workspace) == []
