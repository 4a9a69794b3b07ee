"""The Tools page, the form of a tool, imports, decisions, and the checklist in the agent editor."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from frontdesk.agents import actions as agents
from frontdesk.agents.content import AgentContent
from frontdesk.conversations.actions import Inbound, receive
from frontdesk.runs.models import Run
from frontdesk.tools import actions, queries
from frontdesk.tools.models import Approval, HttpTool
from tests.ground.rows import make_row
from tests.ground.service import Service

pytestmark = pytest.mark.django_db


@pytest.fixture
def agent(owner: Any, in_workspace: Any) -> Any:
    return agents.create_agent(owner, AgentContent(name="Mila"), live=True)


def sent(url: str, **more: Any) -> dict[str, Any]:
    """As the form sends it."""
    return {
        "name": "Find an order",
        "description": "Tells where an order is.",
        "endpoint_url": url,
        "http_method": "GET",
        "ask_first": "",
        "secret_headers": "X-Key: s3cret-key",
        "headers": "",
        "body_schema": "",
        "arg-name": ["number", ""],
        "arg-about": ["On the receipt", ""],
        "arg-kind": ["integer", "string"],
        "arg-needed": ["1", "1"],
        "arg-sample": ["7", ""],
        **more,
    }


def test_the_page_lists_what_can_be_granted(studio: Client, owner, in_workspace) -> None:
    actions.create_http_tool(owner, {"name": "Find an order", "endpoint_url": "https://api.example.com/orders/{number}"})
    page = studio.get("/studio/tools/").content.decode()
    for word in ("Find an order", "api.example.com", "Calculator", "Wikipedia", "Make a tool"):
        assert word in page


def test_a_tool_is_made_in_the_form(studio: Client, in_workspace, service: Service) -> None:
    made = studio.post("/studio/tools/new/", sent(f"{service.url}/orders/{{number}}"))
    assert made.status_code == 302
    tool = HttpTool.objects.get()
    assert tool.body_schema == {
        "type": "object",
        "properties": {"number": {"type": "integer", "description": "On the receipt"}},
        "required": ["number"],
    }
    assert tool.secrets == {"X-Key": "s3cret-key"}
    page = studio.get(f"/studio/tools/{tool.uuid}/").content.decode()
    assert "s3cret" not in page and "Forget the key in “X-Key”" in page
    studio.post(f"/studio/tools/{tool.uuid}/", sent(tool.endpoint_url, secret_headers="", forget="X-Key", ask_first="1"))
    tool.refresh_from_db()
    assert (tool.secrets, tool.ask_first) == ({}, True)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"endpoint_url": "orders"}, "not a web address"),
        ({"endpoint_url": "https://api.example.com/{code}"}, "Nothing in the list below is called “code”"),
        ({"headers": "no colon"}, "Name: value"),
        ({"headers": "Host: x"}, "set by Frontdesk itself"),
        ({"body_schema": "{"}, "This is not JSON"),
        ({"body_schema": "[]"}, "in curly brackets"),
        ({"body_schema": '{"type": "array"}'}, "type “object”"),
        ({"name": ""}, "required"),
    ],
)
def test_what_is_wrong_stands_beside_its_field(studio: Client, in_workspace, wrong, said) -> None:
    page = studio.post("/studio/tools/new/", sent("https://api.example.com/{number}", **wrong))
    assert page.status_code == 422
    assert said in page.content.decode()
    assert not HttpTool.objects.exists()


def test_trying_it_shows_what_the_agent_reads(studio: Client, in_workspace, service: Service) -> None:
    tried = studio.post("/studio/tools/try/", sent(f"{service.url}/html?n={{number}}"), headers={"HX-Request": "true"})
    said = tried.content.decode()
    assert "It works" in said and "Tea 2.50" in said and "steal()" not in said
    assert service.heard[0]["query"] == {"n": ["7"]}
    refused = studio.post("/studio/tools/try/", sent("http://10.0.0.1/{number}"), headers={"HX-Request": "true"}).content.decode()
    assert "private network" in refused
    wrong = studio.post(
        "/studio/tools/try/", sent(f"{service.url}/{{number}}", **{"arg-sample": ["seven", ""]}), headers={"HX-Request": "true"}
    )
    assert "is not of type" in wrong.content.decode()
    empty = studio.post(
        "/studio/tools/try/", sent(f"{service.url}/{{number}}", **{"arg-sample": ["", ""]}), headers={"HX-Request": "true"}
    )
    assert "Say with which “number” to try it." in empty.content.decode()
    assert len(service.heard) == 1 and not HttpTool.objects.exists()


def test_a_nested_schema_is_kept_and_shown_as_it_is(studio: Client, owner, in_workspace) -> None:
    schema = {"type": "object", "properties": {"lines": {"type": "array", "items": {"type": "string"}}}}
    tool = actions.create_http_tool(owner, {"name": "Order", "endpoint_url": "https://api.example.com/", "body_schema": schema})
    page = studio.get(f"/studio/tools/{tool.uuid}/").content.decode()
    assert "arg-name" not in page and "&quot;lines&quot;" in page


def test_a_tool_is_deleted_and_brought_back(studio: Client, owner, in_workspace) -> None:
    tool = actions.create_http_tool(owner, {"name": "Order", "endpoint_url": "https://api.example.com/"})
    studio.post(f"/studio/tools/{tool.uuid}/change/", {"do": "delete"})
    assert not queries.http_tools().exists()
    assert "Bring back" in studio.get("/studio/tools/").content.decode()
    studio.post(f"/studio/tools/{tool.uuid}/change/", {"do": "restore"})
    assert queries.http_tools().exists()


def test_tools_from_a_document(studio: Client, in_workspace, service: Service) -> None:
    document = (
        f'{{"openapi": "3.0.0", "info": {{"title": "Shop"}}, "servers": [{{"url": "{service.url}"}}],'
        '"components": {"securitySchemes": {"t": {"type": "http", "scheme": "bearer"}}},'
        '"paths": {"/orders": {"get": {"summary": "All orders"}, "post": {"summary": "Order"}}}}'
    )
    looked = studio.post("/studio/tools/import/", {"url": "", "document": document}).content.decode()
    assert "All orders" in looked and "Your key for this service (Authorization)" in looked
    nothing = studio.post("/studio/tools/import/", {"document": document, "do": "take"})
    assert nothing.status_code == 422 and "Choose at least one" in nothing.content.decode()
    chosen = {"document": document, "do": "take", "operation": ["POST /orders"], "key-Authorization": "s3cret-key"}
    assert studio.post("/studio/tools/import/", chosen).status_code == 302
    tool = HttpTool.objects.get()
    assert (tool.name, tool.ask_first, tool.secrets) == ("Order", True, {"Authorization": "Bearer s3cret-key"})


@pytest.mark.parametrize(
    ("form", "said"),
    [({}, "Give an address"), ({"document": "x: ["}, "neither JSON nor YAML"), ({"url": "http://10.0.0.1/"}, "private network")],
)
def test_what_is_no_document_is_said(studio: Client, in_workspace, form, said) -> None:
    page = studio.post("/studio/tools/import/", form)
    assert page.status_code == 422 and said in page.content.decode()


def test_an_agent_is_granted_tools_in_its_editor(studio: Client, agent, owner) -> None:
    tool = actions.create_http_tool(owner, {"name": "Cancel", "endpoint_url": "https://api.example.com/", "ask_first": True})
    agents.save_for_later(owner, agent, AgentContent(name="Mila", tools=["gone.tool"]))
    agent.refresh_from_db()
    path = f"/studio/agents/{agent.uuid}/"
    page = studio.get(path).content.decode()
    assert "What may it do?" in page and "Calculator" in page
    form = {
        "name": "Mila",
        "max_steps": "6",
        "history_messages": "20",
        "together": "True",
        "wait_seconds": "0",
        "hand_unanswered": "0",
        "hand_repeated": "0",
        "version": agent.latest_revision_id,
        "do": "live",
        "tools": ["kit.calculate", tool.grant],
        "asks": [tool.grant],
    }
    assert studio.post(path, form, headers={"HX-Request": "true"}).status_code == 200
    agent.refresh_from_db()
    content = agent.read_content()
    assert content.tools == ["gone.tool", "kit.calculate", tool.grant]
    assert content.approvals == {"kit.calculate": False, tool.grant: True}
    assert "Used by Mila" in studio.get("/studio/tools/").content.decode()


def test_a_decision_is_made_in_the_conversation(studio: Client, agent, workspace, in_workspace) -> None:
    inbound = Inbound(text="Cancel, please.", channel_kind="api", sender="customer")
    turn = receive(workspace, agent.pk, inbound)
    task = {"content": AgentContent(name="Mila").model_dump(mode="json"), "question": "Cancel, please."}
    run = make_row(Run, workspace, conversation=turn.conversation, question=turn.message, agent=agent, task=task, state="paused")
    asked = {"label": "Cancel", "arguments": {"order": "7"}, "deadline_at": timezone.now() + timedelta(hours=1)}
    approval = make_row(Approval, workspace, run=run, conversation=turn.conversation, **asked)
    assert "/studio/tools/waiting/" in studio.get(f"/studio/conversations/{turn.conversation.uuid}/").content.decode()
    waiting = studio.get(f"/studio/tools/waiting/conversations/{turn.conversation.uuid}/").content.decode()
    assert "The agent wants to use “Cancel”" in waiting and "order" in waiting
    again = studio.get(f"/studio/tools/waiting/conversations/{turn.conversation.uuid}/?shown={approval.uuid}")
    assert (again.status_code, again.content) == (204, b"")
    decided = studio.post(f"/studio/tools/decide/{approval.uuid}/", {"do": "approve"}, headers={"HX-Request": "true"})
    assert "Allowed" in decided.content.decode()
    assert Run.objects.filter(conversation=turn.conversation, state="queued").count() == 1
    assert "wants to use" not in studio.get("/studio/tools/").content.decode()
