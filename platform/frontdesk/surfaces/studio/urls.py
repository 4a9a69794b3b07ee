"""Where the Studio's pages are. An area has its own `urls.py`; names are "studio:<name>"."""

from __future__ import annotations

from django.urls import include, path, re_path

from . import accent, shell

urlpatterns = [
    path("", include("frontdesk.surfaces.studio.home.urls")),
    path("", include("frontdesk.surfaces.studio.accounts.urls")),
    path("accent/<slug:slug>.css", accent.stylesheet, name="accent"),
    path("agents/", include("frontdesk.surfaces.studio.agents.urls")),
    path("answers/", include("frontdesk.surfaces.studio.answers.urls")),
    path("attachments/", include("frontdesk.surfaces.studio.attachments.urls")),
    path("channels/", include("frontdesk.surfaces.studio.channels.urls")),
    path("contacts/", include("frontdesk.surfaces.studio.contacts.urls")),
    path("conversations/", include("frontdesk.surfaces.studio.conversations.urls")),
    path("knowledge/", include("frontdesk.surfaces.studio.knowledge.urls")),
    path("plugins/", include("frontdesk.surfaces.studio.plugins.urls")),
    path("listen/", include("frontdesk.surfaces.studio.listening.urls")),
    path("search/", shell.search, name="search"),
    path("settings/", include("frontdesk.surfaces.studio.settings.urls")),
    path("tools/", include("frontdesk.surfaces.studio.tools.urls")),
    path("switch/", shell.switch_workspace, name="switch"),
    re_path(r"^.*$", shell.not_found),
]
