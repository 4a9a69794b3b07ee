"""What all pages of the settings have in common: their tabs, and finding one row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import Model, QuerySet
from django.http import HttpResponse
from django.utils.translation import gettext_lazy as _

from frontdesk.core.errors import NotFound
from frontdesk.workspaces.permissions import Actor

from ..page import render
from ..request import StudioRequest

M = TypeVar("M", bound=Model)


@dataclass(frozen=True, slots=True)
class Section:
    """A tab. `url_name` without "studio:"."""

    title: Any
    url_name: str
    permission: str


SECTIONS = (
    Section(_("Business"), "settings_business", "manage_workspace"),
    Section(_("Who answers"), "settings_who", "manage_workspace"),
    Section(_("Look"), "settings_look", "manage_workspace"),
    Section(_("Team"), "settings_team", "view"),
    Section(_("Tags"), "settings_tags", "answer"),
    Section(_("Canned replies"), "settings_canned", "answer"),
    Section(_("AI providers"), "settings_providers", "manage_providers"),
    Section(_("API keys"), "settings_keys", "manage_keys"),
    Section(_("Webhooks"), "settings_webhooks", "manage_webhooks"),
    Section(_("Credits and usage"), "settings_credits", "manage_billing"),
    Section(_("Public page"), "settings_page", "edit_pages"),
    Section(_("Activity"), "settings_activity", "manage_workspace"),
)


def sections_for(actor: Actor) -> list[Section]:
    return [section for section in SECTIONS if actor.may(section.permission)]


def show(request: StudioRequest, name: str, *, section: str = "", status: int = 200, **context: Any) -> HttpResponse:
    """A page of the settings with the tab `settings_<section>` open; the section is the page's name if nothing is said."""
    context |= {"sections": sections_for(request.actor), "section": f"settings_{section or name}"}
    return render(request, f"studio/settings/{name}.html", title=_("Settings"), status=status, **context)


def one(rows: QuerySet[M], uuid: UUID) -> M:
    """The row of that uuid; raises NotFound."""
    found = rows.filter(uuid=uuid).first()
    if found is None:
        raise NotFound
    return found
