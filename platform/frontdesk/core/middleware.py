"""Middleware of both kinds, for sync and async servers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.http import HttpRequest, HttpResponse

GetResponse = Callable[[HttpRequest], HttpResponse | Awaitable[HttpResponse]]


class OfResponses:
    """Says with `given` what becomes of each response. Django's MiddlewareMixin would take a thread for it under ASGI."""

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        self.is_async = iscoroutinefunction(get_response)
        if self.is_async:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> HttpResponse | Awaitable[HttpResponse]:
        return self._later(request) if self.is_async else self.given(request, self.get_response(request))

    async def _later(self, request: HttpRequest) -> HttpResponse:
        return self.given(request, await self.get_response(request))

    def given(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        """The response itself, or another in its place."""
        raise NotImplementedError
