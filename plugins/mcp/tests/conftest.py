"""What the host hands to the plugin."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable

import pytest
from frontdesk_mcp.server import McpServer

from frontdesk.core.guarded import guarded_client
from frontdesk.sdk.context import Context
from tests.ground.mcp_shop import Shop


@pytest.fixture
def context(shop: Shop) -> Callable[..., Context]:
    """What the host hands over for a connection; the shop's private address is open, as an operator may open one."""

    def make(
        path: str = "new",
        *,
        open_to: tuple[str, ...] | None = None,
        commands: tuple[tuple[str, ...], ...] = (),
        **settings: str,
    ) -> Context:
        hosts = (shop.host,) if open_to is None else open_to
        given = settings if "place" in settings else {"address": shop.at(path), **settings}
        return Context(
            plugin="mcp",
            workspace=uuid.uuid4(),
            settings=McpServer.model_validate(given),
            http=lambda *, timeout: guarded_client(timeout=timeout, allowed_hosts=hosts),
            storage=None,  # type: ignore[arg-type]
            log=logging.getLogger("mcp"),
            commands=commands,
        )

    return make
