"""Who acts, and what they may do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from frontdesk.core.errors import NotAllowed

from .models import ApiKey, Membership, Role, User, Workspace


class Permission(StrEnum):
    VIEW = "view"
    ANSWER = "answer"
    EDIT_AGENTS = "edit_agents"
    EDIT_KNOWLEDGE = "edit_knowledge"
    EDIT_TESTS = "edit_tests"
    EDIT_SLIDES = "edit_slides"
    EDIT_PAGES = "edit_pages"
    MANAGE_CHANNELS = "manage_channels"
    MANAGE_CONTACTS = "manage_contacts"
    MANAGE_TOOLS = "manage_tools"
    MANAGE_AUTOMATIONS = "manage_automations"
    MANAGE_PROVIDERS = "manage_providers"
    MANAGE_PLUGINS = "manage_plugins"
    MANAGE_TEAM = "manage_team"
    MANAGE_KEYS = "manage_keys"
    MANAGE_WEBHOOKS = "manage_webhooks"
    MANAGE_BILLING = "manage_billing"
    MANAGE_WORKSPACE = "manage_workspace"


_VIEWER = frozenset({Permission.VIEW})
_TEAMMATE = _VIEWER | {Permission.ANSWER}
_EDITOR = _TEAMMATE | {
    Permission.EDIT_AGENTS,
    Permission.EDIT_KNOWLEDGE,
    Permission.EDIT_TESTS,
    Permission.EDIT_SLIDES,
    Permission.EDIT_PAGES,
    Permission.MANAGE_CHANNELS,
    Permission.MANAGE_CONTACTS,
    Permission.MANAGE_TOOLS,
    Permission.MANAGE_AUTOMATIONS,
}
_OWNER = frozenset(Permission)

PERMISSIONS: dict[str, frozenset[Permission]] = {
    Role.VIEWER: _VIEWER,
    Role.TEAMMATE: _TEAMMATE,
    Role.EDITOR: _EDITOR,
    Role.OWNER: _OWNER,
}


@dataclass(frozen=True, slots=True)
class Actor:
    """Whoever does something in a workspace: a person, a program with an API key, or Frontdesk itself."""

    kind: Literal["user", "key", "system"]
    name: str
    workspace: Workspace
    role: str
    user: User | None = None
    api_key: ApiKey | None = None

    @classmethod
    def person(cls, membership: Membership) -> Actor:
        user = membership.user
        return cls("user", user.get_full_name(), membership.workspace, membership.role, user=user)

    @classmethod
    def program(cls, api_key: ApiKey) -> Actor:
        """A key may do what an editor may: no team, keys, money or vendor accounts."""
        return cls("key", api_key.name, api_key.workspace, Role.EDITOR, api_key=api_key)

    @classmethod
    def system(cls, workspace: Workspace, name: str = "Frontdesk") -> Actor:
        return cls("system", name, workspace, Role.OWNER)

    @property
    def credential(self) -> str:
        """A short name of this actor's credential in this workspace, for rate limits and stored replies."""
        own = {"user": self.user, "key": self.api_key}.get(self.kind)
        return f"{self.kind}:{own.pk if own else ''}@{self.workspace.pk}"

    def may(self, permission: Permission | str) -> bool:
        return Permission(permission) in PERMISSIONS[self.role]

    def __str__(self) -> str:
        return self.name


def require(actor: Actor, permission: Permission | str) -> None:
    """Raises NotAllowed unless the actor's role has this permission; ValueError for a permission that does not exist."""
    if not actor.may(permission):
        raise NotAllowed
