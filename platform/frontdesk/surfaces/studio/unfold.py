"""How Unfold's shell looks in the Studio (its settings; colours stand in studio.css). No models here: the settings read this."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.utils.translation import gettext_lazy as _


def stylesheet(request: HttpRequest) -> str:
    return static("studio/studio.css")


def icon(request: HttpRequest) -> str:
    return static("studio/favicon.svg")


UNFOLD_STUDIO: dict[str, Any] = {
    "SITE_TITLE": "Frontdesk",
    "SITE_HEADER": "Frontdesk",
    "SITE_SYMBOL": "concierge",
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": icon}],
    "SITE_URL": None,
    "SHOW_HISTORY": False,
    "SHOW_VIEW_ON_SITE": False,
    "SHOW_LANGUAGES": True,
    "STYLES": [stylesheet],
    "ACCOUNT": {"navigation": [{"title": _("Change password"), "link": "/studio/password/"}]},
    "SIDEBAR": {"navigation": "frontdesk.surfaces.studio.navigation.sidebar"},
}
