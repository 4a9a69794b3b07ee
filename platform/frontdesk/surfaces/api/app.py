"""The one API: its application, and the list of its routers.

A router lives in `routers/<name>.py`, exposes `router`, declares whole paths without a trailing slash ("/api/things/{id}"),
and stands in ROUTERS. One path belongs to one router, whatever the method.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from functools import wraps
from importlib import import_module
from typing import Any

from asgiref.sync import iscoroutinefunction
from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from ninja import NinjaAPI
from ninja.errors import ValidationError, ValidationErrorContext
from ninja.operation import Operation

import frontdesk
from frontdesk.core.errors import TooLarge
from frontdesk.core.threads import in_thread

from . import errors, idempotency, rates
from .auth import WORKSPACE
from .parser import StrictParser

ROUTERS = [
    "health",
    "accounts",
    "workspaces",
    "team",
    "api_keys",
    "billing",
    "chat",
    "channel_events",
    "support",
    "support_settings",
    "conversations",
    "messages",
    "contacts",
    "inbox",
    "attachments",
    "openai_compatible",
    "speech",
    "knowledge",
    "sources",
    "source_tables",
    "knowledge_health",
    "builder_knowledge",
    "builder_knowledge_files",
    "builder_knowledge_links",
    "connections",
    "tools",
    "channels",
    "webhooks",
]
ROOM_FOR_FORM_FIELDS = 2**20


class FrontdeskAPI(NinjaAPI):
    def get_openapi_operation_id(self, operation: Operation) -> str:
        return f"{operation.view_func.__module__.rpartition('.')[2]}_{operation.view_func.__name__}"

    def validation_error_from_error_contexts(self, error_contexts: list[ValidationErrorContext]) -> ValidationError:
        """Each wrong field as `{field, message}`, named as the client wrote it."""
        found = []
        for context in error_contexts:
            argument = getattr(context.model, "__read_from_single_attr__", None)
            names = context.model.__ninja_flatten_map_reverse__
            for problem in context.pydantic_validation_error.errors(
                include_url=False, include_context=False, include_input=False
            ):
                place = names.get(problem["loc"], problem["loc"])
                place = place[1:] if argument and place[:1] == (argument,) else place
                found.append({"field": ".".join(map(str, place)) or "body", "message": problem["msg"]})
        return ValidationError(found)


def around(run: Callable[..., Any]) -> Callable[..., Any]:
    """Around every operation: what its credential opens ends with it, and a claimed reply is kept."""
    if iscoroutinefunction(run):

        @wraps(run)
        async def run_async(request: HttpRequest, **values: Any) -> HttpResponseBase:
            if problem := _too_large(request):
                return problem
            with ExitStack() as request.exit_stack:
                response = await run(request, **values)
                if idempotency.claimed(request):
                    await in_thread(idempotency.keep, request, response)
                return response

        return run_async

    @wraps(run)
    def run_sync(request: HttpRequest, **values: Any) -> HttpResponseBase:
        if problem := _too_large(request):
            return problem
        with ExitStack() as request.exit_stack:
            response = run(request, **values)
            if idempotency.claimed(request):
                idempotency.keep(request, response)
            return response

    return run_sync


def _too_large(request: HttpRequest) -> HttpResponseBase | None:
    """Looks at the announced length, before the body is parsed."""
    announced = request.headers.get("Content-Length", "")
    if announced.isdigit() and int(announced) > settings.UPLOAD_MAX_BYTES + ROOM_FOR_FORM_FIELDS:
        return errors.respond(request, TooLarge())
    return None


api = FrontdeskAPI(
    title="Frontdesk",
    version=frontdesk.__version__,
    description="Agents, knowledge, conversations and runs of a workspace. A trailing slash never matters.",
    urls_namespace="api",
    openapi_url=None,
    docs_url=None,
    auth=WORKSPACE,
    parser=StrictParser(),
)
errors.install(api)
api.add_decorator(around, mode="view")
api.add_decorator(idempotency.idempotent, mode="operation")
api.add_decorator(rates.limited, mode="operation")
for name in ROUTERS:
    api.add_router("", import_module(f"{__package__}.routers.{name}").router)
