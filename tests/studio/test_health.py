"""Health in the Studio: what is shown of findings, what can be done about them, and who may."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from frontdesk.agents.models import Agent
from frontdesk.conversations.models import Contact, Conversation, Message
from frontdesk.core import jobs as core_jobs
from frontdesk.core.models import Job
from frontdesk.core.scoping import scope
from frontdesk.insights.unanswered.models import QuestionGroup, UnansweredQuestion
from frontdesk.knowledge import actions, queries
from frontdesk.knowledge.health import queries as health
from frontdesk.knowledge.models import KnowledgeBase

from .conftest import HTMX

pytestmark = pytest.mark.django_db


def work_all() -> None:
    while waiting := list(Job.objects.filter(state=Job.State.QUEUED).order_by("pk")):
        for job in waiting:
            core_jobs.run(job.pk)


@pytest.fixture
def ill(owner: Any, base: KnowledgeBase, in_workspace: Any) -> KnowledgeBase:
    """A base with two prices for breakfast, which was looked at."""
    for title, price in (("Old <b>menu</b>", 12), ("New menu", 14)):
        actions.add_text(owner, base, title, f"Breakfast costs {price} € for every guest.")
    work_all()
    core_jobs.run(_check(owner, base))
    return base


def _check(owner: Any, base: KnowledgeBase) -> int:
    from frontdesk.knowledge.health.actions import check

    return check(owner, base).pk


def page_of(base: KnowledgeBase, **query: str) -> str:
    return reverse("studio:base_health", args=[base.uuid], query=query)


def triggers(response: Any) -> dict[str, Any]:
    return json.loads(response["HX-Trigger"])


def test_both_sides_are_shown_with_what_to_do(studio: Client, ill) -> None:
    for address in (page_of(ill), reverse("studio:knowledge_health")):
        page = studio.get(address).content.decode()
        assert "Two different prices" in page
        assert "Breakfast costs 12 € for every guest." in page
        assert "Breakfast costs 14 € for every guest." in page
        assert "Old &lt;b&gt;menu&lt;/b&gt;" in page
        assert "Contradicting <small>1</small>" in page
    assert "1 thing to look at" in studio.get(reverse("studio:knowledge")).content.decode()


def test_home_says_what_makes_answers_wrong_and_nothing_else(studio: Client, ill, in_workspace) -> None:
    link = reverse("studio:knowledge_health") + "?kind=contradicting"
    home = studio.get(reverse("studio:index")).content.decode()
    assert "One thing in your knowledge is said in two ways that contradict each other" in home
    assert link in home
    health.findings(ill).update(dismissed_at=timezone.now())
    assert link not in studio.get(reverse("studio:index")).content.decode()


def test_what_other_words_for_a_passage_would_change_is_asked_beside_them(studio: Client, ill, in_workspace) -> None:
    passage = queries.passages(queries.sources(ill).first()).first()
    form = studio.get(reverse("studio:passage_edit", args=[passage.pk]), headers=HTMX).content.decode()
    at = reverse("studio:source_foresee", args=[passage.source.uuid])
    assert form.count(f'hx-post="{at}"') == 2
    sent = {"foresee": "passage", "passage": str(passage.pk)}
    assert "Asking again" in studio.post(at, {**sent, "text": "Breakfast is free."}, headers=HTMX).content.decode()
    assert "Write something for it to know" in studio.post(at, {**sent, "text": " "}, headers=HTMX).content.decode()
    assert studio.post(at, {"foresee": "passage", "passage": "x"}, headers=HTMX).status_code == 404


@pytest.mark.parametrize(
    ("by", "said"),
    [
        ("user: Alice", "Alice called this fine."),
        ("AI: openai:gpt-5", "An AI (openai:gpt-5) looked at both and says that they agree."),
    ],
)
def test_who_put_it_aside_is_said(studio: Client, ill, in_workspace, by, said) -> None:
    health.findings(ill).update(dismissed_at=timezone.now(), dismissed_by=by)
    assert said in studio.get(page_of(ill, dismissed="1")).content.decode()


def test_a_base_that_nobody_looked_at_says_what_this_is_for(studio: Client, base) -> None:
    page = studio.get(page_of(base)).content.decode()
    assert "See how your knowledge is" in page
    assert "Not looked at yet" in page


def test_look_now_tells_how_far_it_is_and_loads_the_list_at_its_end(studio: Client, base, in_workspace) -> None:
    address = page_of(base)
    looking = studio.post(f"{address}check/", {"do": "check"}, headers=HTMX)
    assert "Looking…" in looking.content.decode()
    assert "HX-Trigger" not in studio.get(f"{address}state/", headers=HTMX)
    work_all()
    done = studio.get(f"{address}state/", headers=HTMX)
    assert "Looked at" in done.content.decode()
    assert "studio:findings" in triggers(done)
    assert studio.post(f"{address}check/", {"do": "explode"}).status_code == 400
    everywhere = reverse("studio:knowledge_health_check")
    assert studio.post(everywhere, {"do": "check"}).status_code == 302
    assert "Looking…" not in studio.post(everywhere, {"do": "stop"}, headers=HTMX).content.decode()


def test_fine_and_back_again_one_or_many(studio: Client, ill, in_workspace) -> None:
    (found,) = health.findings(ill)
    change = reverse("studio:findings_change")
    fine = studio.post(change, {"do": f"dismiss:{found.uuid}"}, headers=HTMX)
    assert triggers(fine)["studio:toast"]["text"] == "1 is put aside."
    left = studio.get(page_of(ill), headers=HTMX).content.decode()
    assert "Two different prices" not in left
    assert '<span id="to-look-at" hx-swap-oob="true"></span>' in left
    assert "Two different prices" in studio.get(page_of(ill, dismissed="1"), headers=HTMX).content.decode()
    back = studio.post(change, {"do": "reopen", "id": [str(found.uuid), "nonsense"], "base": str(ill.uuid)})
    assert back.url == page_of(ill)
    assert "Two different prices" in studio.get(page_of(ill), headers=HTMX).content.decode()
    assert studio.post(change, {"do": "explode"}).status_code == 400


def test_leaving_the_wrong_passage_out_ends_it(studio: Client, ill, in_workspace) -> None:
    (found,) = health.findings(ill)
    wrong = found.details["examples"][0]["passage"]
    left_out = studio.post(reverse("studio:findings_change"), {"do": f"leave_out:{wrong}"}, headers=HTMX)
    assert "studio:looking" in triggers(left_out)
    assert "every 1s" in studio.get(f"{page_of(ill)}state/", headers=HTMX).content.decode()
    assert queries.passage(wrong).excluded
    work_all()
    assert not health.findings(ill).exists()


def test_what_an_owner_calls_old(studio: Client, ill) -> None:
    address = reverse("studio:base_health_old", args=[ill.uuid])
    assert studio.post(address, {"old_after": "24"}).status_code == 302
    assert '<option value="24" selected>' in studio.get(page_of(ill)).content.decode()
    for wrong in ("", "-1", "many", "121", "9" * 40):
        assert studio.post(address, {"old_after": wrong}).status_code in {400, 422}


def test_a_viewer_sees_it_and_changes_nothing(member: Any, ill, in_workspace) -> None:
    viewer = member("viewer")
    page = viewer.get(page_of(ill)).content.decode()
    assert "Two different prices" in page
    assert "This is fine" not in page
    (found,) = health.findings(ill)
    assert viewer.post(reverse("studio:findings_change"), {"do": f"dismiss:{found.uuid}"}).status_code == 403
    assert viewer.post(f"{page_of(ill)}check/", {"do": "check"}).status_code == 403


def test_charlies_are_not_there(studio: Client, stranger: Any, foreign) -> None:
    with scope(workspace=stranger.workspace):
        for price in (70, 80):
            actions.add_text(stranger, foreign.base, f"Tyres {price}", f"New winter tyres cost {price} €.")
        work_all()
        core_jobs.run(_check(stranger, foreign.base))
        (found,) = health.findings()
        passage = found.details["examples"][0]["passage"]
    change = reverse("studio:findings_change")
    assert studio.get(page_of(foreign.base)).status_code == 404
    assert "Two different prices" not in studio.get(reverse("studio:knowledge_health")).content.decode()
    assert "0 are put aside" in studio.post(change, {"do": f"dismiss:{found.uuid}"}, headers=HTMX)["HX-Trigger"]
    assert studio.post(change, {"do": f"leave_out:{passage}"}, headers=HTMX).status_code == 404


@pytest.fixture
def unanswered(agent: Agent, in_workspace: Any) -> QuestionGroup:
    one = {"workspace": in_workspace}
    talk = Conversation.objects.create(**one, agent=agent, contact=Contact.objects.create(**one), channel_kind="widget")
    asked = Message.objects.create(**one, conversation=talk, author="customer", text="Where do I park my bicycle?")
    group = QuestionGroup.objects.create(**one, words=["bicycle"])
    UnansweredQuestion.objects.create(**one, group=group, message=asked, asked_at=timezone.now())
    return group


def test_an_answer_is_written_and_the_page_asks_until_it_is_found(studio: Client, unanswered, base) -> None:
    questions, answer = reverse("studio:knowledge_questions"), reverse("studio:question_answer", args=[unanswered.uuid])
    page = studio.get(questions).content.decode()
    assert "Where do I park my bicycle?" in page
    assert "every 2s" not in page
    said = {"question": "Where do I park my bicycle?", "answer": "", "base": str(base.uuid)}
    assert studio.post(answer, said, headers=HTMX).status_code == 422
    assert studio.post(answer, {**said, "answer": "Park your bicycle behind the house."}, headers=HTMX).status_code == 200
    learning = studio.get(questions, headers=HTMX).content.decode()
    assert "Learning your answer…" in learning
    assert "every 2s" in learning
    QuestionGroup.objects.filter(pk=unanswered.pk).update(answered_at=timezone.now())
    assert "Where do I park my bicycle?" not in studio.get(questions, headers=HTMX).content.decode()
    assert "Your answer is found" in studio.get(questions, {"state": "answered"}, headers=HTMX).content.decode()
