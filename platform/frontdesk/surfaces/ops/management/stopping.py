"""How the web process ends: requests in hand are finished, sockets and streams are cut, and then it is gone."""

from __future__ import annotations

import asyncio
import faulthandler
import logging
from typing import Any

from daphne.http_protocol import WebRequest
from daphne.server import Server
from daphne.ws_protocol import WebSocketProtocol
from twisted.internet import defer

logger = logging.getLogger(__name__)

# A page takes far less; a stream goes on longer, and its client comes back for the rest.
FINISH_SECONDS = 3.0
CANCEL_SECONDS = 5.0
# Then something hangs for good. What it is, is in the log; whoever waits for this process waits no longer.
HANGING_SECONDS = FINISH_SECONDS + CANCEL_SECONDS + 4.0


class StoppingServer(Server):
    """daphne stops its event loop as soon as the first request is cancelled. The others then wait for that loop in their
    threads, and Python waits for the threads, for ever.
    """

    stopping = False

    def create_application(self, protocol: Any, scope: dict[str, Any]) -> asyncio.Queue[Any] | None:
        if self.stopping:  # on a connection that stayed open; its client asks again elsewhere
            protocol.transport.loseConnection()
            return None
        return super().create_application(protocol, scope)

    def kill_all_applications(self) -> defer.Deferred[None]:
        self.stopping = True
        faulthandler.dump_traceback_later(HANGING_SECONDS, exit=True)
        return defer.Deferred.fromFuture(asyncio.ensure_future(self._finish()))

    async def _finish(self) -> None:
        for listener in self.listeners:
            listener.addCallback(_stop_listening)
        for socket in self._running(WebSocketProtocol):
            socket.cancel()
        if requests := self._running(WebRequest):
            await asyncio.wait(requests, timeout=FINISH_SECONDS)
        # What is left, also what a cancelled request leaves behind. Answers in the making are taken up by another process.
        left = asyncio.all_tasks() - {asyncio.current_task()}
        for task in left:
            task.cancel()
        if left:
            _done, hanging = await asyncio.wait(left, timeout=CANCEL_SECONDS)
            if hanging:
                logger.warning("%s tasks could not be ended", len(hanging))

    def _running(self, protocol: type) -> list[asyncio.Future[None]]:
        running = (each.get("application_instance") for kind, each in self.connections.items() if isinstance(kind, protocol))
        return [application for application in running if application is not None and not application.done()]


def _stop_listening(port: Any) -> Any:
    return port.stopListening()
