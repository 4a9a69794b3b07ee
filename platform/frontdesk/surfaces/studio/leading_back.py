"""Who looks at an address that only takes forms, by going back or signing in again, is led to the page that it belongs to."""

from __future__ import annotations

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import resolve

from frontdesk.core.middleware import ResponseMiddleware

from .page import Part
from .shell import not_found


class SeeOther(HttpResponseRedirect):
    status_code = HTTPStatus.SEE_OTHER


class LeadingBackMiddleware(ResponseMiddleware):
    """A 405 in the Studio becomes a redirect to the next address above it, which may take only forms, too, and redirect again."""

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        return led_back(request, response)


def led_back(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """The response itself, or the way to the page above."""
    match = request.resolver_match
    looks = request.method in ("GET", "HEAD") and "HX-Request" not in request.headers
    if not looks or match is None or "studio" not in match.namespaces or not _is_no_page(request, response):
        return response
    return SeeOther(_above(request.path_info))


def _is_no_page(request: HttpRequest, response: HttpResponse) -> bool:
    """Browsers say when a whole window is to show what they ask for (https://www.w3.org/TR/fetch-metadata/)."""
    fills_a_window = request.headers.get("Sec-Fetch-Dest") == "document"
    return response.status_code == HTTPStatus.METHOD_NOT_ALLOWED or (isinstance(response, Part) and fills_a_window)


def _above(path: str) -> str:
    """The nearest address above that leads anywhere; the Studio's first page at last."""
    above = f"{path.rstrip('/').rpartition('/')[0]}/"
    return _above(above) if resolve(above).func is not_found else above
