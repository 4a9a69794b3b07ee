"""Whatever goes wrong, the client gets `{message, code, errors?}` and the right status."""

import json
from typing import Any

import pytest
from django.test import Client

from tests.conftest import Api, bearer


def assert_shape(response, status, code=None) -> dict[str, Any]:
    assert response.status_code == status
    body = response.json()
    assert set(body) <= {"message", "code", "errors"} and body["message"].endswith((".", "!"))
    assert body["code"] == (code or body["code"]) and body["code"].isupper()
    return body


@pytest.mark.parametrize("path", ["/api/nothing", "/api/nothing/", "/api", "/api/", "/v1/nothing", "/api/members/x", "/api/\x00"])
def test_an_unknown_address(api, path) -> None:
    assert_shape(api.get(path), 404, "NOT_FOUND")


def test_a_wrong_method_names_the_right_ones(api) -> None:
    response = api.delete("/api/members")
    assert_shape(response, 405, "METHOD_NOT_ALLOWED")
    assert response["Allow"] == "GET"


def test_no_credential(anonymous_api) -> None:
    response = anonymous_api.get("/api/members")
    assert_shape(response, 401, "NOT_AUTHENTICATED")
    assert response["WWW-Authenticate"] == "Bearer, Api-Key"


def test_wrong_fields_are_named_as_the_client_wrote_them(api) -> None:
    body = assert_shape(api.post("/api/invitations", {"email": 7, "role": "king"}), 422, "INVALID")
    assert {entry["field"] for entry in body["errors"]} == {"email", "role"}
    body = assert_shape(api.get("/api/members?page=0&page_size=101"), 422)
    assert {entry["field"] for entry in body["errors"]} == {"page", "page_size"}
    body = assert_shape(api.post("/api/api-keys", {"name": "x", "allow_list": ["ok.example", ""]}), 422)
    assert body["errors"][0]["field"] == "allow_list.1"


@pytest.mark.parametrize(
    "body", ["{", "", "nonsense", '{"email": NaN}', '{"a":' * 100_000, '{"email": "\\u0000@example.org"}', "\xff"]
)
def test_what_is_no_json(api, body) -> None:
    response = api.client.post("/api/invitations", body.encode("latin-1"), content_type="application/json", headers=api.headers)
    assert_shape(response, 422 if body == "" else 400)


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "nonsense"]
)
def test_a_wrong_content_type(api, kind) -> None:
    response = api.client.post("/api/invitations", b'{"email": "x@example.org"}', content_type=kind, headers=api.headers)
    assert_shape(response, 415, "WRONG_MEDIA_TYPE")


def test_json_with_a_suffix_and_a_charset_is_json(api) -> None:
    for kind in ("application/json; charset=utf-8", "application/vnd.shop+json"):
        body = json.dumps({"email": f"{len(kind)}@example.org"})
        assert api.client.post("/api/invitations", body, content_type=kind, headers=api.headers).status_code == 201


def test_nul_in_a_query(api) -> None:
    assert_shape(api.get("/api/members?page=1%00"), 400, "MALFORMED")


def test_a_body_too_large(api, settings) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    assert_shape(api.post("/api/invitations", {"email": "x" * 2000}), 413, "TOO_LARGE")
    settings.UPLOAD_MAX_BYTES = 10
    assert_shape(api.post("/api/invitations", {"email": "x" * 2**20}), 413, "TOO_LARGE")


def test_too_many_requests_say_when_to_come_back(anonymous_api, settings) -> None:
    settings.SIGN_IN_ATTEMPTS_PER_MINUTE = 1
    anonymous_api.post("/api/token", {"username": "a", "password": "b"})
    response = anonymous_api.post("/api/token", {"username": "a", "password": "b"})
    assert_shape(response, 429, "TOO_MANY_REQUESTS")
    assert 1 <= int(response["Retry-After"]) <= 60


def test_a_host_that_is_not_ours(api, settings) -> None:
    settings.ALLOWED_HOSTS = ["frontdesk.example"]
    assert_shape(api.get("/api/members"), 400, "MALFORMED")


def test_an_error_of_ours_is_a_sentence_and_a_line_in_the_log(api, monkeypatch, caplog) -> None:
    monkeypatch.setattr("frontdesk.workspaces.queries.members", lambda: 1 / 0)
    body = assert_shape(api.get("/api/members"), 500, "INTERNAL_ERROR")
    assert "division" not in json.dumps(body)
    assert "ZeroDivisionError" in caplog.text


def test_an_event_stream_gets_its_error_as_an_event(api) -> None:
    response = api.post("/api/invitations", {}, accept="text/event-stream")
    assert response.status_code == 422
    assert response["Content-Type"] == "text/event-stream"
    first, second = response.content.decode().splitlines()[:2]
    assert first == "event: error"
    assert json.loads(second.removeprefix("data: "))["code"] == "INVALID"


@pytest.mark.parametrize("path", ["/api/members", "/api/members/"])
def test_a_trailing_slash_never_matters(api, path) -> None:
    assert api.get(path).status_code == 200
    assert api.post(path.replace("members", "invitations"), {"email": "x@example.org"}).status_code == 201


def test_no_redirects_and_no_cookies(api) -> None:
    response = api.get("/api/members/")
    assert response.status_code == 200 and not response.cookies


def test_a_browser_elsewhere_may_ask(db) -> None:
    asked = {
        "Origin": "https://shop.example",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization, idempotency-key, x-workspace-id",
    }
    response = Client().options("/api/token", headers=asked)
    assert response["Access-Control-Allow-Origin"] == "*"
    assert {"authorization", "idempotency-key"} <= set(response["Access-Control-Allow-Headers"].split(", "))


def test_another_workspace_is_forbidden_and_nonsense_is_malformed(alice, workspace, other_workspace) -> None:
    assert_shape(Api(bearer(alice, other_workspace)).get("/api/members"), 403, "NOT_A_MEMBER")
    wrong = {**bearer(alice), "X-Workspace-ID": "nonsense"}
    assert_shape(Api(wrong).get("/api/members"), 400, "MALFORMED")
