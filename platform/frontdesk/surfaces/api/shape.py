"""Errors that never reach a view (unknown address, wrong method, refused host) in the API's shape."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.http import HttpRequest, HttpResponse

from .errors import BY_STATUS, respond

PREFIXES = ("/api/", "/v1/")
SHAPED = ("application/json", "text/event-stream", "application/x-ndjson")


class ErrorShapeMiddleware:
    """Gives every error under /api/ and /v1/, and of every other view of the API, the one shape."""

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse | Awaitable[HttpResponse]]) -> None:
        self.get_response = get_response
        self.is_async = iscoroutinefunction(get_response)
        if self.is_async:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> HttpResponse | Awaitable[HttpResponse]:
        return self._later(request) if self.is_async else shaped(request, self.get_response(request))

    async def _later(self, request: HttpRequest) -> HttpResponse:
        return shaped(request, await self.get_response(request))


def shaped(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """The response itself, or its status in the API's shape when it is an error of another shape."""
    match = request.resolver_match
    ours = request.path_info.startswith(PREFIXES) or (match is not None and "api" in match.app_names)
    if not ours or response.status_code < 400 or response.get("Content-Type", "").startswith(SHAPED):
        return response
    error = BY_STATUS.get(response.status_code) or BY_STATUS[500 if response.status_code >= 500 else 400]
    better = respond(request, error())
    better.status_code = response.status_code
    if "Allow" in response:
        better["Allow"] = response["Allow"]
    return better
