"""What holds on every page: who may see it, what the browser may load, how errors look, how many queries it takes."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from frontdesk.agents import actions as agents
from frontdesk.agents.starters import start_content
from frontdesk.conversations.actions import Inbound, receive
from frontdesk.core.scoping import scope

from .conftest import HTMX

pytestmark = pytest.mark.django_db

WHOLE = ["/studio/", "/studio/agents/", "/studio/agents/new/", "/studio/conversations/"]
MOST_QUERIES = 15


def pages_of(agent) -> list[str]:
    at = f"/studio/agents/{agent.uuid}/"
    return [*WHOLE, at, f"{at}versions/", f"{at}versions/{agent.latest_revision_id}/"]


def test_every_page_opens_for_its_owner(studio, agent) -> None:
    wrong = {path: response.status_code for path in pages_of(agent) if (response := studio.get(path)).status_code != 200}
    assert not wrong


def test_nobody_sees_a_page_without_signing_in(agent) -> None:
    for path in pages_of(agent):
        assert Client().get(path).url == f"/studio/sign-in/?next={path}"


@pytest.mark.parametrize("role", ["viewer", "teammate"])
def test_who_only_looks_sees_everything_and_can_change_nothing(member, agent, role) -> None:
    client, at = member(role), f"/studio/agents/{agent.uuid}/"
    for path in pages_of(agent):
        assert client.get(path).status_code == (403 if path.endswith("/new/") else 200), path
    page = client.get(at).content.decode()
    assert "Put live" not in page
    assert '<fieldset class="s-parts" disabled>' in page
    numbers = {"max_steps": "6", "history_messages": "20", "together": "True", "wait_seconds": "0"}
    numbers |= {"hand_unanswered": "0", "hand_repeated": "0"}
    changes = [
        ("/studio/agents/new/", {"name": "Eve", "starter": "answers"}),
        (at, {"name": "Eve", "do": "live", **numbers, "version": str(agent.latest_revision_id)}),
        (f"{at}change/", {"do": "delete"}),
        (f"{at}versions/{agent.latest_revision_id}/", {}),
    ]
    for path, words in changes:
        assert client.post(path, words, headers=HTMX).status_code == 403, path
    with scope(workspace=agent.workspace):
        agent.refresh_from_db()
        assert (agent.name, agent.live, agent.deleted_at, agent.revisions.count()) == ("Mila", False, None, 1)


def test_the_browser_runs_no_inline_script_and_talks_to_nobody_else(studio, agent) -> None:
    for path in [*pages_of(agent), "/studio/sign-up/", "/studio/nothing/"]:
        response = (Client() if "sign" in path else studio).get(path)
        policy = dict(part.strip().split(" ", 1) for part in response["Content-Security-Policy"].split(";"))
        assert policy["default-src"] == "'none'"
        assert policy["script-src"] == "'self' 'unsafe-eval'"
        assert policy["style-src"] == "'self'"
        assert policy["frame-ancestors"] == "'none'"
        page = response.content.decode()
        assert " style=" not in page
        assert "<style" not in page
        assert " onclick=" not in page
        assert "<script>" not in page


def test_pages_are_not_kept_by_anybody(studio) -> None:
    assert "no-store" in studio.get("/studio/")["Cache-Control"]


@pytest.mark.parametrize(
    "path", ["/studio/nothing/", "/studio/agents/1/", f"/studio/agents/{UUID(int=7)}/", f"/studio/conversations/{UUID(int=7)}/"]
)
def test_an_address_that_leads_nowhere_says_so(studio, path) -> None:
    response = studio.get(path)
    assert response.status_code == 404
    assert "There is nothing at this address" in response.content.decode()
    assert "Go to Home" in response.content.decode()


def test_an_error_reaches_htmx_as_a_toast(studio, agent) -> None:
    response = studio.post(f"/studio/agents/{uuid4()}/change/", {"do": "delete"}, headers=HTMX)
    assert response.status_code == 404
    assert response["HX-Reswap"] == "none"
    assert "There is no such agent" in response["HX-Trigger"]


def test_the_adminspages_of_the_framework_do_not_exist(studio) -> None:
    for path in ["/studio/jsi18n/", "/studio/autocomplete/", "/studio/r/1/1/", "/studio/auth/", "/studio/login/"]:
        assert studio.get(path).status_code == 404


def test_forms_need_their_token(alice, workspace) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice, "frontdesk.workspaces.login.EmailOrUsernameBackend")
    assert client.post("/studio/agents/new/", {"name": "Eve", "starter": "answers"}).status_code == 403


def test_the_palette_finds_pages_agents_and_conversations(studio, agent) -> None:
    def found(words: str) -> str:
        return studio.get("/studio/search/", {"s": words}, headers=HTMX).content.decode()

    with scope(workspace=agent.workspace):
        receive(agent.workspace, agent.pk, Inbound("Is there parking?", "widget", "visitor", sender_name="Noor"))
    assert "/studio/conversations/" in found("conv")
    assert f"/studio/agents/{agent.uuid}/" in found("mil")
    assert "Noor" in found("parking")
    assert "Nothing found" in found("zzz")


def test_the_palette_finds_nothing_of_others(studio, agent, stranger) -> None:
    with scope(workspace=stranger.workspace):
        agents.create_agent(stranger, start_content("Milan the mechanic"))
    assert "mechanic" not in studio.get("/studio/search/?s=milan", headers=HTMX).content.decode()


def test_the_sidebar_names_this_page(studio) -> None:
    page = " ".join(studio.get("/studio/agents/").content.decode().split())
    assert '<a href="/studio/agents/" aria-current="page">' in page


def test_pages_take_few_queries_with_many_rows(studio, owner, agent) -> None:
    with scope(workspace=owner.workspace):
        others = [agents.create_agent(owner, start_content(f"Agent {n}"), live=n % 2 == 0) for n in range(49)]
        for n in range(60):
            receive(owner.workspace, others[n % 49].pk, Inbound("Hello?", "widget", f"visitor {n}", sender_name=f"Visitor {n}"))
    counts = {}
    for path in pages_of(agent):
        with CaptureQueriesContext(connection) as queries:
            studio.get(path)
        counts[path] = len(queries)
    assert max(counts.values()) <= MOST_QUERIES, counts
