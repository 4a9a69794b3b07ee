"""Pages of Ops that are no lists of rows."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from frontdesk.plugins import queries

from . import health as state
from .site import site


@require_safe
def health(request: HttpRequest) -> HttpResponse:
    context = {"title": _("Health"), "parts": state.parts(), "versions": state.versions()}
    return render(request, "ops/health.html", {**site.each_context(request), **context})


@require_safe
def plugins(request: HttpRequest) -> HttpResponse:
    """What is installed, how it fares in all workspaces, and what is broken and why."""
    context = {"title": _("Plugins"), "plugins": queries.overview(), "broken": queries.broken()}
    return render(request, "ops/plugins.html", {**site.each_context(request), **context})
