"""What a reverse proxy says of the client is believed when the operator has named that proxy, and from nobody else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPResponse
from ipaddress import ip_network
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from frontdesk.agents import actions as agents
from frontdesk.agents.content import AgentContent
from frontdesk.channels import actions as channels
from frontdesk.config.proxies import TrustedProxies
from frontdesk.core.scoping import scope
from frontdesk.core.threads import in_thread
from frontdesk.surfaces.realtime.widget import TOO_MANY
from frontdesk.workspaces.actions import create_api_key
from tests.ground.live import Web

PROXY, SOMEBODY = "127.0.0.9", "127.0.0.1"  # Linux answers at all of 127.0.0.0/8, so either can be where a request comes from
CLIENT = "203.0.113.7"


async def seen(peer: str | None, *headers: tuple[str, str], kind: str = "http") -> dict[str, Any]:
    """The scope that the application inside is given, behind the proxies of 10.0.0.0/8 and fd00::/8."""
    scopes: list[dict[str, Any]] = []

    async def inside(scope: dict[str, Any], receive: Any, send: Any) -> None:
        scopes.append(scope)

    sent = [(name.lower().encode(), value.encode()) for name, value in headers]
    outside = {"type": kind, "headers": sent, "client": [peer, 4711] if peer is not None else None, "scheme": "http"}
    await TrustedProxies(inside, [ip_network("10.0.0.0/8"), ip_network("fd00::/8")])(outside, None, None)
    return scopes[0]


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("203.0.113.7", [], "203.0.113.7"),
        ("203.0.113.7", ["198.51.100.1"], "203.0.113.7"),
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", ["198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["127.0.0.1, 198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["127.0.0.1", "198.51.100.1"], "198.51.100.1"),
        ("10.0.0.1", ["198.51.100.1, 10.0.0.2"], "198.51.100.1"),
        ("10.0.0.1", ["127.0.0.1, 198.51.100.1, 10.0.0.2"], "198.51.100.1"),
        ("10.0.0.1", ["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
        ("10.0.0.1", ["198.51.100.1, unknown"], "10.0.0.1"),
        ("10.0.0.1", ["198.51.100.1:4711"], "198.51.100.1"),
        ("10.0.0.1", ["[2001:db8::7]:4711"], "2001:db8::7"),
        ("::ffff:10.0.0.1", ["2001:db8::7"], "2001:db8::7"),
        ("fd00::1", ["::ffff:198.51.100.1"], "198.51.100.1"),
    ],
)
@pytest.mark.parametrize("kind", ["http", "websocket"])
async def test_whose_address_counts(peer: str, forwarded: list[str], client: str, kind: str) -> None:
    found = await seen(peer, *(("X-Forwarded-For", line) for line in forwarded), kind=kind)

    assert found["client"][0] == client
    assert found["headers"] == []


@pytest.mark.parametrize(
    ("peer", "kind", "forwarded", "scheme"),
    [
        ("10.0.0.1", "http", "https", "https"),
        ("10.0.0.1", "websocket", "https", "wss"),
        ("10.0.0.1", "http", "http, HTTPS", "https"),
        ("10.0.0.1", "http", "https, http", "http"),
        ("10.0.0.1", "http", "gopher", "http"),
        ("203.0.113.7", "http", "https", "http"),
    ],
)
async def test_whose_scheme_counts(peer: str, kind: str, forwarded: str, scheme: str) -> None:
    found = await seen(peer, ("Host", "desk.example"), ("X-Forwarded-Proto", forwarded), kind=kind)

    assert found["scheme"] == scheme
    assert found["headers"] == [(b"host", b"desk.example")]


async def test_a_peer_without_an_address_is_nobody() -> None:
    found = await seen(None, ("X-Forwarded-For", CLIENT), ("X-Forwarded-Proto", "https"))

    assert (found["client"], found["scheme"], found["headers"]) == (None, "http", [])


@pytest.fixture(scope="module")
def web(process_environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    """The real server behind one proxy. One address may make one account and open one widget."""
    limits = {"SIGN_UPS_PER_HOUR": "1", "WIDGET_SOCKETS_PER_MINUTE": "1"}
    behind = {"TRUSTED_PROXIES": PROXY, "BASE_URL": "https://desk.example", **limits}
    running = Web(tmp_path_factory.mktemp("behind"), {**process_environment, **behind})
    yield running
    running.stop()


def request(web: Web, source: str, method: str, path: str, body: Any = None, **headers: str) -> HTTPResponse:
    """From that address of this machine; `headers` as `x_forwarded_for="…"`."""
    named = {name.replace("_", "-"): value for name, value in headers.items()} | {"Content-Type": "application/json"}
    sending = HTTPConnection("127.0.0.1", web.port, timeout=30, source_address=(source, 0))
    sending.request(method, path, json.dumps(body) if body else None, named)
    return sending.getresponse()


@pytest.mark.django_db(transaction=True)
def test_allow_list_of_a_key(web: Web, owner: Any) -> None:
    with scope(workspace=owner.workspace):
        key = create_api_key(owner, "Shop", [CLIENT])[1]

    def status(source: str, forwarded: str) -> int:
        credential = {"authorization": f"Api-Key {key}", "x_forwarded_for": forwarded}
        return request(web, source, "GET", "/api/workspace", **credential).status

    assert status(PROXY, CLIENT) == 200
    assert status(PROXY, f"198.51.100.1, {CLIENT}") == 200
    assert status(PROXY, f"{CLIENT}, 198.51.100.1") == 403, "the client wrote the first one itself"
    assert status(SOMEBODY, CLIENT) == 403


@pytest.mark.django_db(transaction=True)
def test_limits_count_the_client(web: Web) -> None:
    def register(source: str, forwarded: str) -> int:
        person = {"username": f"{uuid4().hex}@example.org", "password": "correct horse battery staple"}
        return request(web, source, "POST", "/api/register/", person, x_forwarded_for=forwarded).status

    assert [register(PROXY, client) for client in ("203.0.113.1", "203.0.113.2", "203.0.113.1")] == [201, 201, 429]
    assert [register(SOMEBODY, client) for client in ("203.0.113.3", "203.0.113.4")] == [201, 429]


def test_tls_is_the_proxys_word(web: Web) -> None:
    def lasting(source: str, scheme: str) -> str | None:
        return request(web, source, "GET", "/studio/sign-in/", x_forwarded_proto=scheme).getheader("Strict-Transport-Security")

    assert lasting(PROXY, "https") == "max-age=2592000"
    assert lasting(PROXY, "http") is None
    assert lasting(SOMEBODY, "https") is None


@pytest_asyncio.fixture
async def widget(transactional_db: None, owner: Any) -> str:
    def made() -> str:
        with scope(workspace=owner.workspace):
            agent = agents.create_agent(owner, AgentContent(name="Mila"), live=True)
            return channels.create_widget(owner, agent.pk, name="Shop", origins=["*"]).public_key

    return await in_thread(made)


async def test_sockets_count_the_client(web: Web, widget: str) -> None:
    async def opened(source: str, forwarded: str) -> int | str:
        """What the server says first: the type of its frame, or the code with which it closes."""
        address = f"ws://127.0.0.1:{web.port}/ws/widget/?key={widget}&visitor={uuid4()}"
        headers = {"X-Forwarded-For": forwarded}
        async with connect(
            address, origin="https://shop.example", additional_headers=headers, local_addr=(source, 0), proxy=None
        ) as socket:
            try:
                return json.loads(await socket.recv())["type"]
            except ConnectionClosed as closed:
                return closed.rcvd.code

    assert [await opened(PROXY, client) for client in ("203.0.113.1", "203.0.113.2", "203.0.113.1")] == [
        "ready",
        "ready",
        TOO_MANY,
    ]
    assert [await opened(SOMEBODY, client) for client in ("203.0.113.3", "203.0.113.4")] == ["ready", TOO_MANY]
