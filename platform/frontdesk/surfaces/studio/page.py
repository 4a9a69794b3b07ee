"""The frame around every Studio view: who may see it, the workspace's scope, and errors as sentences."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from inspect import iscoroutinefunction
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from zoneinfo import available_timezones

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext as _

from frontdesk.core.errors import FrontdeskError, TooManyRequests
from frontdesk.core.scoping import scope
from frontdesk.core.threads import in_thread
from frontdesk.surfaces.shell_csp import shell_csp
from frontdesk.workspaces.models import Workspace
from frontdesk.workspaces.permissions import require

from .request import NoWorkspace, SignInNeeded, StudioRequest, enter
from .site import site

View = Callable[..., Any]
ZONES = frozenset(available_timezones())


def studio_page(permission: str = "view") -> Callable[[View], View]:
    """A view for members with this permission, sync or async. It gets `request.actor` and runs in the workspace's scope."""

    def decorate(view: View) -> View:
        return shell_csp(_async_page(view, permission) if iscoroutinefunction(view) else _sync_page(view, permission))

    return decorate


def _sync_page(view: View, permission: str) -> View:
    @wraps(view)
    def page(request: StudioRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        turned_away = _enter(request)
        if turned_away is not None:
            return turned_away
        with _inside(request.actor.workspace):
            try:
                require(request.actor, permission)
                response = view(request, *args, **kwargs)
                _render(response)
            except FrontdeskError as error:
                response = failure(request, error)
        add_never_cache_headers(response)
        return response

    return page


def _async_page(view: View, permission: str) -> View:
    @wraps(view)
    async def page(request: StudioRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        turned_away = await in_thread(_enter, request)
        if turned_away is not None:
            return turned_away
        with _inside(request.actor.workspace):
            try:
                require(request.actor, permission)
                response = await view(request, *args, **kwargs)
                await in_thread(_render, response)
            except FrontdeskError as error:
                response = await in_thread(failure, request, error)
        add_never_cache_headers(response)
        return response

    return page


@contextmanager
def _inside(workspace: Workspace) -> Iterator[None]:
    """In the workspace's scope, and at its clock."""
    with scope(workspace=workspace), timezone.override(workspace.time_zone if workspace.time_zone in ZONES else None):
        yield


def _enter(request: HttpRequest) -> HttpResponse | None:
    """None when they are in, else where they must go first."""
    try:
        enter(request)
    except SignInNeeded:
        page = redirect_to_login(_page_of(request), reverse("studio:login"))
    except NoWorkspace:
        page = redirect("studio:no_workspace")
    else:
        return None
    if getattr(request, "htmx", False):
        return HttpResponse(status=401, headers={"HX-Redirect": page.url})
    return page


def _page_of(request: HttpRequest) -> str:
    """The page to come back to: a part of one, or the address of a form, is none."""
    htmx = getattr(request, "htmx", False)
    if not htmx and request.method in {"GET", "HEAD"}:
        return request.get_full_path()
    asked_from = urlsplit(request.headers.get("HX-Current-URL" if htmx else "Referer", ""))
    if asked_from.netloc != request.get_host():
        return reverse("studio:index")
    return urlunsplit(asked_from._replace(scheme="", netloc="", fragment=""))


def _render(response: HttpResponseBase) -> None:
    """Templates are rendered while the workspace is in scope."""
    if isinstance(response, TemplateResponse):
        response.render()


def render(request: HttpRequest, template: str, *, title: Any, status: int = 200, **context: Any) -> TemplateResponse:
    """A whole page in the shell."""
    request.current_app = site.name  # type: ignore[attr-defined]
    return TemplateResponse(request, template, {**site.each_context(request), "title": title, **context}, status=status)


class Part(TemplateResponse):
    """A piece of a page. A window that is to show nothing else is led to the page (`leading_back`)."""


def partial(request: HttpRequest, template: str, *, status: int = 200, **context: Any) -> TemplateResponse:
    """A piece of a page, for HTMX to put in its place."""
    return Part(request, template, {"actor": request.actor, **context}, status=status)  # type: ignore[attr-defined]


def toast(response: HttpResponse, text: Any, *, kind: str = "good", undo: str = "") -> HttpResponse:
    """Show a sentence when this response arrives by HTMX. `undo` is an address that takes it back (POST)."""
    said = {"text": str(text), "kind": kind}
    if undo:
        said |= {"undo": undo, "label": _("Undo")}
    response["HX-Trigger"] = json.dumps({**json.loads(response.get("HX-Trigger", "{}")), "studio:toast": said})
    return response


def go(request: StudioRequest, url: str) -> HttpResponse:
    """Send the browser to another page, whether it asked by HTMX or not."""
    return HttpResponse(headers={"HX-Redirect": url}) if request.htmx else redirect(url)


def failure(request: HttpRequest, error: FrontdeskError) -> HttpResponse:
    """The one place where an error becomes a toast (HTMX) or a page."""
    if getattr(request, "htmx", False):
        response = toast(HttpResponse(status=error.status, headers={"HX-Reswap": "none"}), error.message, kind="bad")
    else:
        title = _("Not found") if error.status == 404 else _("This did not work")
        response = render(request, "studio/error.html", title=title, status=error.status, error=error)
        _render(response)
    if isinstance(error, TooManyRequests):
        response["Retry-After"] = str(max(1, round(error.retry_after)))
    return response
