"""HTTP clients for code that is not ours, talking to servers that are not ours: an answer has a limit, nothing is unpacked.

Libraries know httpx's errors, so an address that is refused is one that cannot be connected to.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable

import httpx

from .http import FetchRefused, SafeClient

MAX_ANSWER_BYTES = 64 * 2**20


class Room:
    """How many bytes an answer may have, and whether one had more."""

    def __init__(self, most: int = 0) -> None:
        self.most = most or MAX_ANSWER_BYTES
        self.exceeded = False


Refuse = Callable[[httpx.URL], str]
"""Says why an address may not be asked; empty when it may."""


def guarded_client(
    *, timeout: float, allowed_hosts: Iterable[str] = (), refuse: Refuse | None = None, room: Room | None = None
) -> httpx.AsyncClient:
    """A client that reaches public hosts, and those private ones that the operator named in `allowed_hosts`.

    `timeout` is in seconds: for a connection, and for the next bytes.
    """
    transport = SafeClient(allowed_hosts=allowed_hosts).transport()
    return httpx.AsyncClient(transport=_Guarded(transport, refuse, room or Room()), timeout=timeout, trust_env=False)


class _Guarded(httpx.AsyncBaseTransport):
    """Whoever names a vendor's address may be its vendor."""

    def __init__(self, inner: httpx.AsyncBaseTransport, refuse: Refuse | None, room: Room) -> None:
        self._inner = inner
        self._refuse = refuse
        self._room = room

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self._refuse and (reason := self._refuse(request.url)):
            raise httpx.ConnectError(reason, request=request)
        request.headers["accept-encoding"] = "identity"
        try:
            response = await self._inner.handle_async_request(request)
        except FetchRefused as refused:
            raise httpx.ConnectError(str(refused.message), request=request) from refused
        if response.headers.get("content-encoding", "identity").lower() != "identity":
            await response.aclose()
            raise httpx.DecodingError("The answer is compressed, though that was not asked for.", request=request)
        response.stream = _Limited(response.stream, self._room)
        return response

    async def aclose(self) -> None:
        await self._inner.aclose()


class _Limited(httpx.AsyncByteStream):
    """A body that breaks off when it becomes larger than any answer should be."""

    def __init__(self, inner: httpx.AsyncByteStream, room: Room) -> None:
        self._inner = inner
        self._room = room

    async def __aiter__(self) -> AsyncIterator[bytes]:
        left = self._room.most
        async for piece in self._inner:
            left -= len(piece)
            if left < 0:
                self._room.exceeded = True
                raise httpx.ReadError(f"The answer is larger than {self._room.most // 2**20} MiB.")
            yield piece

    async def aclose(self) -> None:
        await self._inner.aclose()
