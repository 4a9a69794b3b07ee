"""The double of a channel's vendor at work: safely, for it is code of a plugin."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

import httpx
from django.db import transaction
from django.utils.translation import gettext as _
from pydantic import BaseModel

from frontdesk.core.scoping import scope
from frontdesk.core.threads import in_thread
from frontdesk.plugins.capabilities import manifest_of
from frontdesk.plugins.errors import PluginFailed
from frontdesk.sdk.errors import NotReachable
from frontdesk.sdk.forms import servers
from frontdesk.sdk.manifest import ANY_HOST, allows
from frontdesk.sdk.rehearsal import Customer, Double, Line, Refused
from frontdesk.sdk.values import Inbound
from frontdesk.sdk.wires import Wires

from ..models import Channel
from .memory import Remembered

if TYPE_CHECKING:
    from ..kinds import Connected

logger = logging.getLogger(__name__)


def double_of(served: Connected) -> Double:
    """Raises PluginFailed for a kind without one, which only an older plugin can be the reason of."""
    if served.kind.double is None:
        raise PluginFailed(_("The plugin %(plugin)s has no rehearsal any more.") % {"plugin": served.plugin})
    return served.kind.double(served.settings, Remembered(served.channel))


@contextmanager
def guarded(served: Connected) -> Iterator[None]:
    """What a double does wrong is the plugin's fault, in a sentence."""
    try:
        yield
    except (Refused, httpx.TransportError, PluginFailed):
        raise
    except Exception as error:
        logger.exception("the rehearsal of plugin %s failed", served.plugin)
        said = f"{type(error).__name__}: {error}"[:200]
        raise PluginFailed(
            _("The plugin %(plugin)s failed in its rehearsal: %(problem)s") % {"plugin": served.plugin, "problem": said}
        ) from error


@contextmanager
def on_stage(served: Connected) -> Iterator[Double]:
    """The double, in a transaction of its own."""
    with scope(workspace=served.channel.workspace), transaction.atomic(), guarded(served):
        yield double_of(served)


class Stage(httpx.AsyncBaseTransport):
    """In place of the network: each request of the plugin is answered by the double, in a transaction of its own."""

    def __init__(self, served: Connected) -> None:
        self.served = served

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        hosts = manifest_of(self.served.plugin).permissions.hosts
        where = f"{request.url.host}:{request.url.port}" if request.url.port else request.url.host
        if ANY_HOST not in hosts and not allows(hosts, where):
            raise httpx.ConnectError(f"The plugin {self.served.plugin} did not ask for {where}.", request=request)
        await request.aread()
        answer, seconds = await in_thread(self._answer, request)
        await _wait(request, seconds)
        if isinstance(answer, httpx.TransportError):
            raise answer
        return answer

    def _answer(self, request: httpx.Request) -> tuple[httpx.Response | httpx.TransportError, float]:
        """The answer, or that there is none, and how long it takes. What the vendor took stays taken though it says nothing."""
        with on_stage(self.served) as double:
            slow = double.memory.faults.slow if double.sends(request) else 0.0
            try:
                return double.web(request), slow
            except httpx.TransportError as broken:
                return broken, slow


async def _wait(request: httpx.Request, seconds: float) -> None:
    """As slow as the vendor is, but no longer than who asks is willing to wait."""
    patience = request.extensions.get("timeout", {}).get("read")
    if patience is not None and seconds >= patience:
        await asyncio.sleep(patience)
        raise httpx.ReadTimeout("The vendor takes too long.", request=request)
    await asyncio.sleep(seconds)


def http_for(served: Connected, *, timeout: float) -> httpx.AsyncClient:
    """`Context.http` in a rehearsal."""
    return httpx.AsyncClient(transport=Stage(served), timeout=timeout, trust_env=False)


class StageSockets(Wires):
    """`Context.sockets` in a rehearsal, to the servers that the plugin asked for and those in the channel's settings."""

    def __init__(self, served: Connected) -> None:
        super().__init__(partial(on_stage, served), in_thread)
        self.served = served

    async def connect(self, host: str, port: int, *, tls: bool, timeout: float) -> socket.socket:
        asked, where = manifest_of(self.served.plugin).permissions, f"{host.lower()}:{port}"
        if where not in asked.hosts and not (asked.servers and where in servers(self.served.settings).values()):
            raise NotReachable(f"The plugin {self.served.plugin} did not ask for {where}.", reason="not_named")
        return await super().connect(host, port, tls=tls, timeout=timeout)


def overhear(channel: Channel, inbound: Inbound) -> None:
    """Put on the phone what came in but was not written there, as from a script that plays the vendor and signs."""
    memory = Remembered(channel)
    known = memory.customer(inbound.sender_id)
    if known is None:
        memory.keep_customer(Customer(inbound.sender_id, inbound.sender_name, wrote_at=memory.now()))
    if not inbound.button and memory.line(inbound.external_id) is None:
        line = Line(inbound.external_id, inbound.sender_id, "customer", inbound.text, memory.now(), "delivered")
        memory.keep_line(line)


def configured(kind: type[Double], model: type[BaseModel]) -> dict[str, object]:
    """An account made up by the double, checked by the channel's own model."""
    values = dict(kind.account())
    model.model_validate(values)
    return values
