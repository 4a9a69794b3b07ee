"""Themes as an owner chooses them, and the chat in which they are tried."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from frontdesk.channels import queries
from frontdesk.channels.models import Channel
from frontdesk.sdk.themes import Theme
from frontdesk.workspaces.models import Workspace

from ...site import themes


@dataclass(frozen=True, slots=True)
class Look:
    """One choice. `slug` is empty for "as the workspace"; `theme` is what the little picture shows."""

    slug: str
    name: str
    description: str
    theme: Theme


def looks(workspace: Workspace, *, follow: bool = False) -> list[Look]:
    """Every theme that is on here; first, if wanted, the choice to follow the workspace's."""
    every = {theme.slug: Look(theme.slug, theme.name, theme.description, theme) for theme in themes.available(workspace).values()}
    if not follow:
        return list(every.values())
    own = every.get(workspace.theme, every[themes.DEFAULT])
    return [
        Look("", _("As everywhere else"), _("The look chosen under Settings, now: %(name)s.") % {"name": own.name}, own.theme),
        *every.values(),
    ]


def works(channel: Channel) -> bool:
    """Whether customers can use this chat now."""
    agent = channel.agent
    return channel.enabled and agent.live and agent.deleted_at is None and agent.archived_at is None


def key_to_try() -> str:
    """The publishable key of a chat in which a look can be tried; empty where none works."""
    return next((channel.public_key for channel in queries.channels() if channel.public_key and works(channel)), "")
