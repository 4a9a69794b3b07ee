"""Which past answers a change would alter: told before it is made, and nothing of it stays."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection, transaction

from frontdesk.agents import actions as agents
from frontdesk.agents.content import AgentContent
from frontdesk.core import jobs as core_jobs
from frontdesk.core.errors import Invalid, NotAllowed
from frontdesk.core.models import Job
from frontdesk.insights import foreseeing
from frontdesk.knowledge import actions as knowledge
from frontdesk.knowledge import embedding, queries, retrieval
from frontdesk.knowledge.models import Chunk, Source, StagedVector
from frontdesk.providers import remembered
from frontdesk.workspaces.models import Membership, Role
from frontdesk.workspaces.permissions import Actor

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def dogs(owner: Any, in_workspace: Any, ask: Any) -> Source:
    """What is said of dogs and of bread, each of which two customers asked; and elsewhere something more on bread."""
    base = knowledge.create_base(owner, "Menu", reranking_enabled=False)
    said = "Dogs are welcome on a leash.\n\nBread is baked at six every morning."
    source = learn(knowledge.add_text(owner, base, "Notes", said))
    learn(knowledge.add_text(owner, base, "Bakery", "Our bread is made of rye and wheat."))
    cited = [{"n": 1, "source_id": source.pk, "passage_id": source.chunks.first().pk}]
    for question in ("Are dogs welcome?", "are dogs  welcome?", "When is the bread baked?"):
        ask(question, sources=cited)
    ask("Are dogs welcome, I test?", sources=cited, test=True)
    return source


def learn(source: Source) -> Source:
    core_jobs.run(source.job_id)
    return queries.source(source.pk)


def foresee(owner: Any, source: Source, do: Any, **options: Any) -> dict[str, Any]:
    job = foreseeing.start(owner, source, do, **options)
    core_jobs.run(job.pk)
    job.refresh_from_db()
    assert job.state == Job.State.DONE, job.error
    assert job.done == job.total
    return job.result


def state() -> tuple[Any, ...]:
    """Everything a change would have touched."""
    chunks = list(Chunk.objects.order_by("pk").values_list("pk", "text", "excluded"))
    sources = list(Source.objects.order_by("pk").values_list("pk", "deleted_at", "body", "revision", "state"))
    return chunks, sources, StagedVector.objects.count(), Job.objects.filter(kind__startswith="knowledge").count()


def test_deleting_leaves_a_question_without_an_answer(owner, dogs) -> None:
    before = state()
    found = foresee(owner, dogs, "delete")
    assert (found["used"], found["asked"]) == (3, 2)
    altered = {each["question"].lower(): each for each in found["altered"]}
    assert altered["are dogs  welcome?"]["before"].startswith("Dogs are welcome")
    assert altered["are dogs  welcome?"]["after"] == ""
    assert altered["when is the bread baked?"]["after_name"] in {"Bakery", ""}
    assert found["lost"] >= 1
    assert state() == before
    assert retrieval.search_now([dogs.base], "Are dogs welcome?").passages[0].source_id == dogs.pk


def test_another_text_alters_only_what_it_says_differently(owner, dogs) -> None:
    before = state()
    text = "Dogs are welcome in the garden only.\n\nBread is baked at six every morning."
    found = foresee(owner, dogs, "text", text=text)
    assert "garden only" in str([each["after"] for each in found["altered"]])
    assert state() == before
    assert foresee(owner, dogs, "text", text=dogs.body)["altered"] == []


def test_a_passage_left_out(owner, dogs) -> None:
    passage = dogs.chunks.first()
    before = state()
    found = foresee(owner, dogs, "leave_out", passages=[passage.pk])
    assert found["used"] == 3
    assert found["altered"]
    assert foresee(owner, dogs, "leave_out", passages=[passage.pk + 100])["used"] == 0
    assert state() == before


def test_other_words_for_one_passage(owner, dogs) -> None:
    passage = dogs.chunks.first()
    before = state()
    found = foresee(owner, dogs, "passage", passages=[passage.pk], text="Dogs are welcome in the garden only.")
    assert "garden only" in str([each["after"] for each in found["altered"]])
    assert foresee(owner, dogs, "passage", passages=[passage.pk], text=passage.text)["altered"] == []
    assert state() == before
    with pytest.raises(Invalid):
        foreseeing.start(owner, dogs, "passage", passages=[passage.pk], text=" ")


def test_a_worker_that_has_searched_nothing_yet_looks_ahead_too(owner, dogs) -> None:
    """What the search remembers of models for some seconds is asked for within the change, in the thread that makes it."""
    passage = dogs.chunks.first()

    def forget(*given: Any) -> Any:
        embedding._spaces.clear()
        remembered._kept.clear()
        return make(*given)

    make = foreseeing._make
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(foreseeing, "_make", forget)
        assert foresee(owner, dogs, "passage", passages=[passage.pk], text="Dogs stay outside.")["asked"] == 2


def test_what_no_answer_rests_on_is_not_tried(owner, dogs) -> None:
    other = learn(knowledge.add_text(owner, dogs.base, "Cats", "Cats are welcome, too."))
    assert foresee(owner, other, "text", text="No cats.") == {"used": 0, "asked": 0, "altered": [], "lost": 0}


def test_looking_keeps_nobody_in_the_base_waiting(owner, dogs, monkeypatch) -> None:
    """Another connection locks the row of the base while a change is tried."""
    locked = []

    def lock(*given: Any) -> Any:
        with ThreadPoolExecutor(1) as thread:
            thread.submit(lock_base, dogs.base_id).result()
        locked.append(dogs.base_id)
        return search(*given)

    search = foreseeing._ask
    monkeypatch.setattr(foreseeing, "_ask", lock)
    foresee(owner, dogs, "text", text="Dogs are welcome in the garden only.")
    assert locked == 2 * [dogs.base_id]


def lock_base(pk: int) -> None:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM knowledge_knowledgebase WHERE id = %s FOR UPDATE NOWAIT", [pk])
    finally:
        connection.close()


def test_it_is_looked_for_where_the_agent_looks(owner, dogs, agent) -> None:
    other = knowledge.create_base(owner, "Elsewhere", reranking_enabled=False)
    learn(knowledge.add_text(owner, other, "Rules", "Dogs are welcome here every day of the week."))
    agents.put_live(owner, agent, AgentContent(name="Mila", knowledge=[dogs.base.uuid, other.uuid]))
    assert foresee(owner, dogs, "delete")["lost"] == 0


def test_a_change_that_cannot_be_made_leaves_nothing_behind(owner, dogs) -> None:
    before = state()
    job = foreseeing.start(owner, dogs, "text", text="   ")
    core_jobs.run(job.pk)
    job.refresh_from_db()
    assert job.state == Job.State.FAILED
    assert state() == before


def test_who_may_and_how_much(owner, dogs) -> None:
    viewer = Actor.person(Membership(workspace=owner.workspace, user=owner.user, role=Role.VIEWER))
    with pytest.raises(NotAllowed):
        foreseeing.start(viewer, dogs, "delete")
    with pytest.raises(Invalid):
        foreseeing.start(owner, dogs, "text", text="x" * (foreseeing.LONGEST_TEXT + 1))
