"""Zoho's accounts, played from recordings: connected in the right part of the world, kept fresh, given up."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
from django.conf import settings as django_settings
from django.test import Client
from django.utils import timezone

from frontdesk.core.scoping import scope
from frontdesk.core.threads import in_thread
from frontdesk.plugins import actions, capabilities, queries
from frontdesk.plugins.models import Account
from frontdesk.sdk.errors import NotConnected
from frontdesk.sdk.testing.vendor_server import Reply, VendorRequest, VendorServer

pytestmark = pytest.mark.django_db(transaction=True)
RECORDINGS = Path(django_settings.ROOT) / "plugins/zoho/tests/recordings"
BACKEND = "frontdesk.workspaces.login.EmailOrUsernameBackend"


class Detour(httpx.AsyncHTTPTransport):
    """Leads to the double whatever host is asked; the double is told which by the Host header."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.url = httpx.URL(url)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        request.url = request.url.copy_with(scheme="http", host=self.url.host, port=self.url.port)
        return await super().handle_async_request(request)


@pytest.fixture
async def zoho(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[VendorServer]:
    async with VendorServer() as server:

        def client(manifest: Any, *, timeout: float) -> httpx.AsyncClient:
            return httpx.AsyncClient(transport=Detour(server.url), timeout=timeout)

        monkeypatch.setattr(actions, "client", client)
        monkeypatch.setattr(capabilities, "client", client)
        monkeypatch.setenv("ZOHO_CLIENT_ID", "1000.OPERATOR")
        monkeypatch.setenv("ZOHO_CLIENT_SECRET", "operators-secret")
        yield server


@pytest.fixture
def studio(owner: Any) -> Client:
    client = Client()
    client.force_login(owner.user, BACKEND)
    return client


def recording(name: str, status: int = 200) -> Reply:
    return Reply.file(RECORDINGS / f"{name}.json", status=status)


def form(request: VendorRequest) -> dict[str, str]:
    return dict(parse_qsl(request.body.decode()))


async def sent(studio: Client) -> dict[str, str]:
    """Choose Europe, press the button, and give what goes along to Zoho."""
    page = await in_thread(studio.post, "/studio/plugins/zoho/connect/", {"own-data_centre": "zoho.eu"})
    [address] = re.findall(r'href="(https://accounts\.zoho\.eu/oauth/v2/auth\?[^"]+)"', page.content.decode())
    return dict(parse_qsl(urlsplit(address.replace("&amp;", "&")).query))


async def back(studio: Client, **given: str) -> str:
    """Zoho adds where the account is; gives what the Studio is told."""
    answer = await in_thread(
        studio.get, "/oauth/zoho", {**given, "location": "eu", "accounts-server": "https://accounts.zoho.eu"}
    )
    return answer.url.partition("?connection=")[2]


async def connect(zoho: VendorServer, studio: Client) -> None:
    zoho.play(recording("token"))
    assert await back(studio, state=(await sent(studio))["state"], code="1000.code") == "connected"


async def token(workspace: Any) -> str:
    return await (await in_thread(capabilities.context, workspace, "zoho")).access_token()


async def end(workspace: Any) -> None:
    """An hour later."""

    def change() -> None:
        with scope(workspace=workspace):
            Account.objects.update(expires_at=timezone.now() - timedelta(seconds=1))

    await in_thread(change)


async def test_it_is_connected_where_the_business_is(zoho, studio, workspace) -> None:
    said = await sent(studio)
    assert (said["access_type"], said["prompt"], said["client_id"]) == ("offline", "consent", "1000.OPERATOR")
    assert "ZohoCRM.modules.leads.CREATE,ZohoSearch.securesearch.READ" in said["scope"]
    assert said["redirect_uri"] == f"{django_settings.BASE_URL}/oauth/zoho"
    await connect(zoho, studio)
    asked = zoho.requests[-1]
    assert (asked.headers["host"], asked.path) == ("accounts.zoho.eu", "/oauth/v2/token")
    assert form(asked)["code"] == "1000.code"
    assert (await token(workspace)).startswith("1000.6f0a1b2c")


async def test_a_code_that_zoho_refuses_with_a_200(zoho, studio, workspace) -> None:
    zoho.play(recording("token_refused"))
    assert await back(studio, state=(await sent(studio))["state"], code="old") == "failed"
    with pytest.raises(NotConnected):
        await token(workspace)


async def test_denied_forged_and_replayed(zoho, studio) -> None:
    state = (await sent(studio))["state"]
    assert await back(studio, state=f"{state}x", code="c") == "invalid"
    assert await back(studio, state=state, error="access_denied") == "denied"
    assert await back(studio, state=state, code="c") == "expired"
    assert zoho.requests == []


async def test_an_hour_later_it_is_renewed(zoho, studio, workspace) -> None:
    await connect(zoho, studio)
    await end(workspace)
    zoho.play(recording("refreshed"))
    assert (await token(workspace)).startswith("1000.01020304")
    assert form(zoho.requests[-1])["refresh_token"].startswith("1000.aa11bb22")


async def test_a_zoho_that_is_asked_too_often_is_asked_again_later(zoho, studio, workspace) -> None:
    await connect(zoho, studio)
    await end(workspace)
    zoho.play(recording("token_too_often", 400), recording("refreshed"))
    with pytest.raises(NotConnected, match="too many requests"):
        await token(workspace)
    assert (await token(workspace)).startswith("1000.01020304")


async def test_a_refresh_token_that_ended_asks_to_connect_again(zoho, studio, workspace) -> None:
    await connect(zoho, studio)
    await end(workspace)
    zoho.play(recording("token_refused"))
    with pytest.raises(NotConnected, match="connected again"):
        await token(workspace)
    page = (await in_thread(studio.get, "/studio/plugins/zoho/")).content.decode()
    assert "Connect again: Zoho says no: invalid_code" in page


async def test_turning_it_off_ends_the_access_at_zoho(zoho, studio, workspace) -> None:
    await connect(zoho, studio)
    zoho.play(Reply.of({"status": "success"}))
    await in_thread(studio.post, "/studio/plugins/zoho/turn-off/", {"data": "forget"})
    assert zoho.requests[-1].path == "/oauth/v2/token/revoke"
    assert form(zoho.requests[-1])["token"].startswith("1000.aa11bb22")
    with scope(workspace=workspace):
        assert not (await in_thread(queries.card, workspace, "zoho")).is_connected
