"""Ops: the operators' console. An Unfold admin site of its own, for superusers, across all workspaces."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from csp.decorators import csp_update
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.template.response import SimpleTemplateResponse
from django.urls import URLPattern, path, reverse
from unfold.sites import UnfoldAdminSite

from frontdesk.core.scoping import unscoped
from frontdesk.surfaces.shell_csp import POLICY

View = Callable[..., HttpResponseBase]
# The admin's own pages write style attributes and small style sheets into the page.
CSP = {**POLICY, "style-src": ["'unsafe-inline'"]}


class OpsSite(UnfoldAdminSite):
    """Every page of it runs without a workspace in scope, on purpose: operators look after all of them."""

    settings_name = "UNFOLD_OPS"

    def has_permission(self, request: HttpRequest) -> bool:
        return request.user.is_active and request.user.is_superuser

    def admin_view(self, view: View, cacheable: bool = False) -> View:
        inner = super().admin_view(view, cacheable)

        @wraps(view)
        def page(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            with unscoped():
                response = inner(request, *args, **kwargs)
                if isinstance(response, SimpleTemplateResponse):
                    response.render()  # its querysets are read while it is rendered
                return response

        return csp_update(CSP)(page)

    def extra_urls(self) -> list[URLPattern]:
        from . import pages

        return [
            path("health/", self.admin_view(pages.health), name="health"),
            path("plugins/", self.admin_view(pages.plugins), name="plugins"),
        ]

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The sidebar lists everything; how things are is what an operator wants to see first."""
        return redirect("ops:health")

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The accounts, and the limits on guessing passwords, are those of the Studio's door."""
        if request.user.is_authenticated:
            raise PermissionDenied
        return redirect_to_login(request.GET.get("next") or reverse("ops:index"), reverse("studio:login"))

    def extra_context(self, context: dict[str, Any], request: HttpRequest) -> dict[str, Any]:
        return {**context, "colors": None}  # they stand in ops.css: the policy allows no inline style sheet


site = OpsSite(name="ops")
