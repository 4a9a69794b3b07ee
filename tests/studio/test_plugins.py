"""The gallery, the consent, the set-up, what depends on a plugin, and the way to a vendor's account and back."""

from __future__ import annotations

import html
import re
from collections.abc import AsyncIterator, Callable
from typing import Any, Literal
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.test import Client
from django.urls import reverse
from pydantic import BaseModel, Field, SecretStr

from frontdesk.agents import actions as agents
from frontdesk.core.scoping import scope
from frontdesk.core.threads import in_thread
from frontdesk.plugins import activation, incidents
from frontdesk.plugins.models import Account, Activation
from frontdesk.providers import actions as providers
from frontdesk.sdk.context import Context
from frontdesk.sdk.errors import ToolError
from frontdesk.sdk.manifest import Permissions
from frontdesk.sdk.oauth import OAuthApp
from frontdesk.sdk.testing.vendor_server import Reply, VendorServer
from frontdesk.sdk.tools import Tool
from tests.ground.plugins import Entry, module

from .conftest import HTMX, signed_in
from .forms import filled
from .test_knowledge import text_of

pytestmark = pytest.mark.django_db(transaction=True)
ASKS = Permissions(hosts=("api.weather.example",), data=("contacts",), secrets=("key",), storage=3)
OWNERS_ONLY = ["plugin_turn_on", "plugin_turn_off", "plugin_test", "plugin_connect", "plugin_change"]


class Config(BaseModel):
    city: str = Field("Beirut", title="City", max_length=40)
    key: SecretStr = Field(title="API key")

    async def check(self, context: Context) -> str:
        if self.key.get_secret_value() != "right":
            raise ToolError("The key was refused. Copy it again.")
        return f"It works for {self.city}."


class Forecast(Tool):
    name = "forecast"
    label = "Forecast"
    description = "What the weather will be."
    parameters = {"type": "object", "properties": {}}

    async def call(self, arguments: Any, context: Context) -> str:
        return "Sun."


@pytest.fixture
def weather(install) -> Callable[..., None]:
    def put(*, permissions: Permissions = ASKS, **given: Any) -> None:
        hooks = {"register_tools": lambda: [Forecast()]}
        description = "Tells agents what the weather will be."
        install(module("weather", permissions=permissions, config=Config, hooks=hooks, description=description, **given))

    put()
    return put


def at(name: str, slug: str = "weather") -> str:
    return reverse(f"studio:{name}", args=[slug] if name != "plugins" else [])


def consent(studio: Client) -> str:
    """What the page of the consent sends along."""
    return re.search(r'name="agreed" value="([^"]+)"', studio.get(at("plugin_turn_on")).content.decode()).group(1)


def turn_on(studio: Client) -> Any:
    return studio.post(at("plugin_turn_on"), {"agreed": consent(studio)})


# --- the gallery ----------------------------------------------------------------------------------------------------


def test_the_gallery_says_what_each_asks_for(weather, studio) -> None:
    said = text_of(studio.get(at("plugins")))
    assert "Tells agents what the weather will be." in said
    assert "Send and get data at api.weather.example" in said
    assert "Read who your customers are" in said
    assert "Keep a secret that you give it: API key" in said
    assert "Keep up to 3 MB" in said


def test_the_gallery_is_searched_as_one_types(weather, studio) -> None:
    found = text_of(studio.get(at("plugins"), {"words": "forecast"}, headers=HTMX))
    assert "Weather" in found and "OpenAI" not in found and "<html" not in found
    assert "Nothing is called “telepathy”" in text_of(studio.get(at("plugins"), {"words": "telepathy"}))


def test_it_is_in_the_sidebar_and_the_palette(studio) -> None:
    assert f'href="{at("plugins")}"' in studio.get("/studio/").content.decode()
    assert at("plugins") in studio.get("/studio/search/", {"s": "plug"}).content.decode()


def test_a_broken_plugin_is_shown_and_the_others_work(weather, install, studio) -> None:
    def broken() -> Any:
        raise ImportError("No module named 'telepathy'")

    install(module("weather"), Entry("mindreader", broken))
    said = text_of(studio.get(at("plugins")))
    assert "mindreader could not be started: No module named" in said and "Everything else works" in said
    assert "Weather" in said


def test_what_still_works_of_one_that_broke_in_part_is_said(install, studio) -> None:
    def no_tools() -> Any:
        raise RuntimeError("the list is empty")

    install(module("weather", hooks={"register_tools": no_tools}))
    said = text_of(studio.get(at("plugin")))
    assert "A part of it could not be started: register_tools: the list is empty" in said
    assert "Had problems" in text_of(studio.get(at("plugins")))


def test_an_unknown_plugin_is_not_found(studio) -> None:
    for name in ["plugin", *OWNERS_ONLY]:
        response = studio.get(at(name, "nobody"))
        assert (response if response.status_code != 303 else studio.post(at(name, "nobody"))).status_code == 404


@pytest.mark.parametrize("role", ["viewer", "teammate", "editor"])
def test_others_look_and_change_nothing(weather, member, role, workspace) -> None:
    client = member(role)
    page = client.get(at("plugin"))
    assert page.status_code == 200 and "Only an owner" in text_of(page)
    assert client.post(at("plugin"), {"own-key": "x"}).status_code == 403
    for name in OWNERS_ONLY:
        assert client.post(at(name)).status_code == 403
    with scope(workspace=workspace):
        assert not Activation.objects.exists()


# --- on and off -----------------------------------------------------------------------------------------------------


def test_turning_on_agrees_to_what_was_shown(weather, studio, workspace) -> None:
    shown = studio.get(at("plugin_turn_on"))
    assert "Send and get data at api.weather.example" in text_of(shown)
    assert turn_on(studio).url == at("plugin")
    with scope(workspace=workspace):
        assert Permissions.of(Activation.objects.get().agreed) == ASKS
    assert "Needs set-up" in text_of(studio.get(at("plugin")))


def test_an_update_between_looking_and_agreeing_is_shown_first(weather, studio, workspace) -> None:
    old = consent(studio)
    weather(permissions=Permissions(hosts=(*ASKS.hosts, "tracker.example"), data=ASKS.data, secrets=ASKS.secrets, storage=3))
    answer = studio.post(at("plugin_turn_on"), {"agreed": old})
    assert answer.status_code == 409
    assert "asks for something else than what you saw" in text_of(answer) and "tracker.example" in text_of(answer)
    with scope(workspace=workspace):
        assert not Activation.objects.filter(enabled=True).exists()


def test_an_agreement_is_to_one_plugin(weather, studio, workspace) -> None:
    assert studio.post(at("plugin_turn_on", "notify"), {"agreed": consent(studio)}).status_code == 400


@pytest.mark.parametrize("agreed", ["", "nonsense", '{"hosts": ["*"]}'])
def test_an_odd_agreement_changes_nothing(weather, studio, workspace, agreed) -> None:
    assert studio.post(at("plugin_turn_on"), {"agreed": agreed}).status_code == 400
    assert not activation.is_on(workspace, "weather")


def test_one_that_asks_for_more_says_what_is_new(weather, studio) -> None:
    turn_on(studio)
    weather(permissions=Permissions(hosts=(*ASKS.hosts, "tracker.example"), data=ASKS.data, secrets=ASKS.secrets, storage=3))
    assert "Asks for more" in text_of(studio.get(at("plugins")))
    assert "It waits for you" in text_of(studio.get(at("plugin")))
    said = text_of(studio.get(at("plugin_turn_on")))
    new, _all = said.split("All that it asks for")
    assert "tracker.example" in new and "api.weather.example" not in new
    turn_on(studio)
    assert "It waits for you" not in text_of(studio.get(at("plugin")))


def test_what_depends_on_it_is_said_before_it_is_off(weather, studio, owner, agent) -> None:
    turn_on(studio)
    assert "Nothing here depends on it" in text_of(studio.get(at("plugin_turn_off")))
    with scope(workspace=owner.workspace):
        content = agents.latest_content(agent).model_copy(update={"tools": ["weather.forecast"]})
        agents.save_for_later(owner, agent, content)
    assert "Mila Agent: goes on without its tools" in text_of(studio.get(at("plugin_turn_off")))
    assert studio.post(at("plugin_turn_off"), {"data": "keep"}).url == at("plugin")
    assert not activation.is_on(owner.workspace, "weather")


def test_accounts_and_agents_of_a_provider_depend_on_it(studio, owner, agent) -> None:
    with scope(workspace=owner.workspace):
        providers.save_account(owner, "openai", {"api_key": "sk"}, name="Our account")
        content = agents.latest_content(agent)
        choice = content.choice.model_copy(update={"provider": "openai"})
        agents.save_for_later(owner, agent, content.model_copy(update={"choice": choice}))
    said = text_of(studio.get(at("plugin_turn_off", "openai")))
    assert "Our account" in said and "Mila Agent: answers with your next AI provider" in said


def test_cards_and_quoting_depend_on_theirs(studio) -> None:
    assert "Solved by the AI Card on Home" in text_of(studio.get(at("plugin_turn_off", "cards")))
    assert "Quoting, without an AI" in text_of(studio.get(at("plugin_turn_off", "offline")))


@pytest.mark.parametrize(("data", "left"), [("keep", True), ("forget", False)])
def test_its_data_is_kept_or_forgotten(weather, studio, workspace, data, left) -> None:
    studio.post(at("plugin"), {"own-city": "Tyre", "own-key": "right"})
    studio.post(at("plugin_turn_off"), {"data": data})
    with scope(workspace=workspace):
        assert bool(Activation.objects.get().secrets) == left


# --- set-up ---------------------------------------------------------------------------------------------------------


def test_it_is_set_up_and_its_secret_never_comes_back(weather, studio, workspace) -> None:
    turn_on(studio)
    assert studio.post(at("plugin"), {"own-city": "Tyre", "own-key": "s3cret"}).url == at("plugin")
    assert activation.is_on(workspace, "weather")
    page = studio.get(at("plugin")).content.decode()
    assert "s3cret" not in page and 'value="Tyre"' in page
    studio.post(at("plugin"), filled(studio.get(at("plugin")), "set-up", **{"own-city": "Sidon"}))
    with scope(workspace=workspace):
        row = Activation.objects.get()
        assert (row.settings, row.secrets) == ({"city": "Sidon"}, {"key": "s3cret"})


def test_a_wrong_value_is_said_beside_its_field(weather, studio, workspace) -> None:
    page = studio.post(at("plugin"), {"own-city": "x" * 41, "own-key": ""})
    assert page.status_code == 422
    assert set(page.context["form"].errors) == {"city", "key"}
    with scope(workspace=workspace):
        assert not Activation.objects.exists()


def test_the_connection_is_tested_before_anything_is_saved(weather, studio, workspace) -> None:
    def tried(**values: str) -> str:
        return text_of(studio.post(at("plugin_test"), {f"own-{name}": value for name, value in values.items()}, headers=HTMX))

    assert "The key was refused. Copy it again." in tried(city="Tyre", key="wrong")
    assert "It works for Tyre." in tried(city="Tyre", key="right")
    assert "API key: This field is required." in tried(city="Tyre", key="")
    with scope(workspace=workspace):
        assert not Activation.objects.exists()


def test_what_went_wrong_is_shown_and_tried_again(weather, studio, workspace) -> None:
    incidents.note(workspace.uuid, "weather", "tool forecast", "The plugin weather failed (tool forecast): it is cloudy")
    incidents.written()
    assert "Had problems" in text_of(studio.get(at("plugins")))
    assert "it is cloudy" in text_of(studio.get(at("plugin")))
    studio.post(at("plugin_change"), {"do": "again"})
    assert "it is cloudy" not in text_of(studio.get(at("plugin")))
    assert studio.post(at("plugin_change"), {"do": "nonsense"}).status_code == 400


def test_nothing_of_one_workspace_is_seen_in_another(weather, studio, charlie, other_workspace, workspace) -> None:
    turn_on(studio)
    studio.post(at("plugin"), {"own-city": "Tyre", "own-key": "right"})
    incidents.note(workspace.uuid, "weather", "tool forecast", "it is cloudy")
    incidents.written()
    garage = signed_in(charlie)
    page = garage.get(at("plugin"))
    assert "Tyre" not in page.content.decode() and "cloudy" not in text_of(page)
    assert page.context["card"].state is activation.State.OFF
    garage.post(at("plugin_turn_off"), {"data": "forget"})
    assert activation.is_on(workspace, "weather")


def test_pages_take_few_queries(weather, studio, agent, django_assert_max_num_queries) -> None:
    turn_on(studio)
    for name in ("plugins", "plugin", "plugin_turn_on", "plugin_turn_off"):
        studio.get(at(name))
        with django_assert_max_num_queries(15):
            assert studio.get(at(name)).status_code == 200


# --- accounts at a vendor -------------------------------------------------------------------------------------------


class LedgerConfig(BaseModel):
    region: Literal["eu", "us"] = Field("eu", title="Region")
    client_id: str = Field("", title="Client id")
    client_secret: SecretStr = Field(SecretStr(""), title="Client secret")


@pytest.fixture
async def vendor(install, settings) -> AsyncIterator[VendorServer]:
    async with VendorServer() as server:
        host = server.url.removeprefix("http://")
        settings.PROVIDER_ALLOWED_HOSTS = [host]
        app = OAuthApp(
            "Ledger", "https://ledger.example/{region}/auth", f"{server.url}/token", ("all",), revoke_url=f"{server.url}/revoke"
        )
        install(module("ledger", permissions=Permissions(hosts=(host,)), config=LedgerConfig, oauth=app))
        yield server


APP = {"own-region": "us", "own-client_id": "id", "own-client_secret": "secret"}


async def sent(studio: Client) -> dict[str, str]:
    page = await in_thread(studio.post, at("plugin_connect", "ledger"), APP)
    address = html.unescape(re.search(r'href="(https://ledger\.example/us/auth\?[^"]+)"', page.content.decode()).group(1))
    return dict(parse_qsl(urlsplit(address).query))


async def back(browser: Client, **given: str) -> str:
    """Where the browser is sent to."""
    return (await in_thread(browser.get, "/oauth/ledger", given)).url


async def test_an_account_is_connected_and_given_up(vendor, studio, workspace) -> None:
    vendor.play(Reply.of({"access_token": "t", "refresh_token": "r", "expires_in": 3600}), Reply.of({}))
    state = (await sent(studio))["state"]
    assert await back(studio, state=state, code="c", location="us") == f"{at('plugin', 'ledger')}?connection=connected"
    page = await in_thread(studio.get, at("plugin", "ledger"))
    assert "The account is connected." in text_of(page) and "Disconnect" in text_of(page)
    assert await back(studio, state=state, code="c") == f"{at('plugin', 'ledger')}?connection=expired"
    await in_thread(studio.post, at("plugin_change", "ledger"), {"do": "disconnect"})
    with scope(workspace=workspace):
        assert not await in_thread(Account.objects.exists)


async def test_saying_no_and_nonsense_lead_back_with_a_sentence(vendor, studio) -> None:
    state = (await sent(studio))["state"]
    assert (await back(studio, state=state, error="access_denied")).endswith("?connection=denied")
    assert "You did not agree" in text_of(await in_thread(studio.get, at("plugin", "ledger")))
    assert (await back(studio, state="nonsense", code="c")).endswith("?connection=invalid")
    assert (await back(studio)).endswith("?connection=invalid")


async def test_another_persons_browser_cannot_finish(vendor, studio, charlie, other_workspace) -> None:
    state = (await sent(studio))["state"]
    assert (await back(await in_thread(signed_in, charlie), state=state, code="c")).endswith("?connection=invalid")
    assert vendor.requests == []


async def test_nobody_comes_back_to_the_door_and_then_goes_on(vendor, studio) -> None:
    state = (await sent(studio))["state"]
    door = await back(Client(), state=state, code="c")
    assert door.startswith("/studio/sign-in/?next=/oauth/ledger")


async def test_connecting_without_an_app_says_what_is_missing(vendor, studio) -> None:
    page = await in_thread(studio.post, at("plugin_connect", "ledger"), {"own-region": "us"})
    assert page.status_code == 422 and "id and secret" in text_of(page)


def test_a_return_for_a_plugin_that_is_not_installed(studio) -> None:
    assert studio.get("/oauth/nobody", {"state": "x", "code": "c"}).status_code == 404
