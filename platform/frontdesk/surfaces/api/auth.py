"""Credentials of the API. Each operation takes one of these lists as its `auth`:

WORKSPACE   (the default) a Bearer token or an Api-Key: `request.actor` is set and its workspace is in scope
PERSON      a Bearer token, no workspace needed: `request.person` is set, nothing is in scope
OPTIONAL    as WORKSPACE, but a request without a credential passes with `request.actor = None`
None        public; the guard test lists these

The scope holds for the whole operation and for making its response, in synchronous and asynchronous operations alike.
It has ended when a streaming body is sent: a generator opens its own, around each piece of work and never around a `yield`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from django.http import HttpRequest
from ninja.security.base import AuthBase

from frontdesk.core.scoping import scope
from frontdesk.core.threads import in_thread
from frontdesk.workspaces import credentials
from frontdesk.workspaces.keys import Place
from frontdesk.workspaces.models import User
from frontdesk.workspaces.permissions import Actor


class ApiRequest(HttpRequest):
    """What operations are given. `actor` and `person` are as the operation's credential says."""

    actor: Actor
    person: User
    exit_stack: ExitStack


def place_of(request: HttpRequest) -> Place:
    """Where a request comes from."""
    return Place.of(
        origin=request.headers.get("Origin", ""),
        referer=request.headers.get("Referer", ""),
        host=request.headers.get("Host", ""),
        ip=request.META.get("REMOTE_ADDR") or "",
    )


class _Credential(AuthBase):
    """In an asynchronous operation, checks in a thread of ours: no database connection is held while a stream goes on."""

    def __init__(self) -> None:
        super().__init__()
        # ninja then awaits what an asynchronous operation gets from `__call__`, and takes what a synchronous one gets as it is.
        self.is_async = True

    def __call__(self, request: HttpRequest) -> Any:
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            return self.enter(request, self.check(request))
        return self._later(request)

    async def _later(self, request: HttpRequest) -> Any:
        return self.enter(request, await in_thread(self.check, request))

    def check(self, request: HttpRequest) -> Any:
        """Whom the credential stands for, or None when it is not of this kind."""
        raise NotImplementedError

    def enter(self, request: ApiRequest, found: Any) -> Any:
        if isinstance(found, Actor):
            request.actor = found
            request.exit_stack.enter_context(scope(workspace=found.workspace))
        return found


class BearerToken(_Credential):
    openapi_type = "http"
    openapi_scheme = "bearer"
    openapi_bearerFormat = "JWT"  # noqa: N815  (OpenAPI's own name)
    openapi_description = "A person's token, from `/api/token` or a trusted issuer. `X-Workspace-ID` names the workspace."

    def check(self, request: HttpRequest) -> Actor | None:
        if _scheme(request) != "bearer":
            return None
        return _actor(request)


class ApiKeyHeader(_Credential):
    openapi_type = "apiKey"
    openapi_in = "header"
    openapi_name = "Authorization"
    openapi_description = "A program's key: `Api-Key <key>`. It must be used from a place on its allow-list."

    def check(self, request: HttpRequest) -> Actor | None:
        if _scheme(request) != "api-key":
            return None
        return _actor(request)


class PersonToken(_Credential):
    openapi_type = "http"
    openapi_scheme = "bearer"
    openapi_bearerFormat = "JWT"  # noqa: N815
    openapi_description = "A person's token; no workspace is needed."

    def check(self, request: ApiRequest) -> User | None:
        scheme, value = credentials.split(request.headers.get("Authorization", ""))
        if scheme != "bearer":
            return None
        request.person = credentials.person(value)
        return request.person


def anonymous(request: ApiRequest) -> bool:
    """Lets a request without any credential through."""
    request.actor = None
    return "Authorization" not in request.headers


WORKSPACE: list[Callable[..., Any]] = [BearerToken(), ApiKeyHeader()]
PERSON: list[Callable[..., Any]] = [PersonToken()]
OPTIONAL: list[Callable[..., Any]] = [*WORKSPACE, anonymous]


def _scheme(request: HttpRequest) -> str:
    return request.headers.get("Authorization", "").partition(" ")[0].lower()


def _actor(request: HttpRequest) -> Actor | None:
    return credentials.actor(
        request.headers.get("Authorization", ""), workspace_id=request.headers.get("X-Workspace-ID"), place=place_of(request)
    )
