"""An agent that asks the tables of its knowledge: what the model is told, what it gets back, and what it may cite."""

from __future__ import annotations

import io
from typing import Any

import openpyxl
import pytest

from frontdesk.agents import actions as agents
from frontdesk.agents.content import AgentContent
from frontdesk.core import jobs as core_jobs
from frontdesk.core.threads import in_thread
from frontdesk.knowledge import actions as knowledge
from frontdesk.knowledge.models import KnowledgeBase
from frontdesk.runs import service
from frontdesk.runs.events import RunEvent
from frontdesk.runs.models import Run
from frontdesk.sdk.testing.scripted import CallTool, Say

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def menu(owner: Any, in_workspace: Any, agent: Any, settings: Any, tmp_path: Any) -> KnowledgeBase:
    """Learned before the provider of the test takes the place of all others."""
    settings.MEDIA_ROOT = tmp_path
    base = knowledge.create_base(owner, "Menu", retrieval_method="sparse", reranking_enabled=False)
    book, file = openpyxl.Workbook(), io.BytesIO()
    book.active.title = "Menu"
    for row in (["Dish", "Price"], ["Soup", 4.5], ["Salad", 6], ["Steak", 21]):
        book.active.append(row)
    book.save(file)
    source = knowledge.add_file(owner, base, "prices.xlsx", file.getvalue())
    core_jobs.run(source.job_id)
    agents.put_live(owner, agent, AgentContent(name="Mila", max_steps=6, knowledge=[base.uuid]))
    agent.refresh_from_db()
    return base


async def perform(run: Run) -> list[RunEvent]:
    await service.start(run)
    return [event async for batch in service.follow(str(run.uuid)) for event in batch]


def data_of(events: list[RunEvent], kind: str) -> list[dict[str, Any]]:
    return [event.data for event in events if event.type == kind]


async def test_a_model_asks_a_table_and_cites_its_rows(menu, ask, scripted) -> None:
    scripted.play(
        CallTool("query_tables", {"sql": "SELECT dish FROM menu WHERE price > 5 ORDER BY price"}), Say("Salad and steak [1].")
    )
    events = await perform((await in_thread(ask, "What is above five?")).run)
    first, second = scripted.requests
    assert [tool.name for tool in first.tools] == ["search_knowledge", "query_tables", "hand_over"]
    system = first.messages[0].text
    assert 'menu: "Menu" of "prices.xlsx", sheet "Menu", 3 rows\n- dish text, "Dish", such as "Soup", "Salad", "Steak"' in system
    assert "dish: Salad\ndish: Steak" in second.messages[-1].text
    [source] = data_of(events, "message.completed")[0]["sources"]
    assert (source["title"], source["place"]) == ("prices.xlsx", "Menu, rows 3–4")


async def test_what_no_row_says_and_what_may_not_be_asked_is_told_to_the_model(menu, ask, scripted) -> None:
    scripted.play(
        CallTool("query_tables", {"sql": "SELECT price FROM menu WHERE dish = 'Pizza'"}),
        CallTool("query_tables", {"sql": "SELECT * FROM read_csv('/etc/passwd')"}),
        Say("The menu does not say."),
    )
    events = await perform((await in_thread(ask, "Pizza?")).run)
    told = [row.get("result", row.get("problem")) for row in data_of(events, "tool.returned")]
    assert told == ["No row fits. Ask in another way, or say that the tables do not tell.", "Table function is not allowed."]


async def test_without_tables_nobody_is_told_of_them(ask, scripted) -> None:
    scripted.play(Say("Hello."))
    await perform((await in_thread(ask)).run)
    assert "# Tables" not in scripted.requests[0].messages[0].text
