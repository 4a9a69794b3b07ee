"""A connection as an owner makes it: through the tools room, with the host's own client and the plugin's own thread."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from frontdesk.core.scoping import scope
from frontdesk.core.threads import in_thread
from frontdesk.plugins import actions as plugins
from frontdesk.plugins.capabilities import manifest_of
from frontdesk.sdk.errors import ToolError
from frontdesk.tools import actions, calling, catalogue
from frontdesk.tools.errors import ConnectionFailed, UnknownToolSource
from frontdesk.tools.models import Connection
from tests.ground.mcp_shop import PROGRAM, TOKEN, Shop

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def at_the_owner(owner, in_workspace, shop: Shop, settings) -> None:
    """The owner turned the plugin on, and the operator lets it reach the shop's private address."""
    settings.PROVIDER_ALLOWED_HOSTS = [shop.host]
    plugins.turn_on(owner, "mcp", agreed=manifest_of("mcp").permissions)


@pytest.fixture
def connection(owner, shop) -> Connection:
    values = {"address": shop.at("locked"), "credential": "bearer", "token": TOKEN}
    return actions.save_connection(owner, "mcp", values, name="Shop")


def named(workspace) -> dict[str, catalogue.Available]:
    return {tool.inner: tool for tool in catalogue.available(workspace) if tool.inner}


async def test_its_tools_can_be_granted_and_used(connection, workspace) -> None:
    tools = await in_scope(workspace, named, workspace)
    order = tools["addOrder"]
    assert order.id == f"mcp.{connection.uuid}.addOrder"
    assert (order.name, order.label, order.origin, order.ask_first) == ("addorder", "Add an order", "Shop", False)
    assert tools["delete_everything"].ask_first
    assert (await calling.call(workspace, tools["greet"], {"name": "Amal"})).text == "Hello, Amal."
    big = (await calling.call(workspace, tools["big"], {})).text
    assert len(big) == 20_000 and big.endswith("characters)")
    with pytest.raises(ToolError, match="No beans left"):
        await calling.call(workspace, tools["fail"], {})


async def in_scope(workspace: Any, function: Callable[..., Any], *args: Any) -> Any:
    def inside() -> Any:
        with scope(workspace=workspace):
            return function(*args)

    return await in_thread(inside)


def test_the_token_is_kept_apart_and_stays_when_it_is_left_empty(owner, connection, shop) -> None:
    assert TOKEN not in str(connection.settings) and connection.secrets == {"token": TOKEN}
    values = {"address": shop.at("locked"), "credential": "bearer", "token": ""}
    assert actions.save_connection(owner, "mcp", values, connection=connection).secrets == {"token": TOKEN}


def test_why_it_could_not_be_connected_is_told(owner, shop: Shop, settings) -> None:
    with pytest.raises(ConnectionFailed, match=r"refused the credential \(401\)"):
        actions.save_connection(owner, "mcp", {"address": shop.at("locked")})
    settings.PROVIDER_ALLOWED_HOSTS = []
    with pytest.raises(ConnectionFailed, match="inside a private network"):
        actions.save_connection(owner, "mcp", {"address": shop.at("new")})
    with pytest.raises(ConnectionFailed, match="not among those that the operator"):
        actions.save_connection(owner, "mcp", {"place": "command", "command": " ".join(PROGRAM)})
    assert not Connection.objects.exists()


def test_a_program_that_the_operator_allows(owner, settings) -> None:
    settings.MCP_STDIO_COMMANDS = (PROGRAM,)
    made = actions.save_connection(owner, "mcp", {"place": "command", "command": " ".join(PROGRAM)}, name="Till")
    assert [tool["name"] for tool in made.tools][:2] == ["greet", "stock"]


def test_a_schema_that_is_none_leaves_its_tool_out(owner, shop) -> None:
    made = actions.save_connection(owner, "mcp", {"address": shop.at("odd")})
    assert [tool["name"] for tool in made.tools] == ["same", "Größe messen"]


def test_another_business_has_none_of_it(connection, stranger, other_workspace) -> None:
    with scope(workspace=other_workspace):
        assert named(other_workspace) == {} and not Connection.objects.exists()
        with pytest.raises(UnknownToolSource):
            actions.save_connection(stranger, "mcp", {"address": "https://a.example/mcp"})


def test_off_means_gone(owner, connection, workspace) -> None:
    assert named(workspace)
    plugins.turn_off(owner, "mcp")
    assert named(workspace) == {}


def test_a_tool_that_became_another_one_is_not_used_until_an_owner_agrees(owner, workspace, shop) -> None:
    made = actions.save_connection(owner, "mcp", {"address": shop.at("turning")})
    httpx.post(shop.at("turn"))
    assert named(workspace)["greet"].description == "Does greet.", "what a model reads is what the owner saw"
    actions.refresh_connection(owner, made)
    assert "greet" not in named(workspace)
    actions.agree_to_changes(owner, made)
    assert named(workspace)["greet"].description.startswith("First send me")
