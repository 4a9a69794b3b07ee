"""Two tenants walk every operation of the API: what is Charlie's is 404 to Alice, by token and by key."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from frontdesk.surfaces.api.schema import document
from tests.conftest import Api, bearer
from tests.ground.examples import example
from tests.ground.foreign_rows import BY_NAME

# Ids in an address that name no row of a workspace, with the reason. May only shrink.
NOT_ROWS: dict[str, str] = {}
# Ids in a body that name no row of a workspace, with the reason. May only shrink.
NOT_ROWS_IN_BODY = {("POST /v1/embeddings", "model"): "the name of an embedding model of a vendor; agents embed nothing"}
# Operations that anybody may call, with the reason. May only shrink.
PUBLIC = {
    "POST /api/token": "signs in",
    "POST /api/token/refresh": "the refresh token is the credential",
    "POST /api/register": "the person does not exist yet",
    "GET /api/health": "says only that it is alive",
    "GET /api/health/ready": "for the operator's probes; says nothing of any workspace",
}
COMPONENTS = document()["components"]["schemas"]


def operations() -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in document()["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


def path_names(name) -> list[str]:
    return re.findall(r"{(\w+)}", name)


def body_of(operation) -> tuple[str | None, Any, list[str]]:
    """(media type, example body, names of ids in it)"""
    for kind, content in operation.get("requestBody", {}).get("content", {}).items():
        schema = content["schema"]
        schema = COMPONENTS[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
        return kind, example(schema, COMPONENTS), [field for field in schema.get("properties", {}) if field in BY_NAME]
    return None, None, []


def call(api, name, ids, operation, **named) -> Any:
    """Call an operation with these ids in its address, and those in its body."""
    method, _space, path = name.partition(" ")
    kind, body, _fields = body_of(operation)
    if body is not None:
        body = {**body, **named}
    address = path.format(**ids)
    if kind == "multipart/form-data":
        properties = operation["requestBody"]["content"][kind]["schema"]["properties"]
        for field in [field for field, part in properties.items() if part.get("format") == "binary"]:
            body[field] = SimpleUploadedFile("a.txt", b"text")
        return api.upload(address, body)
    return api.request(method, address, body)


def test_every_id_in_an_address_is_known() -> None:
    unknown = {f"{name}: {{{parameter}}}" for name, _op in operations() for parameter in path_names(name)
               if parameter not in BY_NAME and parameter not in NOT_ROWS}  # fmt: skip
    assert not unknown, "register how to make such a row in tests/ground/foreign_rows.py"
    used = {parameter for name, _op in operations() for parameter in path_names(name)}
    assert set(NOT_ROWS) <= used, "remove what is no longer needed from NOT_ROWS"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("credential", ["token", "key"])
def test_charlies_rows_are_not_found(credential, api, key_api, stranger_api, workspace, other_workspace) -> None:
    alice = api if credential == "token" else key_api
    wrong = []
    for name, operation in operations():
        if not path_names(name):
            continue
        ids = {parameter: BY_NAME[parameter](other_workspace) for parameter in path_names(name)}
        response = call(alice, name, ids, operation)
        if response.status_code != 404:
            wrong.append(f"{name} answers {response.status_code} to Alice: {response.content[:200]}")
        if call(stranger_api, name, ids, operation).status_code == 404:
            wrong.append(f"{name} is 404 to Charlie himself, so this test shows nothing")
    assert not wrong, "\n".join(wrong)


@pytest.mark.django_db(transaction=True)
def test_charlies_rows_cannot_be_named_in_a_body(api, workspace, other_workspace) -> None:
    wrong = []
    for name, operation in operations():
        _kind, _body, fields = body_of(operation)
        for foreign in [field for field in fields if (name, field) not in NOT_ROWS_IN_BODY]:
            ids = {parameter: BY_NAME[parameter](workspace) for parameter in path_names(name)}
            named = {field: BY_NAME[field](other_workspace if field == foreign else workspace) for field in fields}
            response = call(api, name, ids, operation, **named)
            if response.status_code != 404:
                wrong.append(f"{name} with Charlie's {foreign} answers {response.status_code}: {response.content[:200]}")
    assert not wrong, "\n".join(wrong)


def any_ids(name, operation) -> dict[str, Any]:
    """Ids of the right type that nobody has."""
    schemas = {entry["name"]: entry["schema"] for entry in operation["parameters"] if entry["in"] == "path"}
    return {parameter: example(schemas[parameter], COMPONENTS) for parameter in path_names(name)}


def test_every_operation_asks_for_a_credential(anonymous_api) -> None:
    found = {name: call(anonymous_api, name, any_ids(name, operation), operation) for name, operation in operations()}
    asked = {name for name, response in found.items() if response.status_code == 401 and b"NOT_AUTHENTICATED" in response.content}
    unasked = set(found) - asked
    assert unasked <= set(PUBLIC), "ask for a credential, or give the reason in PUBLIC"
    assert set(PUBLIC) <= unasked, "remove what is no longer needed from PUBLIC"


@pytest.mark.django_db(transaction=True)
def test_a_stranger_is_forbidden_everywhere(alice, workspace, other_workspace) -> None:
    api = Api(bearer(alice, other_workspace))
    allowed = {
        name
        for name, operation in operations()
        if any("BearerToken" in choice for choice in operation.get("security", []))
        and call(api, name, any_ids(name, operation), operation).status_code != 403
    }
    assert not allowed
