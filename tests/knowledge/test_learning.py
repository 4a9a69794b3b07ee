"""A source ends Ready, stopped, or with a reason; learning it again embeds only what changed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from frontdesk.core import jobs as core_jobs
from frontdesk.core.models import Job
from frontdesk.knowledge import actions, deletion, jobs, queries
from frontdesk.knowledge.models import Chunk, ChunkVector, KnowledgeBase, Posting, Source, StagedVector
from frontdesk.plugins import actions as plugins
from frontdesk.plugins import incidents
from frontdesk.plugins.models import Incident
from frontdesk.sdk.manifest import Permissions
from frontdesk.sdk.testing import broken
from tests.ground.plugins import module

from .conftest import watching_embeddings, work
from .shop import work_all

pytestmark = pytest.mark.django_db


def paragraphs(numbers: Any) -> str:
    """Each about one passage of a base with small passages."""
    return "\n\n".join(f"Paragraph {n} explains rule number {n}. " + f"It matters because of reason {n}. " * 12 for n in numbers)


@pytest.fixture
def small(owner: Any, in_workspace: Any) -> KnowledgeBase:
    """A base with small passages, so that a short text has many."""
    return actions.create_base(owner, "Small", chunk_size=128, chunk_overlap=0)


def totals(base: KnowledgeBase) -> tuple[int, int, int, int]:
    base.refresh_from_db()
    chunks = Chunk.objects.filter(base=base).count()
    return chunks, ChunkVector.objects.filter(base_id=base.pk).count(), base.passage_total, base.word_total


def test_a_text_becomes_ready(base, learned) -> None:
    source = learned("The café opens at seven.\n\nDogs are welcome on the terrace.", "Opening hours")
    assert (source.state, source.chunk_count, source.language) == (Source.State.READY, 1, "en")
    assert source.job.state == Job.State.DONE
    assert (source.job.done, source.job.total) == (1, 1)
    assert totals(base) == (1, 1, 1, source.word_total)
    assert source.word_total > 5


def test_a_file_becomes_ready(owner, base, media) -> None:
    source = work(actions.add_file(owner, base, "prices.csv", b"Drink,Price\nLatte,4.20\nMocha,4.80\n"))
    assert source.state == Source.State.READY, source.problem
    assert source.file.startswith(f"{owner.workspace.uuid}/knowledge/")
    assert (media / source.file).exists()
    (chunk,) = queries.passages(source)
    assert "Drink: Mocha; Price: 4.80" in chunk.text
    assert chunk.place["rows"][1] >= 3


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("broken.pdf", b"%PDF-1.7 this is not a PDF at all", "corrupt"),
        ("photo.png", b"\x89PNG\r\n\x1a\n" + b"\0" * 40, "unsupported"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(owner, base, name, content, code) -> None:
    source = work(actions.add_file(owner, base, name, content))
    assert (source.state, source.problem_code) == (Source.State.FAILED, code)
    assert source.problem.endswith(".")
    assert source.job.state == Job.State.FAILED


def test_a_file_that_a_plugin_reads_becomes_ready_where_it_is_on(owner, base) -> None:
    film = b"1\n00:04:01,000 --> 00:04:03,000\nThe terrace opens in May.\n"
    source = work(actions.add_file(owner, base, "film.srt", film))
    (chunk,) = queries.passages(source)
    assert (source.state, chunk.text, chunk.place) == (Source.State.READY, "The terrace opens in May.", {"sheet": "minute 5"})
    plugins.turn_off(owner, "more_files")
    source = work(actions.add_file(owner, base, "film.srt", film + b"\n"))
    assert "-->" in queries.passages(source).get().text, "read as plain text, by the house"


@pytest.mark.django_db(transaction=True)
def test_a_plugin_that_fails_on_a_file_is_a_sentence_and_an_incident(owner, base, install) -> None:
    sees = Permissions(data=("knowledge",))
    install(module("fragile", permissions=sees, hooks={"register_loaders": lambda: [broken.RaisingLoader]}))
    plugins.turn_on(owner, "fragile", agreed=sees)
    source = work(actions.add_file(owner, base, "file.broken", b"Hello"))
    assert (source.state, source.problem_code) == (Source.State.FAILED, "plugin")
    assert "The plugin that reads this kind of file failed" in source.problem
    incidents.written()
    assert "by nought" in Incident.objects.get(plugin="fragile", what="loader raising").problem


def test_learning_again_embeds_only_what_changed(owner, small) -> None:
    source = work(actions.add_text(owner, small, "Rules", paragraphs(range(8))))
    before = {chunk.text: chunk.pk for chunk in queries.passages(source)}
    changed = paragraphs(range(8)).replace("Paragraph 3 explains", "Paragraph 3 now explains")
    with watching_embeddings() as sent:
        source = work(actions.update_source(owner, source, text=changed))
    after = {chunk.text: chunk.pk for chunk in queries.passages(source)}
    assert source.state == Source.State.READY
    assert all("Paragraph 3 now" in text or "reason 3" in text for text in sent)
    assert sent
    assert {text: pk for text, pk in after.items() if text in before} == {
        text: pk for text, pk in before.items() if text in after
    }
    assert len(set(after) - set(before)) == len(set(before) - set(after)) == 1
    assert totals(small)[:3] == (source.chunk_count,) * 3


def test_learning_the_same_again_embeds_nothing(owner, small) -> None:
    source = work(actions.add_text(owner, small, "Rules", paragraphs(range(3))))
    with watching_embeddings() as sent:
        source = work(actions.refresh_source(owner, source))
    assert source.state == Source.State.READY
    assert sent == []


def test_a_passage_that_stands_there_twice_is_embedded_once(owner, small) -> None:
    with watching_embeddings() as sent:
        source = work(actions.add_text(owner, small, "Rules", paragraphs([1, 2, 1])))
    assert source.chunk_count == 3
    assert len([text for text in sent if "Paragraph 1" in text]) == 1
    assert totals(small)[:3] == (3, 3, 3)
    with watching_embeddings() as sent:
        source = work(actions.update_source(owner, source, text=paragraphs([1, 2, 1, 2])))
    assert sent == []
    assert totals(small)[:3] == (4, 4, 4)


@pytest.mark.django_db(transaction=True)
def test_stopping_while_learning_keeps_the_earlier_version(owner, small) -> None:
    source = work(actions.add_text(owner, small, "Rules", paragraphs(range(2))))
    before = totals(small)
    source = actions.update_source(owner, source, text=paragraphs(range(100, 160)))

    def stop(call: int) -> None:
        Job.objects.filter(pk=source.job_id).update(cancel_requested=True)

    with watching_embeddings(stop) as sent:
        source = work(source)
    assert source.state == Source.State.CANCELLED
    assert source.job.state == Job.State.CANCELLED
    assert len(sent) < 60 * 5
    assert totals(small) == before


def test_stopping_before_it_began(owner, base) -> None:
    source = actions.add_text(owner, base, "Rules", "Some text.")
    actions.cancel_source(owner, source)
    source = work(source)
    assert source.state == Source.State.CANCELLED
    assert source.chunk_count == 0


class Killed(BaseException):
    """What a worker sees of SIGKILL: nothing is caught, nothing is tidied up."""


def test_a_killed_worker_is_taken_over_without_doubling_anything(owner, small) -> None:
    source = actions.add_text(owner, small, "Rules", paragraphs(range(40)))

    def kill(call: int) -> None:
        if call == 1:
            raise Killed

    with watching_embeddings(kill) as first, pytest.raises(Killed):
        work(source)
    assert 0 < StagedVector.objects.filter(source_id=source.pk).count() < 40
    assert Job.objects.get(pk=source.job_id).state == Job.State.RUNNING
    Job.objects.filter(pk=source.job_id).update(lease_until=timezone.now() - timedelta(seconds=1))
    with watching_embeddings() as second:
        source = work(source)
    assert source.state == Source.State.READY
    assert not set(first) & set(second)
    assert totals(small)[:3] == (source.chunk_count,) * 3
    assert sorted(queries.passages(source).values_list("position", flat=True)) == list(range(source.chunk_count))
    assert not StagedVector.objects.filter(source_id=source.pk).exists()


def test_a_job_of_an_earlier_revision_changes_nothing(owner, base) -> None:
    source = actions.add_text(owner, base, "Rules", "The old rule.")
    late = source.job_id
    source = actions.update_source(owner, source, text="The new rule.")
    source = work(source)
    Job.objects.filter(pk=late).update(state=Job.State.QUEUED, cancel_requested=False)
    core_jobs.run(late)
    assert [chunk.text for chunk in queries.passages(source)] == ["The new rule."]


def test_another_passage_size_learns_everything_again(owner, base) -> None:
    source = work(actions.add_text(owner, base, "Rules", paragraphs(range(6))))
    assert source.chunk_count == 2
    actions.update_base(owner, base, chunk_size=128, chunk_overlap=0)
    source = work(queries.source(source.pk))
    assert source.chunk_count >= 6
    assert totals(base)[:3] == (source.chunk_count,) * 3


def test_a_source_whose_worker_died_each_time_is_closed(owner, base) -> None:
    source = actions.add_text(owner, base, "Rules", "Some text.")
    Job.objects.filter(pk=source.job_id).update(state=Job.State.FAILED)
    jobs.close_abandoned()
    source.refresh_from_db()
    assert (source.state, source.problem_code) == (Source.State.FAILED, "INTERRUPTED")


def test_removing_takes_everything_away(owner, small, media) -> None:
    kept = work(actions.add_text(owner, small, "Kept", paragraphs([1])))
    gone = work(actions.add_file(owner, small, "gone.txt", paragraphs(range(20)).encode()))
    with_both = totals(small)
    deletion.delete_source(owner, gone)
    assert list(queries.sources(small)) == [kept]
    deletion.remove_source(owner, gone.uuid)
    work_all()
    assert totals(small) == (kept.chunk_count, kept.chunk_count, with_both[2] - gone.chunk_count, kept.word_total)
    assert not Posting.objects.filter(source_id=gone.pk).exists()
    assert not Source.objects.filter(pk=gone.pk).exists()
    assert not (media / gone.file).exists()
