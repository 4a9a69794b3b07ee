"""Is it on here? What owners decide holds for their own workspace, and an update that asks for more waits for them."""

from __future__ import annotations

import pytest
from pydantic import BaseModel, Field, SecretStr

from frontdesk.core.errors import Invalid, NotAllowed
from frontdesk.core.scoping import scope
from frontdesk.plugins import actions, activation, queries
from frontdesk.plugins.activation import State
from frontdesk.plugins.errors import ConsentOutdated, UnknownPlugin
from frontdesk.plugins.models import Activation, StoredValue
from frontdesk.sdk.context import Context
from frontdesk.sdk.errors import ToolError
from frontdesk.sdk.manifest import Permissions
from frontdesk.workspaces.models import AuditEntry
from tests.ground.plugins import module

pytestmark = pytest.mark.django_db(transaction=True)
ASKS = Permissions(hosts=("api.weather.example",), data=("conversations",))


class Config(BaseModel):
    city: str = Field("Beirut", max_length=40)
    key: SecretStr

    async def check(self, context: Context) -> str:
        if self.key.get_secret_value() != "right":
            raise ToolError("The key was refused. Copy it again.")
        return f"It works for {self.city}."


@pytest.fixture
def weather(install, workspace) -> None:
    install(module("weather", permissions=ASKS))
    with scope(workspace=workspace):
        yield


def state(workspace, slug="weather") -> str:
    return queries.card(workspace, slug).state


def test_a_new_plugin_is_off_until_an_owner_agrees(weather, owner, workspace, other_workspace) -> None:
    assert state(workspace) is State.OFF
    assert not activation.is_on(workspace, "weather")
    actions.turn_on(owner, "weather", agreed=ASKS)
    assert activation.is_on(workspace, "weather")
    assert not activation.is_on(other_workspace, "weather")
    assert AuditEntry.objects.filter(verb="plugin.turned_on").get().data["agreed"]["hosts"] == ["api.weather.example"]
    actions.turn_off(owner, "weather")
    assert not activation.is_on(workspace, "weather")


def test_bundled_ones_are_on_from_the_start_and_can_be_turned_off(weather, owner, workspace, other_workspace) -> None:
    assert activation.is_on(workspace, "offline")
    actions.turn_off(owner, "offline")
    assert not activation.is_on(workspace, "offline")
    assert activation.is_on(other_workspace, "offline")


def test_setting_one_up_that_is_on_from_the_start_leaves_it_on(weather, owner, workspace) -> None:
    actions.configure(owner, "offline", {})
    assert activation.is_on(workspace, "offline")


def test_only_an_owner_decides(weather, editor) -> None:
    for act in (
        lambda: actions.turn_on(editor, "weather", agreed=ASKS),
        lambda: actions.turn_off(editor, "weather"),
        lambda: actions.configure(editor, "weather", {}),
        lambda: actions.test_setup(editor, "weather", {}),
        lambda: actions.forget_incidents(editor, "weather"),
    ):
        with pytest.raises(NotAllowed):
            act()
    assert not Activation.objects.exists()


def test_an_update_that_asks_for_more_waits_for_an_owner(weather, install, owner, workspace) -> None:
    actions.turn_on(owner, "weather", agreed=ASKS)
    more = Permissions(hosts=(*ASKS.hosts, "tracker.example"), data=(*ASKS.data, "contacts"), storage=5)
    install(module("weather", permissions=more, version="2.0"))
    assert state(workspace) is State.PAUSED
    assert not activation.is_on(workspace, "weather")
    asks = queries.card(workspace, "weather").asks
    assert (asks.hosts, asks.data, asks.storage) == (("tracker.example",), ("contacts",), 5)
    with pytest.raises(ConsentOutdated):
        actions.turn_on(owner, "weather", agreed=ASKS)
    actions.turn_on(owner, "weather", agreed=more)
    assert activation.is_on(workspace, "weather")


def test_an_update_that_asks_for_less_goes_on(weather, install, owner, workspace) -> None:
    actions.turn_on(owner, "weather", agreed=ASKS)
    install(module("weather", version="2.0"))
    assert activation.is_on(workspace, "weather")


def test_a_plugin_that_is_gone_is_not_on(weather, install, owner, workspace) -> None:
    actions.turn_on(owner, "weather", agreed=ASKS)
    install()
    assert "weather" not in activation.active(workspace)
    with pytest.raises(UnknownPlugin):
        actions.turn_on(owner, "weather", agreed=ASKS)
    actions.turn_off(owner, "weather")


def test_settings_are_checked_and_secrets_stay_inside(install, owner, workspace) -> None:
    install(module("weather", config=Config))
    with scope(workspace=workspace):
        actions.turn_on(owner, "weather", agreed=Permissions())
        assert state(workspace) is State.INCOMPLETE
        with pytest.raises(Invalid) as wrong:
            actions.configure(owner, "weather", {"city": "x" * 41, "key": ""})
        assert {entry["field"] for entry in wrong.value.errors} == {"city", "key"}
        actions.configure(owner, "weather", {"city": "Tyre", "key": "s3cret"})
        assert state(workspace) is State.ON
        actions.configure(owner, "weather", {"city": "Sidon", "key": ""})
        row = Activation.objects.get(plugin="weather")
        assert (row.settings, row.secrets) == ({"city": "Sidon"}, {"key": "s3cret"})
        assert "s3cret" not in str(list(AuditEntry.objects.values_list("data", flat=True)))


class Server(BaseModel):
    url: str = "https://api.weather.example/v1"
    city: str = ""
    key: SecretStr = SecretStr("")


def test_a_secret_is_not_taken_along_to_another_server(install, owner, workspace) -> None:
    install(module("weather", config=Server))
    with scope(workspace=workspace):
        actions.configure(owner, "weather", {"key": "s3cret"})
        actions.configure(owner, "weather", {"url": "https://api.weather.example/v2", "city": "Tyre", "key": ""})
        for url in ("https://evil.example/v1", "http://api.weather.example/v1", "https://api.weather.example:8443/v1"):
            for act in (actions.configure, actions.test_setup):
                with pytest.raises(Invalid) as refused:
                    act(owner, "weather", {"url": url, "key": ""})
                assert [entry["field"] for entry in refused.value.errors] == ["key"]
        actions.configure(owner, "weather", {"url": "https://evil.example/v1", "key": "another"})
        assert Activation.objects.get(plugin="weather").secrets == {"key": "another"}


def test_a_setup_is_tried_before_it_is_saved(install, owner, workspace) -> None:
    install(module("weather", config=Config))
    with scope(workspace=workspace):
        with pytest.raises(Invalid, match="Copy it again"):
            actions.test_setup(owner, "weather", {"key": "wrong"})
        assert actions.test_setup(owner, "weather", {"city": "Tyre", "key": "right"}) == "It works for Tyre."
        assert not Activation.objects.exists()


@pytest.mark.parametrize(
    ("uninstall", "forget", "left"), [("keep", None, 1), ("forget", None, 0), ("keep", True, 0), ("forget", False, 1)]
)
def test_what_stays_when_it_is_turned_off(install, owner, workspace, uninstall, forget, left) -> None:
    install(module("weather", config=Config, uninstall=uninstall))
    with scope(workspace=workspace):
        actions.configure(owner, "weather", {"key": "s3cret"})
        StoredValue.objects.create(workspace=workspace, plugin="weather", key="seen", value=1, size=1)
        actions.turn_off(owner, "weather", forget=forget)
        assert StoredValue.objects.count() == left
        assert bool(Activation.objects.get(plugin="weather").secrets) == bool(left)


def test_the_gallery_is_three_queries_and_searched_by_words(weather, workspace, django_assert_num_queries) -> None:
    queries.gallery(workspace)
    with django_assert_num_queries(3):
        cards = queries.gallery(workspace)
    assert {"weather", "offline", "openai"} <= {card.manifest.slug for card in cards}
    assert [card.manifest.slug for card in queries.gallery(workspace, search="WEATH")] == ["weather"]
