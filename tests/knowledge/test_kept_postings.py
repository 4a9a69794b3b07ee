"""Postings that searches remember: never those of another version of the base, and never more than fit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from django.db import transaction

from frontdesk.knowledge import actions, candidates, deletion, fetching, many, passages, queries, store
from frontdesk.knowledge.lexical import postings
from frontdesk.knowledge.lexical.kept import A_TERM, Memory
from frontdesk.knowledge.models import Chunk, KnowledgeBase, Posting, Source

from .shop import work_all

pytestmark = pytest.mark.django_db(transaction=True)
QUESTION = "May dogs come in, and is there water for dogs?"
Scores = dict[int, float]
Change = Callable[[Any, Source], object]


@pytest.fixture
def dogs(learned: Any) -> Source:
    learned("Cats are welcome, too. They find water and milk at the door.", "Cats")
    return learned("Dogs are welcome on a leash.\n\n" + "There is water for dogs at the door. " * 60, "Dogs")


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[list[tuple[int, int]]]:
    """The postings that are read from the database: each time the pairs of base and term."""
    read: list[list[tuple[int, int]]] = []
    really = postings._read
    monkeypatch.setattr(postings, "_read", lambda missing: read.append(list(missing)) or really(missing))
    return read


def by_words(base: KnowledgeBase) -> Scores:
    said = candidates.by_words([base], base.workspace, QUESTION)
    return dict(zip(said.found.ids.tolist(), said.found.scores.tolist(), strict=True))


def afresh(base: KnowledgeBase, monkeypatch: pytest.MonkeyPatch) -> Scores:
    """What a process finds that was started just now."""
    with monkeypatch.context() as patched:
        patched.setattr(postings, "_memory", Memory())
        return by_words(base)


def test_what_was_asked_is_read_again_when_the_base_changes(owner: Any, base: KnowledgeBase, dogs: Source, asked: Any) -> None:
    by_words(base)
    assert len(asked) == 1
    by_words(base)
    assert len(asked) == 1
    actions.update_base(owner, base, top_k=7)
    by_words(base)
    assert len(asked) == 2


def test_words_that_stand_nowhere_are_remembered_too(base: KnowledgeBase, asked: Any) -> None:
    assert by_words(base) == by_words(base) == {}
    assert len(asked) == 1


CHANGES: dict[str, Change] = {
    "another text": lambda owner, source: actions.update_source(owner, source, text="Dogs stay outside. Cats may come in."),
    "one more source": lambda owner, source: actions.add_text(owner, source.base, "Hours", "No dogs after nine."),
    "a passage in other words": lambda owner, source: passages.edit_passage(owner, passage(source), "Dogs, dogs, dogs."),
    "a passage left out": lambda owner, source: passages.exclude_passages(owner, source, [passage(source).pk]),
    "left out": lambda owner, source: many.exclude(owner, source.base, queries.sources(source.base).filter(pk=source.pk)),
    "deleted": lambda owner, source: deletion.delete_source(owner, source),
    "moved": lambda owner, source: many.move(owner, source.base, queries.sources(source.base).filter(pk=source.pk), staff(owner)),
}


def passage(source: Source) -> Chunk:
    return Chunk.objects.filter(source=source).order_by("position")[0]


def staff(owner: Any) -> KnowledgeBase:
    return actions.create_base(owner, "Staff", reranking_enabled=False)


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_change_is_seen_by_who_searched_before_it(
    owner: Any, base: KnowledgeBase, dogs: Source, change: Change, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = by_words(base)
    change(owner, dogs)
    # Searched while the worker has not come yet, too.
    assert by_words(base) == afresh(base, monkeypatch)
    work_all()
    for found in KnowledgeBase.objects.select_related("workspace"):
        assert by_words(found) == afresh(found, monkeypatch)
    assert by_words(base) != before


def test_what_comes_back_is_found_by_who_searched_without_it(
    owner: Any, base: KnowledgeBase, dogs: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = by_words(base)
    deletion.delete_source(owner, dogs)
    work_all()
    by_words(base)
    deletion.bring_back_source(owner, dogs.uuid)
    by_words(base)
    work_all()
    assert by_words(base) == afresh(base, monkeypatch) == before


def test_words_counted_again_are_seen_when_the_base_has_as_many_as_before(base: KnowledgeBase, dogs: Source) -> None:
    before = by_words(base)
    Posting.objects.filter(source_id=dogs.pk).delete()
    store.forget(base.pk)
    assert by_words(base) != before
    store.index_again(dogs.pk)
    assert by_words(base) == before


def test_what_a_removed_source_left_is_forgotten(owner: Any, base: KnowledgeBase, dogs: Source, monkeypatch: Any) -> None:
    deletion.delete_source(owner, dogs)
    by_words(base)
    store.remove_source(dogs, lambda: None)
    assert by_words(base) == afresh(base, monkeypatch)


def test_a_moved_source_learned_before_its_rows_moved_leaves_nothing_behind(
    owner: Any, base: KnowledgeBase, dogs: Source, monkeypatch: Any
) -> None:
    many.move(owner, base, queries.sources(base).filter(pk=dogs.pk), staff(owner))
    by_words(base)
    store.index_again(dogs.pk)
    assert by_words(base) == afresh(base, monkeypatch)


def test_what_is_taken_back_is_not_remembered(owner: Any, base: KnowledgeBase, dogs: Source, asked: Any) -> None:
    """As a change that is only tried (`insights.foreseeing`)."""
    before = by_words(base)
    with transaction.atomic():
        Posting.objects.filter(source_id=dogs.pk).delete()
        assert fetching.current([base], base.workspace)[0].version == ""
        assert by_words(base) != before
        transaction.set_rollback(True)
    assert len(asked) == 2
    assert by_words(base) == before
    assert len(asked) == 2


def test_a_passage_is_loaded_from_its_own_base_alone(owner: Any, base: KnowledgeBase, dogs: Source) -> None:
    ids = list(Chunk.objects.filter(source=dogs).order_by("id").values_list("pk", flat=True))
    assert [row.id for row in candidates._load([base], ids)] == ids
    assert candidates._load([staff(owner)], ids) == []


def entries(number: int) -> np.ndarray:
    return np.zeros(number, np.uint64)


def test_what_was_asked_for_longest_ago_goes_first() -> None:
    memory = Memory(3 * (A_TERM + 8 * 10))
    for term in (1, 2, 3):
        memory.keep({7: "v"}, {(7, term): entries(10)})
    memory.known({7: "v"}, [1])
    memory.keep({7: "v"}, {(7, 4): entries(10)})
    assert set(memory.known({7: "v"}, [1, 2, 3, 4])) == {(7, 1), (7, 3), (7, 4)}
    memory.keep({7: "v"}, {(7, 5): entries(10_000)})
    assert memory.known({7: "v"}, [1, 2, 3, 4, 5]) == {}


def test_another_version_takes_the_place_of_the_one_before() -> None:
    memory = Memory(A_TERM + 8 * 10)
    memory.keep({7: "old"}, {(7, 1): entries(10)})
    assert memory.known({7: "new"}, [1]) == {}
    memory.keep({7: "new"}, {(7, 1): entries(9)})
    assert memory.known({7: "new"}, [1])[7, 1].size == 9
    assert memory.known({7: "old"}, [1]) == {}


def test_a_base_without_a_version_is_not_remembered() -> None:
    memory = Memory()
    memory.keep({7: ""}, {(7, 1): entries(10)})
    assert memory.known({7: ""}, [1]) == {}
