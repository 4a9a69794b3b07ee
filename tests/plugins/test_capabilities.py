"""What a plugin is handed reaches no further than its owner agreed, and no other workspace or plugin."""

from __future__ import annotations

import asyncio

import httpx
import pytest
from pydantic import BaseModel, SecretStr, ValidationError

from frontdesk.core.errors import Invalid
from frontdesk.core.scoping import scope
from frontdesk.plugins import actions, capabilities, config
from frontdesk.plugins.errors import UnknownPlugin
from frontdesk.sdk.errors import NotReachable, StorageFull
from frontdesk.sdk.forms import ServerAddress
from frontdesk.sdk.manifest import ANY_HOST, Permissions, allows
from tests.ground.plugins import module

pytestmark = pytest.mark.django_db(transaction=True)


class Config(BaseModel):
    city: str = "Beirut"


@pytest.fixture
def installed(install) -> None:
    install(
        module("weather", config=Config, permissions=Permissions(hosts=("api.weather.example",), storage=1)),
        module("diary", permissions=Permissions(storage=1)),
        module("reader", permissions=Permissions(hosts=(ANY_HOST,))),
    )


async def ask(context, url) -> httpx.Response:
    async with context.http(timeout=5) as client:
        return await client.get(url)


@pytest.mark.parametrize(
    ("hosts", "host", "reached"),
    [
        (("a.example",), "a.example", True),
        (("a.example",), "a.example:8443", True),
        (("a.example:443",), "a.example:8443", False),
        (("a.example",), "b.a.example", False),
        (("*.a.example",), "b.a.example", True),
        (("*.a.example",), "a.example", False),
        (("*.a.example",), "evila.example", False),
        ((ANY_HOST,), "anything.example", True),
        ((), "a.example", False),
    ],
)
def test_which_hosts_a_permission_covers(hosts, host, reached) -> None:
    assert allows(hosts, host) is reached


async def test_a_host_that_was_not_asked_for_is_out_of_reach(installed, workspace) -> None:
    context = capabilities.context(workspace, "weather", Config())
    with pytest.raises(httpx.ConnectError, match="did not ask for tracker.example"):
        await ask(context, "https://tracker.example/")


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1/", "http://169.254.169.254/latest/", "http://[64:ff9b::7f00:1]/", "http://[::1]/"]
)
async def test_any_host_is_any_public_host(installed, workspace, url) -> None:
    context = capabilities.context(workspace, "reader", Config())
    with pytest.raises(httpx.ConnectError, match="private network"):
        await ask(context, url)


class Servers(BaseModel):
    incoming: ServerAddress = ""
    note: str = ""


@pytest.mark.parametrize(
    ("asks", "host", "reason"),
    [
        (Permissions(hosts=(ANY_HOST,)), "10.0.0.1", "not_named"),
        (Permissions(hosts=("mail.example",)), "mail.example", "not_named"),
        (Permissions(), "10.0.0.1", "not_named"),
        (Permissions(servers=True), "10.0.0.2", "not_named"),
        (Permissions(servers=True), "10.0.0.3", "not_named"),
        (Permissions(servers=True), "10.0.0.1", "private"),
        (Permissions(hosts=("10.0.0.1:993",)), "10.0.0.1", "private"),
    ],
)
async def test_sockets_lead_only_to_servers_that_were_named(install, workspace, asks, host, reason) -> None:
    install(module("mail", permissions=asks))
    sockets = capabilities.context(workspace, "mail", Servers(incoming="10.0.0.1:993", note="10.0.0.3:993")).sockets
    with pytest.raises(NotReachable) as refused:
        await sockets.connect(host, 993, tls=True, timeout=5)
    assert refused.value.reason == reason


async def test_a_private_server_that_the_operator_opened(install, workspace, settings) -> None:
    install(module("mail", permissions=Permissions(servers=True)))
    listening = await asyncio.start_server(lambda reader, writer: writer.close(), "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    sockets = capabilities.context(workspace, "mail", Servers(incoming=f"127.0.0.1:{port}")).sockets
    with pytest.raises(NotReachable, match=f"allow 127.0.0.1:{port}"):
        await sockets.connect("127.0.0.1", port, tls=False, timeout=5)
    settings.PROVIDER_ALLOWED_HOSTS = [f"127.0.0.1:{port}"]
    (await sockets.connect("127.0.0.1", port, tls=False, timeout=5)).close()
    listening.close()


@pytest.mark.parametrize("value", ["mail.example.com", "mail.example.com:0", "mail.example.com:99999", "a b:1", ":1"])
def test_what_is_no_server_is_said_to_be(value) -> None:
    with pytest.raises(ValidationError, match="like mail.example.com:993"):
        Servers(incoming=value)
    assert Servers(incoming=" Mail.Example.com:993 ").incoming == "mail.example.com:993"


async def test_what_it_keeps_is_its_own_and_its_workspaces(installed, workspace, other_workspace) -> None:
    ours = capabilities.context(workspace, "weather", Config()).storage
    theirs = capabilities.context(other_workspace, "weather", Config()).storage
    another = capabilities.context(workspace, "diary", Config()).storage
    await ours.put("last", {"sun": True})
    assert await ours.get("last") == {"sun": True}
    assert await theirs.get("last") is None
    assert await another.get("last") is None
    assert await another.keys() == []
    await theirs.put("last", 2)
    await theirs.delete("last")
    assert await ours.keys("la") == ["last"]


async def test_it_keeps_no_more_than_it_asked_for(installed, workspace) -> None:
    storage = capabilities.context(workspace, "weather", Config()).storage
    await storage.put("big", "x" * 900_000)
    with pytest.raises(StorageFull):
        await storage.put("more", "x" * 200_000)
    await storage.put("big", "small")
    await storage.put("more", "x" * 200_000)
    assert await capabilities.context(workspace, "reader", Config()).storage.keys() == []
    with pytest.raises(StorageFull):
        await capabilities.context(workspace, "reader", Config()).storage.put("any", 1)


def test_settings_are_those_of_the_workspace(installed, owner, workspace, other_workspace) -> None:
    with scope(workspace=workspace):
        actions.configure(owner, "weather", {"city": "Tyre"})
    assert capabilities.context(workspace, "weather").settings == Config(city="Tyre")
    assert capabilities.context(other_workspace, "weather").settings == Config()


def test_a_plugin_that_is_not_installed_gets_nothing(workspace) -> None:
    with pytest.raises(UnknownPlugin):
        capabilities.context(workspace, "nobody")


def test_what_an_owner_pastes_is_tidied_and_bounded() -> None:
    class Keys(BaseModel):
        key: SecretStr
        note: str = ""

    assert config.split(Keys, {"key": " s3cret\r\n"}, kept={}) == ({"note": ""}, {"key": "s3cret"})
    with pytest.raises(Invalid) as refused:
        config.split(Keys, {"key": "s" * 10**6}, kept={})
    assert refused.value.errors[0]["field"] == "key"
