"""Requests of the MCP library through the client that the host handed over, so that they reach only what the owner agreed to.

The library speaks httpx2 and the host httpx: two packages with the same shapes. What went wrong is kept here, because the
library tells it on as a JSON-RPC error without the reason.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import httpx2

MOST_BYTES = 16 * 2**20
# Ending a session is a courtesy, and nobody waits for it.
PARTING_SECONDS = 2.0


class ThroughHost(httpx2.AsyncBaseTransport):
    """`status` is that of the last answer, `problem` why there was none."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client
        self.status = 0
        self.problem: httpx.HTTPError | None = None

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        sent = self._client.build_request(
            request.method,
            str(request.url),
            headers=request.headers.raw,
            content=await request.aread(),
            timeout=PARTING_SECONDS if request.method == "DELETE" else httpx.USE_CLIENT_DEFAULT,
        )
        try:
            response = await self._client.send(sent, stream=True, follow_redirects=False)
        except httpx.HTTPError as error:
            raise self.failed(error) from error
        self.status = response.status_code
        return httpx2.Response(response.status_code, headers=response.headers.raw, stream=_Body(self, response))

    def failed(self, error: httpx.HTTPError) -> httpx2.TransportError:
        """The same for httpx2; kept."""
        self.problem = error
        return httpx2.ReadTimeout(str(error)) if isinstance(error, httpx.TimeoutException) else httpx2.NetworkError(str(error))


class TooLarge(httpx.ReadError):
    """A server says more than anybody could read."""


class _Body(httpx2.AsyncByteStream):
    def __init__(self, owner: ThroughHost, response: httpx.Response) -> None:
        self._owner = owner
        self._response = response

    async def __aiter__(self) -> AsyncIterator[bytes]:
        room = MOST_BYTES
        try:
            async for piece in self._response.aiter_raw():
                room -= len(piece)
                if room < 0:
                    raise TooLarge(f"more than {MOST_BYTES // 2**20} MiB")
                yield piece
        except httpx.HTTPError as error:
            raise self._owner.failed(error) from error

    async def aclose(self) -> None:
        await self._response.aclose()
