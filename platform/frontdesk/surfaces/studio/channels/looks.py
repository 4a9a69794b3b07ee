"""Themes as an owner chooses them, and the chat in which they are tried."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from frontdesk.channels import queries
from frontdesk.channels.models import Channel

from ...site import themes
from ...site.themes import Theme


@dataclass(frozen=True, slots=True)
class Look:
    """One choice. `slug` is empty for "as the workspace"; `theme` is what the little picture shows."""

    slug: str
    name: str
    description: str
    theme: Theme


def looks(*, workspace_theme: str = "") -> list[Look]:
    """Every theme; first, if the workspace's is named, the choice to follow it."""
    every = [Look(theme.slug, theme.name, theme.description, theme) for theme in themes.available().values()]
    if not workspace_theme:
        return every
    own = themes.get(workspace_theme)
    return [
        Look("", _("As everywhere else"), _("The look chosen under Settings, now: %(name)s.") % {"name": own.name}, own),
        *every,
    ]


def works(channel: Channel) -> bool:
    """Whether customers can use this chat now."""
    agent = channel.agent
    return channel.enabled and agent.live and agent.deleted_at is None and agent.archived_at is None


def key_to_try() -> str:
    """The publishable key of a chat in which a look can be tried; empty where none works."""
    return next((channel.public_key for channel in queries.channels() if channel.public_key and works(channel)), "")
