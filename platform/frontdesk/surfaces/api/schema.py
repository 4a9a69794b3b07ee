"""The OpenAPI document, and the two pages that show it."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

from csp.decorators import csp_update
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET
from ninja.responses import NinjaJSONEncoder

from .app import api
from .idempotency import HEADER

ERROR = {
    "title": "Error",
    "type": "object",
    "required": ["message", "code"],
    "properties": {
        "message": {"type": "string", "description": "What went wrong and what to do next."},
        "code": {"type": "string", "pattern": "^[A-Z][A-Z0-9_]*$"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "message"],
                "properties": {"field": {"type": "string"}, "message": {"type": "string"}},
            },
        },
    },
}
WORKSPACE_HEADER = {
    "name": "X-Workspace-ID",
    "in": "header",
    "required": False,
    "schema": {"type": "string"},
    "description": "The workspace's uuid; needed by a person who has several.",
}
IDEMPOTENCY_HEADER = {
    "name": HEADER,
    "in": "header",
    "required": False,
    "schema": {"type": "string", "minLength": 1, "maxLength": 200},
    "description": "The same key and request answer the first reply again; the same key with another request is a conflict.",
}


@lru_cache(maxsize=1)
def document() -> dict[str, Any]:
    """The whole schema. What holds for every operation is added here: the error shape and the common headers."""
    schema = json.loads(json.dumps(api.get_openapi_schema(path_prefix=""), cls=NinjaJSONEncoder))
    schema["components"]["schemas"]["Error"] = ERROR
    problem = {"schema": {"$ref": "#/components/schemas/Error"}}
    for path in schema["paths"].values():
        for method, operation in path.items():
            operation["responses"].setdefault(
                "default", {"description": "An error", "content": {"application/json": problem, "text/event-stream": {}}}
            )
            if any("BearerToken" in choice for choice in operation.get("security", [])):
                operation["parameters"] = [*operation["parameters"], WORKSPACE_HEADER]
            if method == "post":
                operation["parameters"] = [*operation["parameters"], IDEMPOTENCY_HEADER]
    return schema


@require_GET
def raw(request: HttpRequest) -> JsonResponse:
    return JsonResponse(document())


@require_GET
@csp_update({"style-src": ["'unsafe-inline'"]})
def swagger_ui(request: HttpRequest) -> HttpResponse:
    return render(request, "api/swagger.html")


@require_GET
@csp_update({"style-src": ["'unsafe-inline'"], "worker-src": ["blob:"]})
def redoc(request: HttpRequest) -> HttpResponse:
    return render(request, "api/redoc.html")
