"""HTTP clients for code that is not ours, talking to servers that are not ours: an answer has a limit, nothing is unpacked.

Libraries know httpx's errors, so an address that is refused is one that cannot be connected to.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable

import httpx

from .http import FetchRefused, SafeClient

MAX_ANSWER_BYTES = 64 * 2**20

Refuse = Callable[[httpx.URL], str]
"""Says why an address may not be asked; empty when it may."""


def guarded_client(*, timeout: float, allowed_hosts: Iterable[str] = (), refuse: Refuse | None = None) -> httpx.AsyncClient:
    """A client that reaches public hosts, and those private ones that the operator named in `allowed_hosts`.

    `timeout` is in seconds: for a connection, and for the next bytes.
    """
    transport = SafeClient(allowed_hosts=allowed_hosts).transport()
    return httpx.AsyncClient(transport=_Guarded(transport, refuse), timeout=timeout, trust_env=False)


class _Guarded(httpx.AsyncBaseTransport):
    """Whoever names a vendor's address may be its vendor."""

    def __init__(self, inner: httpx.AsyncBaseTransport, refuse: Refuse | None) -> None:
        self._inner = inner
        self._refuse = refuse

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
        response.stream = _Limited(response.stream)
        return response

    async def aclose(self) -> None:
        await self._inner.aclose()


class _Limited(httpx.AsyncByteStream):
    """A body that breaks off when it becomes larger than any answer should be."""

    def __init__(self, inner: httpx.AsyncByteStream) -> None:
        self._inner = inner
        self._room = MAX_ANSWER_BYTES

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for piece in self._inner:
            self._room -= len(piece)
            if self._room < 0:
                raise httpx.ReadError(f"The answer is larger than {MAX_ANSWER_BYTES // 2**20} MiB.")
            yield piece

    async def aclose(self) -> None:
        await self._inner.aclose()
