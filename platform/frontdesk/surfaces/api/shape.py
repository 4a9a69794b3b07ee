"""Errors that never reach a view (unknown address, wrong method, refused host) in the API's shape."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from frontdesk.core.middleware import ResponseMiddleware

from .errors import BY_STATUS, respond

PREFIXES = ("/api/", "/v1/")
SHAPED = ("application/json", "text/event-stream", "application/x-ndjson")


class ErrorShapeMiddleware(ResponseMiddleware):
    """Gives every error under /api/ and /v1/, and of every other view of the API, the one shape."""

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        return shaped(request, response)


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
