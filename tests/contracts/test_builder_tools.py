"""The builder document's user tools (49–51), with its own bodies."""

from __future__ import annotations

from typing import Any

import pytest

from frontdesk.tools.models import HttpTool
from tests.conftest import Api
from tests.ground.service import Service

pytestmark = pytest.mark.django_db
TOOLS = "/api/analytics/user-tools/"
DOCUMENT: dict[str, Any] = {
    "name": "My Custom Tool",
    "description": "Fetches customer data from an external CRM.",
    "endpoint_url": "https://api.example.com/customers",
    "http_method": "GET",
    "body_schema": {
        "type": "object",
        "properties": {"customer_id": {"type": "string", "description": "The ID of the customer"}},
        "required": ["customer_id"],
    },
}


def made(api: Api, **more: Any) -> dict[str, Any]:
    answer = api.post(TOOLS, DOCUMENT | more)
    assert answer.status_code == 201, answer.content
    return answer.json()


def test_49_a_tool_is_created_as_it_was_sent(api) -> None:
    body = made(api)
    assert {key: body[key] for key in DOCUMENT} == DOCUMENT
    assert isinstance(body["id"], int)


def test_49_the_list_is_a_bare_array(api, key_api) -> None:
    first, second = made(api), made(api, name="Another")
    for client in (api, key_api):
        assert client.get(TOOLS).json() == sorted([first, second], key=lambda tool: tool["name"])
    assert api.get(TOOLS.rstrip("/")).json() == api.get(TOOLS).json(), "a trailing slash never matters"


def test_50_a_tool_is_read_changed_and_deleted(api) -> None:
    tool = made(api)
    path = f"{TOOLS}{tool['id']}/"
    assert api.get(path).json() == tool
    changed = api.put(path, DOCUMENT | {"description": "Newer.", "http_method": "POST"})
    assert changed.status_code == 200
    assert (changed.json()["description"], changed.json()["http_method"]) == ("Newer.", "POST")
    deleted = api.delete(path)
    assert (deleted.status_code, deleted.content) == (204, b"")
    assert [client(path).status_code for client in (api.get, api.delete)] == [404, 404]
    assert api.get(TOOLS).json() == []


def test_51_a_tool_is_executed_with_the_documents_arguments(api, service: Service) -> None:
    tool = made(api, endpoint_url=f"{service.url}/customers", secret_headers={"Authorization": "Bearer s3cret-key"})
    answer = api.post(f"{TOOLS}{tool['id']}/execute/", {"arguments": {"customer_id": "cust_12345"}})
    assert answer.status_code == 200
    body = answer.json()
    assert (body["success"], body["status_code"], body["content_type"], body["problem"]) == (True, 200, "application/json", "")
    assert "cust_12345" in body["result"] and "s3cret" not in answer.content.decode()
    assert service.heard[0]["query"] == {"customer_id": ["cust_12345"]}
    assert service.heard[0]["headers"]["authorization"] == "Bearer s3cret-key"


def test_51_arguments_that_break_the_schema_go_nowhere(api, service: Service) -> None:
    tool = made(api, endpoint_url=f"{service.url}/customers")
    body = api.post(f"{TOOLS}{tool['id']}/execute/", {"arguments": {}}).json()
    assert (body["success"], body["status_code"]) == (False, None)
    assert body["problem"] == "'customer_id' is a required property"
    assert service.heard == []


def test_a_secret_is_never_shown(api) -> None:
    tool = made(api, secret_headers={"X-Key": "s3cret-key"})
    assert tool["secret_headers"] == ["X-Key"]
    shown = b"".join(api.get(path).content for path in (TOOLS, f"{TOOLS}{tool['id']}/", "/api/tools/", "/api/tools/available/"))
    assert b"s3cret" not in shown
    api.put(f"{TOOLS}{tool['id']}/", DOCUMENT)
    assert HttpTool._base_manager.get(pk=tool["id"]).secrets == {"X-Key": "s3cret-key"}


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"endpoint_url": "not a url"}, "endpoint_url"),
        ({"http_method": "TRACE"}, "http_method"),
        ({"body_schema": {"type": "array"}}, "body_schema"),
        ({"body_schema": "text"}, "body_schema"),
        ({"name": ""}, "name"),
        ({"headers": {"Host": "x"}}, "headers"),
    ],
)
def test_a_wrong_field_is_named(api, wrong, field) -> None:
    answer = api.post(TOOLS, DOCUMENT | wrong)
    assert answer.status_code == 422
    assert [problem["field"] for problem in answer.json()["errors"]] == [field]


def test_charlies_tools_do_not_exist_for_alice(api, stranger_api) -> None:
    foreign = made(stranger_api, name="Garage")
    path = f"{TOOLS}{foreign['id']}/"
    assert api.get(TOOLS).json() == []
    found = [api.get(path), api.put(path, DOCUMENT), api.delete(path), api.post(f"{path}execute/", {"arguments": {}})]
    assert [answer.status_code for answer in found] == [404] * 4
    assert stranger_api.get(path).json() == foreign


def test_the_same_tools_as_a_resource(api) -> None:
    tool = made(api)
    assert api.get("/api/tools/").json()["results"] == [tool]
    changed = api.patch(f"/api/tools/{tool['id']}/", {"ask_first": True})
    assert (changed.status_code, changed.json()["ask_first"], changed.json()["name"]) == (200, True, "My Custom Tool")
    available = {each["id"]: each for each in api.get("/api/tools/available/").json()}
    assert available[tool["grant"]]["ask_first"] is True
    assert "kit.calculate" in available


def test_tools_from_an_openapi_document(api, service: Service) -> None:
    document = f"""
openapi: 3.0.0
info: {{title: Shop}}
servers: [{{url: "{service.url}"}}]
components: {{securitySchemes: {{k: {{type: apiKey, in: header, name: X-Key}}}}}}
paths:
  /orders/{{id}}:
    get: {{summary: Read an order, parameters: [{{name: id, in: path, required: true, schema: {{type: string}}}}]}}
"""
    looked = api.post("/api/tools/import", {"document": document}).json()
    assert (looked["title"], looked["headers_wanted"], looked["tools"]) == ("Shop", ["X-Key"], [])
    wanted = {"document": document, "operations": ["GET /orders/{id}"], "secret_headers": {"X-Key": "s3cret-key"}}
    tool = api.post("/api/tools/import", wanted).json()["tools"][0]
    assert (tool["name"], tool["secret_headers"]) == ("Read an order", ["X-Key"])
    assert api.post(f"/api/tools/{tool['id']}/try", {"arguments": {"id": "9"}}).json()["success"]
    assert service.heard[-1]["headers"]["x-key"] == "s3cret-key"
    assert api.post("/api/tools/import", {"document": document, "operations": ["GET /nothing"]}).status_code == 422
    assert api.post("/api/tools/import", {"url": "http://10.0.0.1/openapi.json"}).json()["code"] == "FETCH_REFUSED"
