"""The sidebar and the command palette: which pages there are, in the order of an owner's day."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from unfold.dataclasses import SearchResult

from frontdesk.agents import queries as agents
from frontdesk.conversations import queries as conversations
from frontdesk.knowledge import queries as knowledge

from .request import StudioRequest

FOUND_EACH = 6


@dataclass(frozen=True, slots=True)
class Page:
    """A line of the sidebar. `url_name` without "studio:"; `permission` of those who see it."""

    title: Any
    icon: str
    url_name: str
    permission: str = "view"


DAILY = (
    Page(_("Home"), "home", "index"),
    Page(_("Conversations"), "forum", "conversations"),
    Page(_("Customers"), "group", "contacts"),
    Page(_("Agents"), "support_agent", "agents"),
    Page(_("Knowledge"), "menu_book", "knowledge"),
    Page(_("Channels"), "chat", "channels"),
)
BELOW: tuple[Page, ...] = (
    Page(_("Tools"), "construction", "tools"),
    Page(_("Plugins"), "extension", "plugins"),
    Page(_("Settings"), "settings", "settings"),
)


def sidebar(request: StudioRequest) -> list[dict[str, Any]]:
    """Unfold's navigation groups."""
    return [
        {"items": [_item(request, page) for page in DAILY]},
        {"separator": True, "items": [_item(request, page) for page in BELOW]},
    ]


def _item(request: StudioRequest, page: Page) -> dict[str, Any]:
    link = reverse(f"studio:{page.url_name}")
    home = page.url_name == "index"
    return {
        "title": page.title,
        "icon": page.icon,
        "link": link,
        "active": request.path == link if home else request.path.startswith(link),
        "permission": lambda request: request.actor.may(page.permission),
        "waiting": conversations.conversations(status="support_active").count() if page.url_name == "conversations" else None,
    }


def find(request: StudioRequest, words: str) -> list[SearchResult]:
    """What the command palette offers: pages, agents, knowledge and conversations that hold these words."""
    words = words.strip().lower()
    seen = [page for page in (*DAILY, *BELOW) if request.actor.may(page.permission)]
    found = [
        SearchResult(title=str(page.title), description=_("Go to"), link=reverse(f"studio:{page.url_name}"), icon=page.icon)
        for page in seen
        if words in str(page.title).lower()
    ]
    if len(words) < 2:
        return found
    for agent in agents.agents().filter(name__icontains=words)[:FOUND_EACH]:
        found.append(SearchResult(agent.name, _("Agent"), reverse("studio:agent", args=[agent.uuid]), "support_agent"))
    for base in knowledge.bases().filter(name__icontains=words)[:FOUND_EACH]:
        found.append(SearchResult(base.name, _("Knowledge"), reverse("studio:base", args=[base.uuid]), "menu_book"))
    for conversation in conversations.conversations(search=words)[:FOUND_EACH]:
        link = reverse("studio:conversation", args=[conversation.uuid])
        found.append(SearchResult(str(conversation.contact), conversation.last_message_preview, link, "forum"))
    return found
