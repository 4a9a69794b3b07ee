"""Narrowing the list down: what there is to choose from, and keeping a choice as a view."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from frontdesk.agents import queries as agents
from frontdesk.channels import queries as channels
from frontdesk.conversations import queries as conversations
from frontdesk.conversations import views
from frontdesk.conversations.assigning import assignable
from frontdesk.conversations.filtering import Filters
from frontdesk.conversations.models import Conversation
from frontdesk.conversations.tagging import tags
from frontdesk.workspaces.models import User

from ..page import partial, studio_page
from ..request import StudioRequest
from .listing import Asked, tabs
from .places import place

SORTED = (
    ("newest", gettext_lazy("last message")),
    ("waiting", gettext_lazy("waiting longest")),
    ("priority", gettext_lazy("priority")),
)
Choices = list[tuple[str, Any]]


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing to filter by. `chosen` are the values that are set."""

    name: str
    label: str
    choices: Choices
    chosen: tuple[str, ...]


@require_safe
@studio_page()
def choosing(request: StudioRequest) -> HttpResponse:
    """The menu's fields, with what is chosen."""
    asked = Asked.of(request.GET)
    own = next((row for row in views.views(request.actor) if views.filters_of(row) == asked.filters), None)
    context = {"asked": asked, "fields": _fields(asked.filters), "orders": SORTED, "own_view": own}
    return partial(request, "studio/conversations/filters.html", **context)


@require_safe
@studio_page()
def counted(request: StudioRequest) -> HttpResponse:
    """The tabs, with how many conversations each has by now."""
    return partial(request, "studio/conversations/tabs.html", tabs=tabs(request.actor, Asked.of(request.GET)))


@require_safe
@studio_page()
def waiting(request: StudioRequest) -> HttpResponse:
    """How many wait for a person, for the badge on every page."""
    number = conversations.conversations(status=Conversation.Status.SUPPORT_ACTIVE).count()
    return partial(request, "studio/shell/waiting.html", waiting=number)


@require_POST
@studio_page("answer")
def keep(request: StudioRequest) -> HttpResponse:
    """The filter of the page's address, under a name. Gives the tabs."""
    asked = Asked.of(request.GET)
    views.create_view(request.actor, request.POST.get("name", ""), asked.filters, shared=request.POST.get("shared") == "true")
    return partial(request, "studio/conversations/tabs.html", tabs=tabs(request.actor, asked))


@require_POST
@studio_page("answer")
def forget(request: StudioRequest, uuid: UUID) -> HttpResponse:
    """Delete a view. Gives the tabs."""
    views.delete_view(request.actor, views.view_by_uuid(request.actor, uuid))
    return partial(request, "studio/conversations/tabs.html", tabs=tabs(request.actor, Asked.of(request.GET)))


def _fields(filters: Filters) -> list[Choice]:
    chosen = filters.as_json()
    kinds = dict.fromkeys(channels.channels().values_list("kind", flat=True))
    found: list[tuple[str, str, Iterable[tuple[str, Any]]]] = [
        ("status", _("Who answers"), [("open", _("all that are open")), *Conversation.Status.choices]),
        (
            "assignee",
            _("Whose"),
            [("me", _("mine")), ("nobody", _("nobody's")), *_named(assignable(), User.get_full_name)],
        ),
        ("tags", _("Tag"), _named(tags(), lambda tag: tag.name)),
        ("priority", _("Priority"), [(row.name.lower(), row.label) for row in Conversation.Priority]),
        ("agent", _("Agent"), _named(agents.agents(), lambda agent: agent.name)),
        ("channel", _("Channel"), [(kind, place(kind).label) for kind in kinds]),
        ("snoozed", _("Put off"), [("only", _("only what is put off")), ("all", _("that, too"))]),
        ("waiting_minutes", _("Waits for"), _waits()),
    ]
    return [Choice(name, label, [("", _("any")), *choices], _values(chosen.get(name, ""))) for name, label, choices in found]


def _waits() -> Choices:
    return [("15", _("15 minutes or more")), ("60", _("an hour or more")), ("1440", _("a day or more"))]


def _named(rows: Iterable[Any], name: Any) -> Choices:
    return [(str(row.uuid), name(row)) for row in rows]


def _values(value: Any) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, list) else (str(value),)
