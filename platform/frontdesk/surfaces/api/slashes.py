"""A trailing slash never matters under /api/ and /v1/, on any method, without a redirect."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.http import HttpRequest, HttpResponse

PREFIXES = ("/api/", "/v1/")


class TrailingSlashMiddleware:
    """Routes are declared without the slash; one that came is taken off before they are looked up."""

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse | Awaitable[HttpResponse]]) -> None:
        self.get_response = get_response
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> HttpResponse | Awaitable[HttpResponse]:
        if request.path_info.endswith("/") and request.path_info.startswith(PREFIXES):
            request.path_info = request.path_info.rstrip("/")
        return self.get_response(request)
