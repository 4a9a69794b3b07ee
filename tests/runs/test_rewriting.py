"""Questions that lean on the one before or are in another language, put in full by the agent's own model before the search."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from frontdesk.agents import actions as agents
from frontdesk.agents.content import AgentContent
from frontdesk.billing.models import UsageRecord
from frontdesk.core import jobs as core_jobs
from frontdesk.core.threads import in_thread
from frontdesk.knowledge import actions as knowledge
from frontdesk.knowledge.models import KnowledgeBase
from frontdesk.runs import rewriting, service
from frontdesk.runs.events import RunEvent
from frontdesk.runs.models import Run
from frontdesk.sdk.errors import ProviderUnavailable
from frontdesk.sdk.testing.scripted import Fail, Pause, Say
from frontdesk.surfaces.studio.answers.why import why

pytestmark = pytest.mark.django_db(transaction=True)
TEXTS = {
    "The mayor": "The father of the mayor, whom everybody called father, sold bread.",
    "Fairuz": "The father of the singer Fairuz worked in a printing house.",
    "Parking": "Cars may stand in the yard until midnight.",
}


@pytest.fixture
def base(owner: Any, in_workspace: Any, agent: Any) -> KnowledgeBase:
    """Learned before the provider of the test takes the place of all others."""
    made = knowledge.create_base(owner, "People", retrieval_method="sparse", reranking_enabled=False, top_k=1)
    for title, text in TEXTS.items():
        core_jobs.run(knowledge.add_text(owner, made, title, text).job_id)
    agents.put_live(owner, agent, AgentContent(name="Mila", knowledge=[made.uuid]))
    agent.refresh_from_db()
    return made


async def answered(run: Run) -> dict[str, Any]:
    """What the search of a run gave."""
    await service.start(run)
    events: list[RunEvent] = [event async for batch in service.follow(str(run.uuid)) for event in batch]
    assert events[-1].type == "run.completed"
    return next(event.data for event in events if event.type == "sources.found")


def titles(found: dict[str, Any]) -> list[str]:
    return [item["title"] for item in found["items"]]


@pytest.fixture
def follow_up(base: KnowledgeBase, ask: Callable[..., Any], scripted: Any) -> Callable[..., Any]:
    """The second question of a conversation, with what the model says in turn; gives what was searched."""

    async def asked(question: str, *calls: Any, before: str = "Who is the singer Fairuz, please tell me?") -> dict[str, Any]:
        scripted.play(Say("She sings [1]."), *calls)
        first = (await in_thread(ask, before)).run
        await answered(first)
        return await answered((await in_thread(ask, question, conversation=first.conversation.uuid)).run)

    return asked


async def test_a_question_that_leans_is_put_in_full(follow_up, scripted) -> None:
    found = await follow_up("Who is her father?", Say("“Who is the father of the singer Fairuz?”\n"), Say("A printer [1]."))
    assert (found["searched"], found["reason"]) == ("Who is the father of the singer Fairuz?", "leans")
    assert titles(found)[0] == "Fairuz"
    wanted = scripted.requests[1]
    assert not wanted.tools
    assert wanted.messages[-1].text.splitlines() == [
        "Customer: Who is the singer Fairuz, please tell me?",
        "Agent: She sings [1].",
        "Last question: Who is her father?",
    ]
    # The model that answers is asked what the customer asked.
    assert scripted.requests[2].messages[-1].text == "Who is her father?"


async def test_the_call_is_counted(follow_up, in_workspace) -> None:
    await follow_up("Who is her father?", Say("Who is the father of Fairuz?"), Say("A printer."))
    assert await in_thread(lambda: list(UsageRecord.objects.values_list("purpose", "succeeded"))) == 3 * [("answer", True)]


@pytest.mark.parametrize("said", ["", "who is her FATHER?", "word " * 200])
async def test_what_helps_no_search_is_passed_over(follow_up, said) -> None:
    found = await follow_up("Who is her father?", Say(said), Say("I don't know."))
    assert "searched" not in found
    assert set(titles(found)) == {"The mayor", "Fairuz"}


async def test_without_the_model_both_readings_are_searched(follow_up, scripted) -> None:
    found = await follow_up("Who is her father?", Fail(ProviderUnavailable("down")), Say("A printer."))
    assert set(titles(found)) == {"The mayor", "Fairuz"}
    assert len(scripted.requests) == 3


async def test_a_slow_model_is_not_waited_for(follow_up, monkeypatch) -> None:
    monkeypatch.setattr(rewriting, "SECONDS", 0.05)
    found = await follow_up("Who is her father?", Pause(), Say("A printer."))
    assert set(titles(found)) == {"The mayor", "Fairuz"}


async def test_a_question_that_says_everything_costs_no_call(follow_up) -> None:
    found = await follow_up("Until when may my cars stand in the yard, until midnight?", Say("Until midnight [1]."))
    assert titles(found) == ["Parking"]


async def test_a_question_in_another_language_is_asked_in_that_of_the_knowledge(base, ask, scripted) -> None:
    scripted.play(Say("Until when may cars stand in the yard?"), Say("Bis Mitternacht [1]."))
    run = (await in_thread(ask, "Bis wann darf ich mit meinem Auto auf dem Hof stehen?")).run
    found = await answered(run)
    assert (titles(found)[0], found["reason"]) == ("Parking", "language")
    assert "Write it in English." in scripted.requests[0].messages[0].text
    told = (await in_thread(why, run)).searched
    assert told.startswith("Your knowledge is in another language, so the AI looked for")
    assert told.endswith("“Until when may cars stand in the yard?”")


async def test_an_owner_may_turn_it_off(base, follow_up, owner, agent) -> None:
    content = AgentContent(name="Mila", knowledge=[base.uuid], rewrite_questions=False)
    await in_thread(agents.put_live, owner, agent, content)
    await in_thread(agent.refresh_from_db)
    assert "searched" not in await follow_up("Who is her father?", Say("A printer."))
