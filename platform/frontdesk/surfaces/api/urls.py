"""Addresses of the API, from the root of the site: "/api/…" and "/v1/…"."""

from __future__ import annotations

from django.http import Http404, HttpRequest
from django.urls import path, re_path

from . import schema
from .app import api

app_name = "api"


def nothing_here(request: HttpRequest) -> None:
    """An unknown address of the API: never the page of another part of the site."""
    raise Http404


operations, _app_name, _namespace = api.urls
urlpatterns = [
    path("api/schema", schema.raw, name="schema"),
    path("api/schema/swagger-ui", schema.swagger_ui, name="swagger-ui"),
    path("api/schema/redoc", schema.redoc, name="redoc"),
    *(pattern for pattern in operations if pattern.name != "api-root"),
    re_path(r"^(?:api|v1)(?:/|$)", nothing_here),
]
