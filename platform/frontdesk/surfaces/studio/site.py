"""The Studio as an Unfold admin site of its own: its shell, its pages, and who may enter."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import URLPattern, URLResolver
from unfold.sites import UnfoldAdminSite

from frontdesk.billing import queries as billing

from ..site import themes


class StudioSite(UnfoldAdminSite):
    """Owners and their teams. Only the pages of `urls` exist: none of the admin's own, and no models are registered."""

    settings_name = "UNFOLD_STUDIO"

    def has_permission(self, request: HttpRequest) -> bool:
        """Whoever has entered (`request.enter`); being staff is no matter."""
        return hasattr(request, "actor")

    def get_urls(self) -> list[URLPattern | URLResolver]:
        from .urls import urlpatterns

        return list(urlpatterns)

    def extra_context(self, context: dict[str, Any], request: HttpRequest) -> dict[str, Any]:
        context["colors"] = None  # they stand in studio.css: the policy allows no inline style sheet
        context["palette_template"] = "studio/shell/palette.html"
        actor = getattr(request, "actor", None)
        if actor is not None:
            memberships = request.memberships  # type: ignore[attr-defined]
            context |= {"actor": actor, "memberships": memberships, "credits": billing.balance()}
            look = themes.get(actor.workspace.theme, actor.workspace).slug
            context["accent"] = "" if look == themes.DEFAULT else look  # studio.css is in the default's colours
        return context


site = StudioSite(name="studio")
