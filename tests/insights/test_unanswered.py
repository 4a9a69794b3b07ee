"""Questions that found nothing: which count, which are one, what an owner does, and whether their answer is found."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from frontdesk.core import jobs as core_jobs
from frontdesk.core.errors import NotAllowed, NotFound
from frontdesk.core.models import Job
from frontdesk.core.scoping import scope
from frontdesk.insights.unanswered import actions, jobs, queries
from frontdesk.insights.unanswered.models import QuestionGroup
from frontdesk.knowledge import actions as knowledge
from frontdesk.runs.models import JournalSegment, Run
from frontdesk.workspaces.models import Membership, Role
from frontdesk.workspaces.permissions import Actor

pytestmark = pytest.mark.django_db


def work_all() -> None:
    while waiting := list(Job.objects.filter(state=Job.State.QUEUED).order_by("pk")):
        for job in waiting:
            Job.objects.filter(pk=job.pk).update(run_after=None)
            core_jobs.run(job.pk)


def found(state: str = "open") -> list[tuple[str, int]]:
    return [(group.question, group.times) for group in queries.groups(state)]


def test_the_same_question_in_other_words_is_one_group_and_the_most_frequent_comes_first(ask, in_workspace) -> None:
    ask("Do you have vegan cake?")
    ask("Where can I park my car?")
    ask("Where can I park my car near you?")
    ask("هل يوجد موقف للسيارات قريب؟")
    assert jobs.collect(in_workspace) == 4
    assert found()[0] == ("Where can I park my car near you?", 2)
    assert {question for question, times in found() if times == 1} == {"Do you have vegan cake?", "هل يوجد موقف للسيارات قريب؟"}
    assert jobs.collect(in_workspace) == 0
    assert queries.number_open() == 3
    examples = queries.examples(list(queries.groups()))
    assert [each.message.text for each in examples[queries.groups()[0].pk]] == [
        "Where can I park my car near you?",
        "Where can I park my car?",
    ]


def test_what_counts_as_found_nothing(ask, in_workspace, agent) -> None:
    ask("Do you have vegan cake?", sources=[{"n": 1, "source_id": 1}])
    ask("Thank you!")
    ask("Is this only a test?", test=True)
    ask("When was that, long ago?", at=timezone.now() - timedelta(days=100))
    sure = ask("When do you open on Sunday?")
    run = Run.objects.create(workspace=in_workspace, uuid=sure.run_uuid, task={}, agent=agent, deadline_at=timezone.now())
    told = [[1, "run.started", {}], [2, "sources.found", {"items": [{"n": 1}], "confidence": 0.9}]]
    JournalSegment.objects.create(run=run, first_seq=1, last_seq=2, events=told)
    assert jobs.collect(in_workspace) == 0
    assert found() == []


@pytest.mark.django_db(transaction=True)
def test_an_answer_is_learned_and_asked_for(ask, owner, in_workspace) -> None:
    base = knowledge.create_base(owner, "Menu", reranking_enabled=False)
    ask("Where can I park my car?")
    jobs.collect(in_workspace)
    (group,) = queries.groups()
    actions.answer(owner, group, base, "Where can I park?", "Guests park their cars free behind the house.")
    work_all()
    assert found("answered") == [("Where can I park my car?", 1)]
    assert found() == []
    ask("Where can I park my car?")
    jobs.collect(in_workspace)
    assert found() == [("Where can I park my car?", 2)]


@pytest.mark.django_db(transaction=True)
def test_an_answer_to_something_else_is_not_found(ask, owner, in_workspace) -> None:
    base = knowledge.create_base(owner, "Menu", reranking_enabled=False)
    ask("Where can I park my car?")
    jobs.collect(in_workspace)
    (group,) = queries.groups()
    actions.answer(owner, group, base, "Bread?", "Our bread is baked every morning.")
    work_all()
    (group,) = queries.groups()
    assert group.missed_at is not None
    assert group.answer.name == "Bread?"


def test_put_aside_and_back(ask, owner, in_workspace) -> None:
    ask("Do you sell airplanes?")
    jobs.collect(in_workspace)
    (group,) = queries.groups()
    assert actions.dismiss(owner, [group.uuid]) == 1
    assert (found(), found("dismissed")) == ([], [("Do you sell airplanes?", 1)])
    ask("Do you sell airplanes?")
    jobs.collect(in_workspace)
    assert found() == []
    assert actions.reopen(owner, [group.uuid]) == 1
    assert found() == [("Do you sell airplanes?", 2)]


def test_a_question_goes_with_its_conversation(ask, in_workspace) -> None:
    answer = ask("Do you have vegan cake?")
    jobs.collect(in_workspace)
    answer.conversation.delete()
    assert found() == []
    jobs.collect(in_workspace)
    assert not QuestionGroup.objects.exists()


def test_who_may(ask, owner, stranger, in_workspace) -> None:
    ask("Do you have vegan cake?")
    core_jobs.run(actions.collect(owner).pk)
    (group,) = queries.groups()
    base = knowledge.create_base(owner, "Menu")
    viewer = Actor.person(Membership(workspace=in_workspace, user=owner.user, role=Role.VIEWER))
    for change in (
        lambda: actions.collect(viewer),
        lambda: actions.answer(viewer, group, base, "Cake?", "Yes."),
        lambda: actions.dismiss(viewer, [group.uuid]),
        lambda: actions.reopen(viewer, [group.uuid]),
    ):
        with pytest.raises(NotAllowed):
            change()
    with scope(workspace=stranger.workspace):
        assert actions.dismiss(stranger, [group.uuid]) == 0
        for uuid in (group.uuid, uuid4()):
            with pytest.raises(NotFound):
                queries.group(uuid)
