"""What was deleted: gone at once, back whole for thirty days, and then taken away in small steps."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from frontdesk.core import jobs as core_jobs
from frontdesk.core.models import Job
from frontdesk.core.scoping import scope
from frontdesk.knowledge import actions, deletion, jobs, queries, store
from frontdesk.knowledge.errors import BaseFull, BaseNotFound, SourceNotFound
from frontdesk.knowledge.models import KEPT, Chunk, ChunkVector, KnowledgeBase, Posting, Source
from frontdesk.knowledge.retrieval import search_now
from frontdesk.workspaces.models import AuditEntry

from .conftest import watching_embeddings, work

pytestmark = pytest.mark.django_db(transaction=True)
DOGS = "Dogs are welcome on a leash. There is water for them at the door."


@pytest.fixture
def dogs(learned: Any) -> Source:
    learned("The kitchen closes at nine in the evening.", "Kitchen")
    return learned(DOGS, "Dogs")


def run_jobs(kind: str) -> None:
    for job in Job.objects.filter(kind=kind, state=Job.State.QUEUED):
        core_jobs.run(job.pk)


def found(base: KnowledgeBase) -> list[tuple[int, dict[str, float]]]:
    return [(passage.id, dict(passage.scores)) for passage in search_now([base], "May dogs come in?", k=5).passages]


def names() -> list[str]:
    return [row["name"] for row in queries.deleted()]


def age(row: KnowledgeBase | Source, past: timedelta) -> None:
    type(row).objects.filter(pk=row.pk).update(deleted_at=timezone.now() - past)


def test_a_source_comes_back_as_it_was_without_being_learned_again(owner, base, dogs) -> None:
    before, passages = found(base), list(queries.passages(dogs).values_list("pk", flat=True))
    deletion.delete_source(owner, dogs)
    assert dogs.pk not in {passage.source_id for passage in search_now([base], "dogs", k=5).passages}
    run_jobs("knowledge.place_source")
    assert len(found(base)) == 1
    with watching_embeddings() as sent:
        deletion.bring_back_source(owner, dogs.uuid)
        run_jobs("knowledge.place_source")
        run_jobs("knowledge.ingest")
    assert (found(base), sent) == (before, [])
    assert list(queries.passages(queries.source(dogs.pk)).values_list("pk", flat=True)) == passages


def test_taken_back_before_the_worker_came_nothing_is_lost(owner, base, dogs) -> None:
    before = found(base)
    deletion.delete_source(owner, dogs)
    deletion.bring_back_source(owner, dogs.uuid)
    run_jobs("knowledge.place_source")
    assert found(base) == before


def test_a_deleted_source_weighs_nothing_in_the_search(owner, base, dogs) -> None:
    """A hundred passages that say the same as the question would fill the list of candidates."""
    many = work(actions.add_text(owner, base, "Many", "\n\n".join(f"Rule {n}: dogs, dogs, dogs. " * 60 for n in range(70))))
    assert many.chunk_count > 60
    deletion.delete_source(owner, many)
    run_jobs("knowledge.place_source")
    assert search_now([base], "dogs", k=1).passages[0].source_id == dogs.pk
    for model in (Posting, ChunkVector):
        assert set(model.objects.filter(source_id=many.pk).values_list("base_id", flat=True)) == {-base.pk}


def test_rows_move_in_slices(owner, base, dogs, monkeypatch) -> None:
    monkeypatch.setattr(store, "STEPS", dict.fromkeys(store.STEPS, 3))
    words = Posting.objects.filter(source_id=dogs.pk).count()
    deletion.delete_source(owner, dogs)
    assert store.place(dogs.pk)
    assert Posting.objects.filter(source_id=dogs.pk, base_id=-base.pk).count() == 3
    run_jobs("knowledge.place_source")
    assert Posting.objects.filter(source_id=dogs.pk, base_id=-base.pk).count() == words > 3


def test_a_base_comes_back_with_all_that_was_in_it_and_nothing_more(owner, base, dogs) -> None:
    gone = work(actions.add_text(owner, base, "Gone", "Cats."))
    deletion.delete_source(owner, gone)
    before = found(base)
    deletion.delete_base(owner, base)
    assert (found(base), names()) == ([], ["Menu"])
    with watching_embeddings() as sent:
        deletion.bring_back_base(owner, base.uuid)
        run_jobs("knowledge.ingest")
    assert (found(base), sent) == (before, [])
    assert {source.name for source in queries.sources(base)} == {"Kitchen", "Dogs"}
    assert names() == ["Gone"]


def test_learning_stops_with_the_base_and_goes_on_when_it_is_back(owner, base) -> None:
    waiting = actions.add_text(owner, base, "Dogs", DOGS)
    with watching_embeddings(lambda call: deletion.delete_base(owner, base)) as sent:
        core_jobs.run(waiting.job_id)
    jobs.close_abandoned()
    assert len(sent) == 1
    assert not Chunk.objects.filter(source=waiting).exists()
    deletion.bring_back_base(owner, base.uuid)
    assert queries.source(waiting.pk).state == Source.State.WAITING
    assert work(queries.source(waiting.pk)).state == Source.State.READY


def test_a_source_that_was_not_learned_yet_is_learned_when_it_is_back(owner, base) -> None:
    waiting = actions.add_text(owner, base, "Dogs", DOGS)
    deletion.delete_source(owner, waiting)
    core_jobs.run(waiting.job_id)
    deletion.bring_back_source(owner, waiting.uuid)
    assert work(queries.source(waiting.pk)).state == Source.State.READY


def test_the_list_says_what_by_whom_and_until_when(owner, editor, base, dogs) -> None:
    deletion.delete_source(editor, dogs)
    (row,) = [queries.Deleted(**values) for values in queries.deleted()]
    assert (row.is_base, row.name, row.base_name, row.passages, row.deleted_by) == (False, "Dogs", "Menu", 1, "user: Bob")
    assert row.until - row.deleted_at == timedelta(days=30)


def test_a_source_does_not_come_back_into_a_full_base(owner, base, dogs, settings) -> None:
    deletion.delete_source(owner, dogs)
    settings.KNOWLEDGE_MAX_PAGES = 0
    with pytest.raises(BaseFull):
        deletion.bring_back_source(owner, dogs.uuid)


def test_only_what_was_deleted_comes_back_and_only_once(owner, base, dogs) -> None:
    for change in (deletion.bring_back_source, deletion.remove_source):
        with pytest.raises(SourceNotFound):
            change(owner, dogs.uuid)
    for change in (deletion.bring_back_base, deletion.remove_base):
        with pytest.raises(BaseNotFound):
            change(owner, base.uuid)
    deletion.delete_source(owner, dogs)
    deletion.delete_base(owner, base)
    with pytest.raises(SourceNotFound):
        deletion.bring_back_source(owner, dogs.uuid)


def test_what_is_deleted_for_good_stays_away(owner, base, dogs) -> None:
    deletion.delete_base(owner, base)
    deletion.remove_base(owner, base.uuid)
    assert names() == []
    with pytest.raises(BaseNotFound):
        deletion.bring_back_base(owner, base.uuid)
    run_jobs("knowledge.remove_base")
    assert not KnowledgeBase.objects.filter(pk=base.pk).exists()
    for model in (Posting, ChunkVector):
        assert not model.objects.filter(base_id__in=[base.pk, -base.pk]).exists()


def test_after_thirty_days_it_goes_by_itself(owner, base, dogs) -> None:
    kitchen = queries.sources(base).get(name="Kitchen")
    deletion.delete_source(owner, dogs)
    deletion.delete_source(owner, kitchen)
    age(dogs, KEPT + timedelta(minutes=1))
    age(kitchen, KEPT - timedelta(minutes=1))
    jobs.remove_expired()
    run_jobs("knowledge.remove_source")
    assert not Source.objects.filter(pk=dogs.pk).exists()
    assert names() == ["Kitchen"]
    deletion.delete_base(owner, base)
    age(base, KEPT + timedelta(minutes=1))
    jobs.remove_expired()
    run_jobs("knowledge.remove_base")
    assert not KnowledgeBase.objects.filter(pk=base.pk).exists()


def test_nothing_of_charlies_is_listed_brought_back_or_removed(stranger, owner, base, dogs) -> None:
    deletion.delete_source(owner, dogs)
    other = actions.create_base(owner, "Other")
    deletion.delete_base(owner, other)
    with scope(workspace=stranger.workspace):
        assert names() == []
        for change, uuid, missing in (
            (deletion.bring_back_source, dogs.uuid, SourceNotFound),
            (deletion.remove_source, dogs.uuid, SourceNotFound),
            (deletion.bring_back_base, other.uuid, BaseNotFound),
            (deletion.remove_base, other.uuid, BaseNotFound),
        ):
            with pytest.raises(missing):
                change(stranger, uuid)


def test_it_is_all_written_down(owner, base, dogs) -> None:
    deletion.delete_source(owner, dogs)
    deletion.bring_back_source(owner, dogs.uuid)
    deletion.delete_base(owner, base)
    deletion.bring_back_base(owner, base.uuid)
    deletion.delete_base(owner, base)
    deletion.remove_base(owner, base.uuid)
    verbs = list(AuditEntry.objects.order_by("id").values_list("verb", flat=True))[-6:]
    assert [verb.partition(".")[2] for verb in verbs] == ["deleted", "restored", "deleted", "restored", "deleted", "removed"]


def test_an_agents_next_own_base_is_a_new_one_and_the_old_one_can_come_back(owner, in_workspace) -> None:
    from frontdesk.agents.models import Agent

    agent = Agent.objects.create(workspace=in_workspace, name="Ada")
    first = actions.base_of_agent(owner, agent.pk, "Ada")
    deletion.delete_base(owner, first)
    deletion.bring_back_base(owner, first.uuid)
    assert queries.bases_of([], agent_id=agent.pk) == [first]
    deletion.delete_base(owner, first)
    second = actions.base_of_agent(owner, agent.pk, "Ada")
    deletion.bring_back_base(owner, first.uuid)
    assert queries.bases_of([], agent_id=agent.pk) == [second] != [first]


def test_the_list_and_the_sweep_read_their_own_small_indexes(owner, base) -> None:
    """Of many sources few are deleted: neither looks at the others."""
    Source.objects.bulk_create(Source(workspace=owner.workspace, base=base, kind="text", name=str(n)) for n in range(3_000))
    deletion.delete_source(owner, Source.objects.first())
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE knowledge_source")
    plan = queries.deleted()[:31].explain()
    assert "Seq Scan on knowledge_source" not in plan
    assert "source_bin" in plan or "source_expires" in plan
