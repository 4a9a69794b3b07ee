"""Tools that owners make of an address: what is refused, what goes out, what comes back, and who may see it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import httpx
import pytest
from asgiref.sync import async_to_sync

from frontdesk.core.errors import Invalid, NotAllowed
from frontdesk.core.http import Fetched
from frontdesk.sdk.errors import ToolError
from frontdesk.tools import actions, answers, http_calls, queries
from frontdesk.tools.errors import ToolNotFound
from frontdesk.tools.models import HttpTool
from frontdesk.workspaces.models import AuditEntry, Role
from tests.ground.service import Service

pytestmark = pytest.mark.django_db
CUSTOMER = {"type": "object", "properties": {"customer_id": {"type": "string"}}, "required": ["customer_id"]}


def values(url: str = "https://api.example.com/customers/{customer_id}", **more: Any) -> dict[str, Any]:
    return {
        "name": "Find a customer",
        "description": "Looks a customer up.",
        "endpoint_url": url,
        "body_schema": CUSTOMER,
        **more,
    }


def call(tool: HttpTool, **arguments: Any) -> Any:
    return async_to_sync(http_calls.call)(tool, arguments)


def test_a_tool_is_made_changed_deleted_and_brought_back(owner, in_workspace) -> None:
    tool = actions.create_http_tool(owner, values(secret_headers={"Authorization": "Bearer s3cret-key"}))
    assert queries.http_tool(tool.pk).secrets == {"Authorization": "Bearer s3cret-key"}
    actions.change_http_tool(owner, tool, {"description": "Another.", "secret_headers": {"authorization": "", "X-Key": "k"}})
    changed = queries.http_tool(tool.uuid)
    assert (changed.description, changed.secrets) == ("Another.", {"Authorization": "Bearer s3cret-key", "X-Key": "k"})
    actions.change_http_tool(owner, tool, {"secret_headers": {"X-KEY": None}})
    assert queries.http_tool(tool.uuid).secrets == {"Authorization": "Bearer s3cret-key"}
    actions.delete_http_tool(owner, tool)
    with pytest.raises(ToolNotFound):
        queries.http_tool(tool.pk)
    actions.restore_http_tool(owner, queries.kept_http_tool(tool.uuid))
    assert queries.http_tool(tool.pk).name == "Find a customer"
    verbs = list(AuditEntry.objects.filter(verb__startswith="tool.").order_by("id").values_list("verb", flat=True))
    assert verbs == ["tool.created", "tool.changed", "tool.changed", "tool.deleted", "tool.restored"]
    assert "s3cret" not in json.dumps(list(AuditEntry.objects.values("target", "data")))


def test_the_secret_is_not_in_the_database_in_the_clear(owner, in_workspace) -> None:
    actions.create_http_tool(owner, values(secret_headers={"X-Key": "s3cret-key"}))
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(t)::text FROM tools_httptool t")
        assert "s3cret" not in cursor.fetchone()[0]


def test_a_viewer_makes_no_tools(owner, in_workspace) -> None:
    with pytest.raises(NotAllowed):
        actions.create_http_tool(replace(owner, role=Role.VIEWER), values())


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("endpoint_url", "ftp://example.com/"),
        ("endpoint_url", "api.example.com/x"),
        ("endpoint_url", "https://user:pw@example.com/"),
        ("endpoint_url", "https://{host}.example.com/"),
        ("endpoint_url", "https://example.com:{port}/"),
        ("endpoint_url", "https://{customer_id}"),
        ("endpoint_url", "https://example.com/{a b}"),
        ("endpoint_url", "https://example.com/{open"),
        ("endpoint_url", "https://example.com/x#{customer_id}"),
        ("endpoint_url", "https://example.com/x y"),
        ("endpoint_url", ""),
        ("http_method", "CONNECT"),
        ("name", "   "),
        ("headers", {"Host": "internal"}),
        ("headers", {"X-Bad": "a\r\nX-Other: b"}),
        ("headers", {"Bad name": "a"}),
        ("secret_headers", {"Transfer-Encoding": "chunked"}),
        ("body_schema", {"type": "array"}),
        ("body_schema", {"type": "object", "properties": {"a": {"type": "text"}}}),
        ("body_schema", {"type": "object", "properties": {"a": {"$ref": "https://evil.example/x.json"}}}),
        ("body_schema", {"type": "object", "properties": {"a": {"$ref": "#/nowhere"}}}),
        ("body_schema", {"type": "object", "properties": {"a": {"const": "\x00"}}}),
        ("body_schema", {"type": "object", "description": "x" * 70_000}),
        ("color", "red"),
    ],
)
def test_what_cannot_work_is_said_beside_its_field(owner, in_workspace, field, wrong) -> None:
    with pytest.raises(Invalid) as refused:
        actions.create_http_tool(owner, values(**{field: wrong}) if field != "endpoint_url" else values(wrong))
    assert refused.value.errors[0]["field"].split(".")[0] == field
    assert not HttpTool.objects.exists()


def test_a_name_in_the_address_becomes_an_argument(owner, in_workspace) -> None:
    tool = actions.create_http_tool(
        owner, {"name": "Order", "endpoint_url": "https://example.com/orders/{number}?lines={lines}", "http_method": "get"}
    )
    assert tool.http_method == "GET"
    assert tool.body_schema == {
        "type": "object",
        "properties": {"number": {"type": "string"}, "lines": {"type": "string"}},
        "required": ["number"],
    }


@pytest.fixture
def make(owner: Any, in_workspace: Any, service: Service) -> Any:
    def made(path: str, schema: Any = None, **more: Any) -> HttpTool:
        return actions.create_http_tool(owner, values(f"{service.url}{path}", body_schema=schema or {"type": "object"}, **more))

    return made


def test_arguments_go_where_they_belong(make, service) -> None:
    call(
        make("/customers/{customer_id}?lang={language}&all={all}&v=1"), customer_id="a/b ?&ü", language="de", tags=["x", "y"], n=3
    )
    heard = service.heard[-1]
    assert (heard["method"], heard["path"]) == ("GET", "/customers/a%2Fb%20%3F%26%C3%BC")
    assert heard["query"] == {"lang": ["de"], "v": ["1"], "tags": ["x", "y"], "n": ["3"]}
    assert heard["body"] == ""


def test_a_body_is_json(make, service) -> None:
    tool = make(
        "/orders/{id}", http_method="POST", headers={"X-Plain": "p"}, secret_headers={"Authorization": "Bearer s3cret-key"}
    )
    answer = call(tool, id=7, lines=[{"sku": "tea", "n": 2}], note=None)
    heard = service.heard[-1]
    assert (heard["path"], json.loads(heard["body"])) == ("/orders/7", {"lines": [{"sku": "tea", "n": 2}], "note": None})
    assert heard["headers"]["content-type"] == "application/json"
    assert (heard["headers"]["x-plain"], heard["headers"]["authorization"]) == ("p", "Bearer s3cret-key")
    assert "s3cret" not in answer.text and "•••" in answer.text, "a service that repeats a key tells it to nobody"


@pytest.mark.parametrize("wrong", ["..", ".", "", None, {"a": 1}])
def test_an_argument_does_not_climb_out_of_its_place(make, service, wrong) -> None:
    with pytest.raises(ToolError, match="part of the address"):
        call(make("/customers/{customer_id}/card"), customer_id=wrong)
    assert service.heard == []


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/html", "Tea 2.50"),
        ("/empty", "The service answered with nothing."),
        ("/broken", "it is broken:\n{\"open\": tru"),
        ("/file", "a file (application/pdf, 1 kB), which cannot be read"),
    ],
)  # fmt: skip
def test_answers_are_cleaned_and_said(make, path, said) -> None:
    assert said in call(make(path)).text


def test_ten_megabytes_are_cut(make) -> None:
    text = call(make("/big")).text
    assert len(text) == 20_000
    assert text.endswith("(cut here; the whole answer has 10,485,760 characters)")


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/huge", "larger than 16 MiB"),
        ("/gone", r"error \(404\): .*no such customer"),
        ("/inside", "private network"),
    ],
)
def test_what_went_wrong_is_told(make, path, said) -> None:
    with pytest.raises(ToolError, match=said):
        call(make(path))


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:9/",
        "http://localhost:9/",
        "http://[::1]:9/",
        "http://169.254.169.254/latest/meta-data/",
        "http://[64:ff9b::a9fe:a9fe]/",
        "http://metadata.google.internal/",
        "http://0x7f.1/",
        "http://10.0.0.8/{customer_id}",
    ],
)
def test_addresses_inside_are_refused(owner, in_workspace, url) -> None:
    tool = actions.create_http_tool(owner, values(url))
    with pytest.raises(ToolError, match=r"private network|does not exist"):
        call(tool, customer_id="1")


def test_a_name_that_answers_twice_differently_gains_nothing(owner, in_workspace, monkeypatch, service) -> None:
    """DNS rebinding: the address that was checked is the one that is called."""
    import asyncio

    asked: list[str] = []

    async def rebinding(self: Any, host: str, port: int, **more: Any) -> list[Any]:
        asked.append(host)
        return [(2, 1, 6, "", ("127.0.0.1" if len(asked) > 1 else "10.1.2.3", port))]

    monkeypatch.setattr(asyncio.BaseEventLoop, "getaddrinfo", rebinding)
    tool = actions.create_http_tool(owner, values(f"http://rebind.example:{service.port}/"))
    for _time in range(3):
        with pytest.raises(ToolError, match="private network"):
            call(tool, customer_id="1")
    assert len(asked) == 3
    assert service.heard == []


def test_a_key_does_not_follow_a_redirect_to_another_host(owner, in_workspace, service, settings) -> None:
    import http.server
    import threading

    class Away(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # noqa: N802  (http.server's name)
            self.send_response(302)
            self.send_header("Location", f"{service.url}/echo")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args: Any) -> None:
            """Quiet."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Away)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    settings.TOOL_ALLOWED_HOSTS = [*settings.TOOL_ALLOWED_HOSTS, f"127.0.0.1:{server.server_port}"]
    url = f"http://127.0.0.1:{server.server_port}/"
    tool = actions.create_http_tool(owner, values(url, body_schema={}, secret_headers={"X-Api-Key": "s3cret-key"}))
    call(tool)
    server.shutdown()
    server.server_close()
    assert "x-api-key" not in service.heard[-1]["headers"]


def test_a_test_call_says_how_it_went(owner, in_workspace, service) -> None:
    sent = values(f"{service.url}/echo/{{customer_id}}", secret_headers={"X-Key": "s3cret-key"})
    good = actions.try_http_tool(owner, sent, {"customer_id": "c-1"})
    assert (good.status, good.problem) == (200, "") and "c-1" in good.text and "s3cret" not in good.text
    wrong = actions.try_http_tool(owner, sent, {"customer_id": 5})
    assert (wrong.status, wrong.problem) == (None, "customer_id: 5 is not of type 'string'")
    assert len(service.heard) == 1, "nothing goes out that does not fit"
    refused = actions.try_http_tool(owner, values("http://10.0.0.1/{customer_id}"), {"customer_id": "1"})
    assert "private network" in refused.problem
    assert not HttpTool.objects.exists()


def test_a_test_call_uses_the_stored_key(owner, in_workspace, service) -> None:
    tool = actions.create_http_tool(owner, values(f"{service.url}/echo", body_schema={}, secret_headers={"X-Key": "s3cret-key"}))
    actions.try_http_tool(owner, {"description": "Newer."}, {}, tool=tool)
    assert service.heard[-1]["headers"]["x-key"] == "s3cret-key"


def test_a_key_stays_with_the_host_that_it_was_entered_for(owner, in_workspace, service) -> None:
    tool = actions.create_http_tool(owner, values("https://api.example.com/a", secret_headers={"X-Key": "s3cret-key"}))
    for elsewhere in (f"{service.url}/echo", "http://api.example.com/a", "https://api.example.com:8443/a"):
        with pytest.raises(Invalid) as refused:
            actions.change_http_tool(owner, tool, {"endpoint_url": elsewhere})
        assert refused.value.errors[0]["field"] == "secret_headers"
    with pytest.raises(Invalid):
        actions.try_http_tool(owner, {"endpoint_url": f"{service.url}/echo"}, {}, tool=tool)
    assert service.heard == []
    actions.change_http_tool(owner, tool, {"endpoint_url": "https://api.example.com/b"})
    moved = actions.change_http_tool(owner, tool, {"endpoint_url": service.url, "secret_headers": {"x-key": None}})
    assert moved.secrets == {}


@pytest.mark.parametrize(
    ("template", "arguments"),
    [
        ("/files/{a}{b}/x", {"a": ".", "b": "."}),
        ("/files/.{a}/x", {"a": "."}),
        ("/files/{a}", {"a": "../../admin"}),
        ("/files/{a}", {"a": "x\\..\\..\\admin"}),
    ],
    ids=range(4),
)
def test_dots_do_not_climb(template, arguments) -> None:
    tool = HttpTool(endpoint_url=f"https://api.example.com{template}", http_method="GET")
    with pytest.raises(ToolError):
        http_calls.prepare(tool, arguments)


def test_what_the_owner_wrote_into_the_address_stays() -> None:
    tool = HttpTool(endpoint_url="https://api.example.com/a?role=guest&id={id}", http_method="GET")
    assert http_calls.prepare(tool, {"role": "admin", "id": "1"}).url == "https://api.example.com/a?role=guest&id=1"


@pytest.mark.parametrize("charset", ["punycode", "idna", "undefined", "unicode_escape", "no-such"])
def test_a_service_does_not_choose_a_decoder_that_never_ends(charset) -> None:
    fetched = Fetched(
        "https://e.example", 200, httpx.Headers({"content-type": f"text/plain; charset={charset}"}), b"tea " * 10**6
    )
    assert answers.of_http(fetched).text.startswith("tea tea")


def test_a_key_in_the_title_of_a_page_is_hidden() -> None:
    page = b"<html><head><title>Hello s3cret-key</title></head><body>s3cret-key</body></html>"
    answer = answers.of_http(
        Fetched("https://e.example", 200, httpx.Headers({"content-type": "text/html"}), page), secrets=("s3cret-key",)
    )
    assert "s3cret" not in answer.text + answer.title
