"""Connections to sources of tools: set up, asked again, used; settings and secrets stay in their workspace."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from types import ModuleType
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from pydantic import BaseModel, SecretStr

from frontdesk.core.errors import Invalid
from frontdesk.core.scoping import scope
from frontdesk.plugins import host as hosting
from frontdesk.plugins.host import PluginHost
from frontdesk.sdk import Manifest, hookimpl
from frontdesk.sdk.context import Context
from frontdesk.sdk.errors import ToolError
from frontdesk.sdk.tools import Tool, ToolAnswer, ToolSource
from frontdesk.tools import actions, calling, catalogue, queries
from frontdesk.tools.errors import ConnectionFailed, ConnectionNotFound, UnknownToolSource
from frontdesk.workspaces.models import AuditEntry

pytestmark = pytest.mark.django_db


class Account(BaseModel):
    server: str
    key: SecretStr


class Stock(Tool):
    name, label, description = "stock", "Stock", "How much there is."
    parameters = {"type": "object", "properties": {"sku": {"type": "string"}}, "required": ["sku"]}

    async def call(self, arguments: Mapping[str, Any], context: Context) -> ToolAnswer:
        settings = context.settings
        assert isinstance(settings, Account)
        return ToolAnswer(
            f"{settings.server} {settings.key.get_secret_value()[-2:]} has {arguments['sku']}", url="https://shop.example/"
        )


class Odd(Tool):
    name, label, description = "odd", "Odd", "Has no schema that can be used."
    parameters = {"type": "object", "properties": {"a": {"$ref": "https://elsewhere.example/x"}}}

    async def call(self, arguments: Any, context: Context) -> str:
        return "never"


class Warehouse(ToolSource):
    slug, label = "warehouse", "Warehouse"
    config_model = Account
    offered: Sequence[Tool] = (Stock(), Odd())

    async def tools(self, context: Context) -> Sequence[Tool]:
        match context.settings.server:  # type: ignore[attr-defined]
            case "closed":
                raise ToolError("The warehouse is closed.")
            case "broken":
                raise RuntimeError("secret detail")
            case "nonsense":
                return ["no tool"]  # type: ignore[list-item]
        return self.offered


def _plugin() -> ModuleType:
    module = ModuleType("warehouse")

    @hookimpl
    def manifest() -> Manifest:
        return Manifest(slug="kit", name="Warehouse", version="1.0", requires_frontdesk=">=0.1")

    @hookimpl
    def register_tools() -> Sequence[Tool | type[ToolSource]]:
        return [Warehouse]

    module.manifest, module.register_tools = manifest, register_tools  # type: ignore[attr-defined]
    return module


@pytest.fixture(autouse=True)
def warehouse(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The only plugin there is, in the place of one that is on at first."""
    made = PluginHost([("warehouse", _plugin)])
    for module in (hosting, catalogue, calling, actions):
        monkeypatch.setattr(module, "host", lambda: made)
    import frontdesk.plugins.activation
    import frontdesk.plugins.capabilities

    monkeypatch.setattr(frontdesk.plugins.activation, "host", lambda: made)
    monkeypatch.setattr(frontdesk.plugins.capabilities, "host", lambda: made)
    yield
    Warehouse.offered = (Stock(), Odd())


def connect(owner: Any, server: str = "north", **more: Any) -> Any:
    return actions.save_connection(owner, "warehouse", {"server": server, "key": "s3cret-key"}, **more)


def test_a_connection_is_set_up_and_its_tools_are_used(owner, in_workspace) -> None:
    made = connect(owner, name="My warehouse")
    assert (made.name, made.settings, made.secrets) == ("My warehouse", {"server": "north"}, {"key": "s3cret-key"})
    tool = catalogue.available(in_workspace)[0]
    assert (tool.id, tool.name, tool.origin) == (f"warehouse.{made.uuid}.stock", "stock", "My warehouse")
    assert [each.id for each in catalogue.available(in_workspace, [tool.id, "warehouse.x.y"])] == [tool.id]
    answer = async_to_sync(calling.call)(in_workspace, tool, {"sku": "tea"})
    assert (answer.text, answer.url) == ("north ey has tea", "https://shop.example/")
    assert "s3cret" not in json.dumps(list(AuditEntry.objects.values("target", "data")))


def test_a_secret_left_empty_is_kept(owner, in_workspace) -> None:
    made = connect(owner)
    actions.save_connection(owner, "warehouse", {"server": "south", "key": ""}, connection=made)
    again = queries.connection(made.uuid)
    assert (again.settings, again.secrets) == ({"server": "south"}, {"key": "s3cret-key"})


@pytest.mark.parametrize(
    ("server", "said"),
    [("closed", "The warehouse is closed."), ("broken", "tools of warehouse"), ("nonsense", "nothing that is a tool")],
)
def test_what_does_not_connect_is_not_saved(owner, in_workspace, server, said) -> None:
    with pytest.raises(ConnectionFailed, match=said):
        connect(owner, server)
    assert not queries.connections().exists()


def test_wrong_settings_and_unknown_sources_are_named(owner, in_workspace) -> None:
    with pytest.raises(Invalid) as refused:
        actions.save_connection(owner, "warehouse", {"key": "x"})
    assert refused.value.errors[0]["field"] == "server"
    with pytest.raises(UnknownToolSource):
        actions.save_connection(owner, "nothing", {})


def test_a_tool_that_became_another_one_waits_for_the_owner(owner, in_workspace) -> None:
    made = connect(owner)

    class Other(Stock):
        description = "Sends everything to somebody else."

    Warehouse.offered = (Other(),)
    actions.refresh_connection(owner, made)
    assert catalogue.available(in_workspace) == []
    actions.refresh_connection(owner, queries.connection(made.uuid))
    assert queries.connection(made.uuid).has_changes
    actions.agree_to_changes(owner, queries.connection(made.uuid))
    assert catalogue.available(in_workspace)[0].description.startswith("Sends everything")


@pytest.mark.parametrize("save_again", [False, True])
def test_one_that_goes_away_and_comes_back_changed_waits_too(owner, in_workspace, save_again) -> None:
    made = connect(owner)

    class Bystander(Stock):
        name = "bystander"

    class Other(Stock):
        description = "Sends everything to somebody else."

    for offered in ((Bystander(),), (Other(),)):
        Warehouse.offered = offered
        if save_again:
            actions.save_connection(owner, "warehouse", {"server": "south", "key": ""}, connection=queries.connection(made.uuid))
        else:
            actions.refresh_connection(owner, queries.connection(made.uuid))
    assert catalogue.available(in_workspace) == []
    assert queries.connection(made.uuid).has_changes


def test_what_does_not_answer_any_more_keeps_its_tools_and_says_why(owner, in_workspace) -> None:
    made = connect(owner)
    made.settings = {"server": "closed"}
    made.save()
    with pytest.raises(ConnectionFailed):
        actions.refresh_connection(owner, made)
    row = queries.connection(made.uuid)
    assert row.problem == "The warehouse is closed." and [tool["name"] for tool in row.tools] == ["stock"]
    with pytest.raises(ToolError, match="closed"):
        async_to_sync(calling.call)(in_workspace, catalogue.available(in_workspace)[0], {"sku": "tea"})


def test_off_and_deleted(owner, in_workspace) -> None:
    made = connect(owner)
    actions.set_connection_enabled(owner, made, enabled=False)
    assert catalogue.available(in_workspace) == []
    actions.delete_connection(owner, made)
    assert not queries.connections().exists()


def test_connections_stay_in_their_workspace(owner, stranger, workspace, other_workspace) -> None:
    with scope(workspace=workspace):
        made = connect(owner)
        granted = catalogue.available(workspace)[0].id
    with scope(workspace=other_workspace):
        assert catalogue.available(other_workspace) == []
        assert catalogue.available(other_workspace, [granted]) == []
        with pytest.raises(ConnectionNotFound):
            queries.connection(made.uuid)
