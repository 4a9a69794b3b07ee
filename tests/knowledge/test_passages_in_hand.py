"""Passages with an owner's words, passages and sources that are left out, bases that pause, and many sources at once."""

from __future__ import annotations

from typing import Any

import pytest

from frontdesk.core import jobs as core_jobs
from frontdesk.core.errors import Invalid
from frontdesk.core.models import Job
from frontdesk.core.scoping import unscoped
from frontdesk.knowledge import actions, jobs, many, passages, queries, retrieval, store
from frontdesk.knowledge.errors import ComesFromAPlace, SourceNotReady
from frontdesk.knowledge.models import Chunk, ChunkVector, KnowledgeBase, Posting, Source
from frontdesk.workspaces.models import AuditEntry

from .conftest import watching_embeddings, work
from .shop import work_all

pytestmark = pytest.mark.django_db(transaction=True)
QUESTION = "What does oat milk cost?"


def found(*bases: KnowledgeBase) -> list[str]:
    return [passage.text for passage in retrieval.search_now(list(bases), QUESTION).passages]


def now(row: Any) -> Any:
    row.refresh_from_db()
    return row


@pytest.fixture
def oat(learned: Any) -> Source:
    """A text of two passages."""
    return learned("# Milk\n\n" + "Oat milk costs 50 cents. " * 40 + "\n\n" + "Dogs are welcome in the garden. " * 60)


@pytest.fixture
def milk(oat: Source) -> Chunk:
    return queries.passages(oat)[0]


def test_an_owners_words_are_what_is_found_and_keep_their_id(owner: Any, base: KnowledgeBase, oat: Source, milk: Chunk) -> None:
    with watching_embeddings() as sent:
        edited = passages.edit_passage(owner, milk, "Oat milk costs 70 cents.")
        work_all()
    assert (edited.pk, now(edited).text) == (milk.pk, "Oat milk costs 70 cents.")
    assert edited.original == milk.text
    assert found(base)[0] == "Oat milk costs 70 cents."
    assert [text for text in sent if "50 cents" in text or "Dogs" in text] == []
    assert now(oat).state == Source.State.READY
    assert ChunkVector.objects.filter(source_id=oat.pk).count() == oat.chunk_count


def test_an_owners_words_stay_when_the_source_is_read_again(owner: Any, base: KnowledgeBase, oat: Source, milk: Chunk) -> None:
    passages.edit_passage(owner, milk, "Oat milk costs 70 cents.")
    work_all()
    work(actions.refresh_source(owner, oat))
    assert now(milk).text == "Oat milk costs 70 cents."
    assert found(base)[0] == "Oat milk costs 70 cents."
    assert now(oat).warnings == []


def test_the_original_comes_back(owner: Any, base: KnowledgeBase, oat: Source, milk: Chunk) -> None:
    said = milk.text
    passages.edit_passage(owner, milk, "Oat milk costs 70 cents.")
    work_all()
    passages.restore_passage(owner, queries.passage(milk.pk))
    work_all()
    assert (now(milk).text, milk.original) == (said, "")
    assert found(base)[0] == said


def test_when_the_source_says_something_else_it_is_said_that_the_edit_is_gone(owner: Any, oat: Source, milk: Chunk) -> None:
    passages.edit_passage(owner, milk, "Oat milk costs 70 cents.")
    work_all()
    work(actions.update_source(owner, oat, text="Oat milk is free."))
    assert [chunk.text for chunk in queries.passages(oat)] == ["Oat milk is free."]
    assert now(oat).warnings == ["edits_lost"]


@pytest.mark.parametrize("text", ["", " \x00\n", "x" * (passages.LONGEST + 1)])
def test_words_that_cannot_be_taken(owner: Any, milk: Chunk, text: str) -> None:
    with pytest.raises(Invalid):
        passages.edit_passage(owner, milk, text)


def test_while_a_source_is_learned_its_passages_rest(owner: Any, oat: Source, milk: Chunk) -> None:
    actions.refresh_source(owner, oat)
    with pytest.raises(SourceNotReady):
        passages.edit_passage(owner, milk, "Oat milk costs 70 cents.")


def test_what_is_left_out_is_in_no_index_and_stays_out(owner: Any, base: KnowledgeBase, oat: Source, milk: Chunk) -> None:
    everywhere = {chunk.pk for chunk in queries.passages(oat)}
    assert passages.exclude_passages(owner, oat, [milk.pk, milk.pk + 10_000]) == 1
    work_all()
    assert not any("50 cents" in text for text in found(base))
    assert set(ChunkVector.objects.filter(base_id=base.pk).values_list("chunk_id", flat=True)) == everywhere - {milk.pk}
    work(actions.refresh_source(owner, oat))
    assert now(milk).excluded
    assert ChunkVector.objects.get(chunk_id=milk.pk).base_id == -base.pk
    # Its title is another one, so all passages are new ones.
    work(actions.update_source(owner, oat, title="Milk and dogs", text=oat.body))
    assert [chunk.excluded for chunk in queries.passages(oat) if "50 cents" in chunk.text] == [True]
    chunk = queries.passages(oat)[0]
    passages.exclude_passages(owner, oat, [chunk.pk], excluded=False)
    work_all()
    assert "50 cents" in found(base)[0]


# --- many at once ---------------------------------------------------------------------------------------------------


def test_whole_sources_are_left_out_and_taken_in_again(owner: Any, base: KnowledgeBase, oat: Source) -> None:
    passages_before = now(base).passage_total
    assert many.exclude(owner, base, queries.sources(base)) == 1
    work_all()
    assert found(base) == []
    assert now(base).passage_total == 0
    # Read again they stay out.
    work(actions.refresh_source(owner, now(oat)))
    assert found(base) == []
    assert not Posting.objects.filter(base_id=base.pk).exists()
    assert many.exclude(owner, base, queries.sources(base), excluded=False) == 1
    work_all()
    assert "50 cents" in found(base)[0]
    assert now(base).passage_total == passages_before


def test_moved_sources_are_found_in_their_new_base_alone(owner: Any, base: KnowledgeBase, oat: Source, milk: Chunk) -> None:
    target = actions.create_base(owner, "Staff", reranking_enabled=False)
    with watching_embeddings() as sent:
        assert many.move(owner, base, queries.sources(base), target) == 1
        work_all()
    assert sent == []
    assert found(base) == []
    assert "50 cents" in found(target)[0]
    assert (now(base).passage_total, now(target).passage_total) == (0, oat.chunk_count)
    assert queries.passage(milk.pk).base == target


def test_where_passages_are_cut_in_another_way_moved_sources_are_learned_again(
    owner: Any, base: KnowledgeBase, oat: Source
) -> None:
    target = actions.create_base(owner, "Staff", reranking_enabled=False, chunk_size=64, chunk_overlap=0)
    many.move(owner, base, queries.sources(base), target)
    work_all()
    assert queries.passages(oat).count() > oat.chunk_count
    assert "50 cents" in found(target)[0]


def test_what_a_place_gives_is_not_moved(owner: Any, base: KnowledgeBase, place: Any) -> None:
    target = actions.create_base(owner, "Staff")
    with pytest.raises(ComesFromAPlace):
        many.move(owner, base, queries.sources(base), target)
    assert queries.sources(base).count() == 3


def test_many_are_deleted_and_brought_back(owner: Any, base: KnowledgeBase, oat: Source, learned: Any) -> None:
    waiting = actions.add_text(owner, base, "Cats", "Cats stay at home.")
    before = now(base).passage_total
    number, moment = many.delete(owner, base, queries.sources(base))
    work_all()
    assert (number, found(base), now(base).passage_total) == (2, [], 0)
    assert many.bring_back(owner, base, moment) == 2
    work_all()
    assert "50 cents" in found(base)[0]
    assert now(waiting).state == Source.State.READY
    assert now(base).passage_total == before + waiting.chunk_count


def test_all_failed_are_tried_again_and_no_others(owner: Any, base: KnowledgeBase, oat: Source) -> None:
    broken = work(actions.add_file(owner, base, "broken.pdf", b"%PDF-1.7 and nothing more"))
    assert many.retry(owner, base, queries.sources(base)) == 1
    assert (now(broken).state, now(oat).state) == (Source.State.WAITING, Source.State.READY)
    work_all()
    assert now(broken).state == Source.State.FAILED


def test_all_that_is_being_learned_is_stopped(owner: Any, base: KnowledgeBase, oat: Source) -> None:
    waiting = [actions.add_text(owner, base, name, name) for name in ("one", "two")]
    assert many.stop(owner, base, queries.sources(base)) == 2
    assert {now(source).state for source in waiting} == {Source.State.CANCELLED}
    assert now(oat).state == Source.State.READY


def test_many_take_few_queries_and_one_line_in_the_audit(
    owner: Any, base: KnowledgeBase, django_assert_max_num_queries: Any
) -> None:
    made = [Source(workspace=base.workspace, base=base, kind="text", name=f"{n}", body="x", state="failed") for n in range(60)]
    Source.objects.bulk_create(made)
    with django_assert_max_num_queries(30):
        assert many.retry(owner, base, queries.sources(base)) == 60
    assert AuditEntry.objects.filter(verb="sources.refreshed").count() == 1
    assert Job.objects.filter(kind="knowledge.ingest", state="queued").count() == 60
    assert not Source.objects.filter(base=base, job=None).exists()


# --- pausing --------------------------------------------------------------------------------------------------------


def test_a_paused_base_learns_nothing_until_it_goes_on(owner: Any, base: KnowledgeBase, oat: Source) -> None:
    before = actions.add_text(owner, base, "Cats", "Cats stay at home.")
    assert many.pause(owner, base) == 1
    after = actions.add_text(owner, base, "Birds", "Birds sing.")
    refreshed = actions.refresh_source(owner, oat)
    work_all()
    with unscoped():
        jobs.close_abandoned()
    assert {now(source).state for source in (before, after, refreshed)} == {Source.State.WAITING}
    assert "50 cents" in found(base)[0]
    assert queries.batch(now(base)).total == 3
    assert many.resume(owner, base) == 3
    work_all()
    assert {now(source).state for source in (before, after, refreshed)} == {Source.State.READY}
    assert queries.batch(now(base)) is None


def test_pausing_in_the_middle_loses_no_passage_that_was_paid_for(owner: Any, base: KnowledgeBase) -> None:
    text = "\n\n".join(f"Table {n} is by the window. " * 30 for n in range(60))
    source = actions.add_text(owner, base, "Tables", text)

    def stop(call: int) -> None:
        if call == 1:
            many.pause(owner, base)

    with watching_embeddings(stop) as first:
        core_jobs.run(source.job_id)
    assert now(source).state == Source.State.WAITING
    many.resume(owner, now(base))
    with watching_embeddings() as second:
        work_all()
    assert now(source).state == Source.State.READY
    assert first
    assert second
    assert not set(first) & set(second)


def test_one_that_waits_in_a_paused_base_can_be_stopped(owner: Any, base: KnowledgeBase) -> None:
    many.pause(owner, base)
    source = actions.add_text(owner, base, "Birds", "Birds sing.")
    assert actions.cancel_source(owner, source).state == Source.State.CANCELLED
    assert many.resume(owner, base) == 0


def test_progress_counts_what_is_learned_together(owner: Any, base: KnowledgeBase, oat: Source) -> None:
    waiting = [actions.add_text(owner, base, f"{n}", f"Number {n}") for n in range(4)]
    work(waiting[0])
    Job.objects.filter(pk=waiting[1].job_id).update(state="running", done=1, total=2)
    assert queries.batch(now(base)) == queries.Batch(total=4, done=1, failed=0, percent=37)


def test_words_that_are_counted_again_are_counted_in_the_base_too(base: KnowledgeBase, oat: Source) -> None:
    """As after an update that takes words apart otherwise."""
    before = now(base).word_total - now(oat).word_total
    Posting.objects.filter(source_id=oat.pk).delete()
    Source.objects.filter(pk=oat.pk).update(word_total=1)
    KnowledgeBase.objects.filter(pk=base.pk).update(word_total=before + 1)
    store.index_again(oat.pk)
    assert now(base).word_total == before + oat.word_total
    assert Posting.objects.filter(source_id=oat.pk, base_id=base.pk).exists()
