"""OpenAPI documents as tools: what is found in them, and what a hostile one cannot do."""

from __future__ import annotations

import json
from typing import Any

import pytest
from asgiref.sync import async_to_sync

from frontdesk.core.http import FetchRefused
from frontdesk.tools import actions, http_calls, openapi
from frontdesk.tools.errors import SchemaRefused

BOOKING = """
openapi: 3.0.3
info: {title: Table booking, version: 2024-05-01}
servers:
  - url: "{host}/v1"
    variables: {host: {default: "https://booking.example.com"}}
components:
  securitySchemes:
    key: {type: apiKey, in: header, name: X-Api-Key}
    token: {type: http, scheme: bearer}
    again: {type: oauth2, flows: {}}
  parameters:
    Id: {name: id, in: path, required: true, schema: {type: integer}, description: Number of the booking}
  schemas:
    Booking:
      type: object
      required: [guests]
      properties:
        guests: {type: integer, minimum: 1}
        day: {type: string, format: date, default: 2024-05-01}
        id: {type: string}
        friend: {$ref: "#/components/schemas/Booking"}
paths:
  /bookings:
    get:
      summary: Find bookings
      parameters:
        - {name: "filter[day]", in: query, schema: {type: string}}
        - {name: tags, in: query, schema: {type: array, items: {type: string}}}
        - {name: X-Trace, in: header, schema: {type: string}}
    post:
      operationId: bookTable
      description: Book a table.
      parameters: [{name: dry, in: query, schema: {type: boolean}}]
      requestBody: {content: {application/json: {schema: {$ref: "#/components/schemas/Booking"}}}}
  /bookings/{id}:
    parameters: [{$ref: "#/components/parameters/Id"}]
    put:
      requestBody: {content: {application/json: {schema: {$ref: "#/components/schemas/Booking"}}}}
    delete: {}
  /photos:
    post: {requestBody: {required: true, content: {multipart/form-data: {schema: {type: object}}}}}
  /many:
    post: {requestBody: {content: {application/json: {schema: {type: array, items: {type: string}}}}}}
"""


def found(text: str = BOOKING, **more: Any) -> dict[str, openapi.Operation]:
    return {operation.key: operation for operation in openapi.read(text, **more).operations}


def test_a_service_is_read() -> None:
    service = openapi.read(BOOKING)
    assert (service.title, service.server) == ("Table booking", "https://booking.example.com/v1")
    assert service.keys == (openapi.Key("X-Api-Key"), openapi.Key("Authorization", "Bearer "))
    assert list(found()) == [
        "GET /bookings",
        "POST /bookings",
        "PUT /bookings/{id}",
        "DELETE /bookings/{id}",
        "POST /photos",
        "POST /many",
    ]


def test_an_operation_becomes_a_tool() -> None:
    book = found()["POST /bookings"].values
    assert book is not None
    assert (book["name"], book["description"], book["http_method"], book["ask_first"]) == (
        "bookTable",
        "Book a table.",
        "POST",
        True,
    )
    assert book["endpoint_url"] == "https://booking.example.com/v1/bookings?dry={dry}"
    assert list(book["body_schema"]["properties"]) == ["guests", "day", "id", "friend", "dry"]
    assert book["body_schema"]["required"] == ["guests"]
    find = found()["GET /bookings"].values
    assert find is not None and find["ask_first"] is False
    assert find["endpoint_url"].endswith("/bookings?filter[day]={filter_day}&tags={tags}")


def test_names_that_meet_are_told_apart() -> None:
    change = found()["PUT /bookings/{id}"].values
    assert change is not None
    assert change["endpoint_url"].endswith("/bookings/{id_in_path}")
    assert change["body_schema"]["properties"]["id_in_path"] == {"type": "integer", "description": "Number of the booking"}
    assert change["body_schema"]["required"] == ["guests", "id_in_path"]


def test_what_cannot_be_sent_says_why() -> None:
    assert "form or a file" in found()["POST /photos"].problem
    assert "list or a single value" in found()["POST /many"].problem
    assert found()["POST /many"].values is None


@pytest.mark.django_db
def test_chosen_operations_are_called(owner, in_workspace, service) -> None:
    text = BOOKING.replace("https://booking.example.com", service.url)
    chosen = [found(text)[key].values for key in ("GET /bookings", "PUT /bookings/{id}")]
    find, change = actions.import_http_tools(owner, [each for each in chosen if each])
    async_to_sync(http_calls.call)(find, {"filter_day": "2026-05-01", "tags": ["a", "b"]})
    assert service.heard[-1]["query"] == {"filter[day]": ["2026-05-01"], "tags": ["a", "b"]}
    async_to_sync(http_calls.call)(change, {"id_in_path": 3, "id": "x", "guests": 2})
    assert service.heard[-1]["path"] == "/v1/bookings/3"
    assert json.loads(service.heard[-1]["body"]) == {"id": "x", "guests": 2}


def test_json_and_a_relative_server() -> None:
    text = json.dumps({"openapi": "3.1.0", "servers": [{"url": "/api"}], "paths": {"/a": {"get": {}}}})
    assert openapi.read(text, address="https://shop.example/docs/openapi.json").server == "https://shop.example/api"
    operation = found(text)["GET /a"]
    assert operation.values is None and "not a web address" in operation.problem


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no OpenAPI"),
        ("{", "neither JSON nor YAML"),
        ("a: [", "neither JSON nor YAML"),
        ("swagger: '2.0'", "Swagger 2"),
        ("openapi: 3.0.0", "no OpenAPI"),
        ("openapi: 3.0.0\npaths: {}", "nothing that can be called"),
        ("openapi: 3.0.0\npaths: [1]", "no OpenAPI"),
        ("<html></html>", "no OpenAPI"),
        ("x" * (2**20 + 1), "larger than 1 MB"),
        ("[" * 5_000, "neither JSON nor YAML"),
        ("{" * 100_000, "neither JSON nor YAML"),
        ("a: !!python/object/apply:os.system ['true']", "neither JSON nor YAML"),
        ("a: &a [x]\nb: &b {<<: [{c: 1}, {d: 2}]}", "merge keys"),
    ],
    ids=range(13),
)  # fmt: skip
def test_what_is_no_document(text, said) -> None:
    with pytest.raises(SchemaRefused, match=said):
        openapi.read(text)


def test_anchors_that_multiply_stay_small() -> None:
    laughs = "a0: &a0 {type: string}\n" + "".join(
        f"a{n}: &a{n} {{allOf: [{', '.join([f'*a{n - 1}'] * 9)}]}}\n" for n in range(1, 12)
    )
    text = (
        f"openapi: 3.0.0\n{laughs}paths:\n  /x:\n    post:\n      requestBody:\n        content:\n"
        "          application/json: {schema: {type: object, properties: {p: *a11}}}\nservers: [{url: 'https://e.example'}]"
    )
    operation = found(text)["POST /x"]
    assert operation.values is None and "too large or too deep" in operation.problem


def test_odd_parts_are_stepped_over() -> None:
    text = """
openapi: 3.0.0
servers: [{url: "https://e.example"}]
info: 5
components: []
paths:
  /a: null
  /b: {get: text, post: {parameters: {a: 1}, requestBody: [], summary: 7}}
  /c/{x}/{y z}: {get: {parameters: [1, {name: x, in: path}, {name: 5, in: query}, {$ref: "#/nowhere"}]}}
  7: {get: {}}
"""
    operations = found(text)
    assert list(operations) == ["POST /b", "GET /c/{x}/{y z}"]
    assert operations["GET /c/{x}/{y z}"].problem


def test_a_document_from_the_web(service) -> None:
    assert "Tea" in async_to_sync(openapi.fetch)(f"{service.url}/html")
    with pytest.raises(SchemaRefused, match="404"):
        async_to_sync(openapi.fetch)(f"{service.url}/gone")
    for url in (f"{service.url}/inside", "http://10.0.0.1/openapi.json", "file:///etc/passwd", f"{service.url}/big"):
        with pytest.raises(FetchRefused):
            async_to_sync(openapi.fetch)(url)


def test_a_list_in_anchors_that_multiply_stays_small() -> None:
    laughs = "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 60))
    text = (
        f"openapi: 3.0.0\n{laughs}paths:\n  /x:\n    post:\n      requestBody:\n        content:\n"
        "          application/json: {schema: {type: object, properties: {p: {enum: *a59}}}}\n"
        "servers: [{url: 'https://e.example'}]"
    )
    assert "too large or too deep" in found(text)["POST /x"].problem


def test_variables_of_a_server_do_not_multiply() -> None:
    variables = {f"v{n}": {"default": f"{{v{n + 1}}}" * 2} for n in range(60)}
    servers = [{"url": "https://e.example/{v0}", "variables": variables}]
    text = json.dumps({"openapi": "3.0.0", "servers": servers, "paths": {"/a": {"get": {}}}})
    assert openapi.read(text).server == "https://e.example/{v1}{v1}"


@pytest.mark.parametrize("tag", ["", "!!int ", "!!float "])
def test_a_number_that_takes_minutes_to_read_is_refused(tag) -> None:
    with pytest.raises(SchemaRefused, match="too many digits"):
        openapi.read(f"openapi: 3.0.0\npaths: {{}}\nx: {tag}1{':1' * 400_000}\n")


def test_a_document_is_not_looked_through_for_minutes(monkeypatch) -> None:
    monkeypatch.setattr(openapi, "MOST_WORK", 500)
    order = {"type": "object", "properties": {f"p{n}": {"type": "string"} for n in range(100)}}
    post = {"post": {"requestBody": {"content": {"application/json": {"schema": {"$ref": "#/order"}}}}}}
    paths = {f"/p{n}": post for n in range(300)}
    text = json.dumps({"openapi": "3.0.0", "servers": [{"url": "https://e.example"}], "paths": paths, "order": order})
    problems = [each.problem for each in openapi.read(text).operations]
    assert problems[0] == "" and "too much" in problems[-1]
