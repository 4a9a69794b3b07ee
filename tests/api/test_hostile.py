"""Bodies and headers made to break a reader: an answer in the one shape, never a fault of ours, nothing half-written."""

from typing import Any

import pytest

from frontdesk.agents import actions as agents
from frontdesk.agents.content import AgentContent
from frontdesk.core import idempotency
from frontdesk.core.scoping import unscoped
from frontdesk.knowledge.models import Source
from tests.conftest import Api, bearer

DEEP = 5000
METADATA = {
    "no end of brackets": '{"text_content": "hello", "a": ' + "[" * DEEP + "]" * DEEP + "}",
    "not a number": '{"text_content": "hello", "a": NaN}',
    "infinity": '{"text_content": "hello", "a": 1e999}',
    "NUL in a value": '{"text_content": "hello", "a": "\\u0000"}',
    "NUL in a name": '{"text_content": "hello", "\\u0000": 1}',
    "NUL in the text": '{"text_content": "hel\\u0000lo"}',
    "half a character": '{"text_content": "hello", "a": "\\ud800"}',
    "half a character in the text": '{"text_content": "hel\\ud800lo"}',
    "a list": "[1]",
}


@pytest.fixture
def agent(owner, in_workspace) -> Any:
    return agents.create_agent(owner, AgentContent(name="Mila"), live=True)


@pytest.mark.parametrize("metadata", METADATA.values(), ids=METADATA)
def test_metadata_that_cannot_be_kept_is_refused(metadata, api, agent) -> None:
    response = api.upload("/api/v1/knowledge/ingest", {"agent_id": agent.uuid, "source_type": "message", "metadata": metadata})
    assert response.status_code in {400, 422}, response.content
    assert response.json()["code"] in {"MALFORMED", "INVALID"}
    with unscoped():
        assert not Source.objects.exists()


def test_json_that_is_deep_and_has_a_nul_is_refused(api) -> None:
    body = '{"a":' * 900 + '"\\u0000"' + "}" * 900
    response = api.client.generic("POST", "/api/workspaces", body, content_type="application/json", headers=api.headers)
    assert (response.status_code, response.json()["code"]) == (400, "MALFORMED")


@pytest.mark.django_db(transaction=True)
def test_a_last_event_id_that_is_no_number_of_ours_is_refused(api, agent, workspace) -> None:
    body = {"agent_id": str(agent.uuid), "conversation_id": str(workspace.uuid), "message": {"content": "Hello?"}}
    for last in ("²", "٣", "9" * 5000, "-1", "1.5", ""):
        response = api.post("/api/v1/ai/chat", body, last_event_id=last)
        assert (response.status_code, response.json()["code"]) == (400, "MALFORMED"), last


def test_words_to_search_for_have_a_length(api) -> None:
    assert api.get(f"/api/conversations?search={'a' * 200}").status_code == 200
    assert api.get(f"/api/conversations?search={'a' * 201}").status_code == 422


@pytest.mark.parametrize("status", sorted(idempotency.PASSING))
def test_a_refusal_that_passes_is_not_kept(status, db) -> None:
    assert idempotency.begin("somebody", "one", b"request") is None
    idempotency.finish("somebody", "one", idempotency.Reply(status, {}))
    assert idempotency.begin("somebody", "one", b"request") is None
    idempotency.leave("somebody", "one")


def test_somebody_elses_workspace_and_one_that_is_not_there_look_the_same(alice, workspace, other_workspace) -> None:
    there = Api({**bearer(alice), "X-Workspace-ID": str(other_workspace.uuid)}).get("/api/members")
    nowhere = Api({**bearer(alice), "X-Workspace-ID": "00000000-0000-4000-8000-000000000000"}).get("/api/members")
    assert (there.status_code, there.json()) == (nowhere.status_code, nowhere.json())
    assert there.status_code == 403
