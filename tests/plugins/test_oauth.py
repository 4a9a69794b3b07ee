"""Accounts that owners connect, against a double of a vendor: only who was sent out comes back, once, and tokens stay fresh."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any, Literal
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
from django.db import connection
from django.utils import timezone
from pydantic import BaseModel, SecretStr

from frontdesk.core.errors import Conflict, NotAllowed
from frontdesk.core.scoping import scope, unscoped
from frontdesk.core.threads import in_thread
from frontdesk.plugins import actions, capabilities, oauth, queries
from frontdesk.plugins.errors import ConnectionRefused
from frontdesk.plugins.models import Account
from frontdesk.sdk.errors import NotConnected
from frontdesk.sdk.manifest import Manifest, Permissions
from frontdesk.sdk.oauth import OAuthApp
from frontdesk.sdk.testing.vendor_server import Reply, VendorServer
from frontdesk.workspaces.models import AuditEntry, Membership, Role
from tests.ground.plugins import module

pytestmark = pytest.mark.django_db(transaction=True)
GIVEN = Reply.of({"access_token": "first", "refresh_token": "again", "expires_in": 3600, "token_type": "Bearer"})
RENEWED = Reply.of({"access_token": "second", "expires_in": 3600})


class Config(BaseModel):
    region: Literal["eu", "us"] = "eu"
    client_id: str = ""
    client_secret: SecretStr = SecretStr("")


@pytest.fixture
async def vendor(install, settings, workspace, owner) -> AsyncIterator[Any]:
    async with VendorServer() as server:
        host = server.url.removeprefix("http://")
        settings.PROVIDER_ALLOWED_HOSTS = [host]
        app = OAuthApp(
            label="Ledger",
            authorize_url=f"{server.url}/{{region}}/authorize",
            token_url=f"{server.url}/{{region}}/token",
            revoke_url=f"{server.url}/revoke",
            scopes=("contacts", "leads"),
            client_id_env="LEDGER_CLIENT_ID",
            client_secret_env="LEDGER_CLIENT_SECRET",
            extra={"prompt": "consent"},
        )
        install(module("ledger", permissions=Permissions(hosts=(host,)), config=Config, oauth=app))
        with scope(workspace=workspace):
            await in_thread(
                actions.configure, owner, "ledger", {"region": "us", "client_id": "app", "client_secret": "app-secret"}
            )
        yield server


async def sent(actor) -> dict[str, str]:
    """What goes along when an owner is sent to the vendor."""
    with scope(workspace=actor.workspace):
        return dict(parse_qsl(urlsplit(await in_thread(actions.connect, actor, "ledger")).query))


async def back(user, state, *, code="code", plugin="ledger", error="") -> Any:
    return await in_thread(actions.connected, user, plugin, state=state, code=code, error=error)


async def connect(vendor, actor) -> None:
    vendor.play(GIVEN)
    await back(actor.user, (await sent(actor))["state"])


async def token(workspace) -> str:
    context = await in_thread(capabilities.context, workspace, "ledger")
    return await context.access_token()


def account(workspace) -> Account:
    with scope(workspace=workspace):
        return Account.objects.get(plugin="ledger")


async def end(workspace, **values: Any) -> None:
    """The token is no good any more."""

    def change() -> None:
        with scope(workspace=workspace):
            Account.objects.filter(plugin="ledger").update(expires_at=timezone.now() - timedelta(seconds=1), **values)

    await in_thread(change)


async def test_an_owner_connects_an_account(vendor, owner, workspace) -> None:
    said = await sent(owner)
    assert (said["client_id"], said["scope"], said["prompt"]) == ("app", "contacts leads", "consent")
    assert said["redirect_uri"].endswith("/oauth/ledger")
    vendor.play(GIVEN)
    assert await back(owner.user, said["state"]) == workspace
    [asked] = vendor.requests
    form = {name: value[0] for name, value in parse_qs(asked.body.decode()).items()}
    assert asked.path == "/us/token"
    assert (form["grant_type"], form["code"], form["client_secret"]) == ("authorization_code", "code", "app-secret")
    digest = hashlib.sha256(form["code_verifier"].encode()).digest()
    assert said["code_challenge"] == base64.urlsafe_b64encode(digest).decode().rstrip("=")
    assert said["code_challenge_method"] == "S256"
    assert await token(workspace) == "first"
    with scope(workspace=workspace):
        assert (await in_thread(queries.card, workspace, "ledger")).is_connected
        assert await in_thread(AuditEntry.objects.filter(verb="plugin.connected").count) == 1


async def test_tokens_are_encrypted_at_rest(vendor, owner, workspace) -> None:
    await connect(vendor, owner)

    def stored() -> str:
        with connection.cursor() as cursor:
            cursor.execute("SELECT tokens || waiting FROM plugins_account")
            return cursor.fetchone()[0]

    assert "first" not in await in_thread(stored)


async def test_the_apps_id_may_be_the_operators(vendor, owner, workspace, monkeypatch) -> None:
    with scope(workspace=workspace):
        await in_thread(actions.turn_off, owner, "ledger", forget=True)
        with pytest.raises(Conflict, match="id and secret"):
            await in_thread(actions.connect, owner, "ledger")
        monkeypatch.setenv("LEDGER_CLIENT_ID", "operators")
        monkeypatch.setenv("LEDGER_CLIENT_SECRET", "secret")
        assert "client_id=operators" in await in_thread(actions.connect, owner, "ledger")


async def test_what_was_not_sent_out_is_refused(vendor, owner, workspace) -> None:
    state = (await sent(owner))["state"]
    for wrong in ("", "nonsense", state[:-2], state.replace(":", ":x", 1)):
        with pytest.raises(ConnectionRefused) as refused:
            await back(owner.user, wrong)
        assert refused.value.outcome == "invalid"
    assert vendor.requests == []
    vendor.play(GIVEN)
    assert await back(owner.user, state) == workspace, "what others tried has not used it up"


async def test_somebody_else_cannot_come_back_in_an_owners_place(vendor, owner, stranger) -> None:
    state = (await sent(owner))["state"]
    with pytest.raises(ConnectionRefused) as refused:
        await back(stranger.user, state)
    assert refused.value.outcome == "invalid"
    assert vendor.requests == []


async def test_who_is_no_owner_any_more_is_refused(vendor, owner, workspace) -> None:
    state = (await sent(owner))["state"]
    with scope(workspace=workspace):
        await in_thread(Membership.objects.filter(user=owner.user).update, role=Role.EDITOR)
    with pytest.raises(ConnectionRefused):
        await back(owner.user, state)
    assert vendor.requests == []


async def test_an_editor_cannot_connect(vendor, editor, workspace) -> None:
    with scope(workspace=workspace), pytest.raises(NotAllowed):
        await in_thread(actions.connect, editor, "ledger")


async def test_a_replayed_return_is_refused(vendor, owner, workspace) -> None:
    vendor.play(GIVEN)
    state = (await sent(owner))["state"]
    await back(owner.user, state)
    with pytest.raises(ConnectionRefused) as refused:
        await back(owner.user, state)
    assert refused.value.outcome == "expired"
    assert len(vendor.requests) == 1


async def test_a_second_start_ends_the_first(vendor, owner) -> None:
    first, second = (await sent(owner))["state"], (await sent(owner))["state"]
    with pytest.raises(ConnectionRefused):
        await back(owner.user, first)
    vendor.play(GIVEN)
    await back(owner.user, second)


async def test_after_ten_minutes_it_is_too_late(vendor, owner, monkeypatch) -> None:
    state = (await sent(owner))["state"]
    monkeypatch.setattr(oauth, "STATE_SECONDS", -1)
    with pytest.raises(ConnectionRefused) as refused:
        await back(owner.user, state)
    assert refused.value.outcome == "expired"


async def test_saying_no_at_the_vendor_connects_nothing(vendor, owner, workspace) -> None:
    with pytest.raises(ConnectionRefused) as refused:
        await back(owner.user, (await sent(owner))["state"], code="", error="access_denied")
    assert refused.value.outcome == "denied"
    with pytest.raises(NotConnected):
        await token(workspace)


@pytest.mark.parametrize(
    "answer",
    [
        Reply.of({"error": "invalid_code"}),
        Reply.of({"error": "invalid_grant", "error_description": "gone"}, status=400),
        Reply.of({"hello": "world"}),
        Reply.of(["access_token"]),
        Reply.of({"access_token": {"a": 1}}),
        Reply.of({}, status=503),
        Reply((b"<html>",), 200, {"content-type": "text/html"}),
    ],
)
async def test_a_vendor_that_gives_no_token(vendor, owner, workspace, answer) -> None:
    vendor.play(answer)
    with pytest.raises(ConnectionRefused) as refused:
        await back(owner.user, (await sent(owner))["state"])
    assert refused.value.outcome == "failed"
    assert not (await in_thread(account, workspace)).tokens


async def test_an_old_token_is_renewed_once_for_all_who_ask(vendor, owner, workspace) -> None:
    await connect(vendor, owner)
    await end(workspace)
    vendor.play(RENEWED)
    assert await asyncio.gather(*(token(workspace) for _ in range(4))) == ["second"] * 4
    form = dict(parse_qsl(vendor.requests[-1].body.decode()))
    assert (form["grant_type"], form["refresh_token"]) == ("refresh_token", "again")
    await end(workspace)
    vendor.play(RENEWED)
    assert await token(workspace) == "second", "the refresh token stays where no new one is given"


async def test_a_token_without_an_end_is_used_as_it_is(vendor, owner, workspace) -> None:
    vendor.play(Reply.of({"access_token": "first"}))
    await back(owner.user, (await sent(owner))["state"])
    assert await token(workspace) == "first"


async def test_a_refused_renewal_asks_the_owner_to_connect_again(vendor, owner, workspace) -> None:
    await connect(vendor, owner)
    await end(workspace)
    vendor.play(Reply.of({"error": "invalid_code"}))
    for _ in range(2):
        with pytest.raises(NotConnected):
            await token(workspace)
    assert len(vendor.requests) == 2, "a vendor that said no is not asked again"
    with scope(workspace=workspace):
        card = await in_thread(queries.card, workspace, "ledger")
    assert card.needs_account and "invalid_code" in card.account.problem
    await connect(vendor, owner)
    assert await token(workspace) == "first"


async def test_a_vendor_that_is_away_is_asked_again(vendor, owner, workspace) -> None:
    await connect(vendor, owner)
    await end(workspace)
    vendor.play(Reply.of({}, status=502), RENEWED)
    with pytest.raises(NotConnected):
        await token(workspace)
    assert await token(workspace) == "second"


async def test_giving_up_an_account_tells_the_vendor(vendor, owner, workspace) -> None:
    await connect(vendor, owner)
    vendor.play(Reply.of({"status": "success"}))
    with scope(workspace=workspace):
        assert await in_thread(actions.disconnect, owner, "ledger")
    assert dict(parse_qsl(vendor.requests[-1].body.decode()))["token"] == "again"
    with pytest.raises(NotConnected):
        await token(workspace)


async def test_giving_up_works_when_the_vendor_does_not(vendor, owner, workspace) -> None:
    await connect(vendor, owner)
    vendor.play(Reply.of({}, status=500))
    with scope(workspace=workspace):
        assert not await in_thread(actions.disconnect, owner, "ledger")
        assert not await in_thread(Account.objects.exists)


async def test_turning_off_and_forgetting_gives_the_account_up(vendor, owner, workspace) -> None:
    await connect(vendor, owner)
    vendor.play(Reply.of({}))
    with scope(workspace=workspace):
        await in_thread(actions.turn_off, owner, "ledger", forget=True)
        assert vendor.requests[-1].path == "/revoke"
        assert not await in_thread(Account.objects.exists)


async def test_accounts_of_two_workspaces_are_apart(vendor, owner, workspace, other_workspace) -> None:
    await connect(vendor, owner)
    with pytest.raises(NotConnected):
        await token(other_workspace)
    with unscoped():
        assert await in_thread(Account.objects.count) == 1


def declared(config: type[BaseModel] = Config, **addresses: str) -> Manifest:
    given = {"authorize_url": "https://a.example/auth", "token_url": "https://a.example/token", **addresses}
    return Manifest(
        slug="ledger",
        name="Ledger",
        version="1",
        requires_frontdesk=">=0",
        permissions=Permissions(hosts=("a.example", "eu.example", "us.example")),
        config=config,
        oauth=OAuthApp(label="Ledger", scopes=(), **given),
    )


@pytest.mark.parametrize(
    ("addresses", "said"),
    [
        ({"token_url": "https://b.example/token"}, "not among its hosts"),
        ({"revoke_url": "https://{region}.b.example/"}, "not among its hosts"),
        ({"token_url": "http://a.example/token"}, "https://"),
        ({"authorize_url": "https://{client_id}.example/"}, "must be a Literal"),
        ({"authorize_url": "https://{nothing}.example/"}, "must be a Literal"),
    ],
)
def test_a_manifest_names_safe_addresses_only(addresses, said) -> None:
    with pytest.raises(ValueError, match=said):
        declared(**addresses)


def test_a_choice_may_stand_in_an_address() -> None:
    assert declared(token_url="https://{region}.example/token").oauth
