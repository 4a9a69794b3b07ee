"""Where a conversation takes place, as its mark in a list: a symbol and a name."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from frontdesk.plugins.host import host
from frontdesk.sdk.words import said


@dataclass(frozen=True, slots=True)
class Place:
    """`icon` is the name of a Material symbol."""

    icon: str
    label: str


OWN = {
    "widget": ("chat", _("Chat on the website")),
    "api": ("code", _("API")),
    "mcp": ("code", _("MCP")),
    "test": ("science", _("Test")),
}


def place(kind: str) -> Place:
    """Of a channel's kind; its slug where the plugin is gone."""
    if kind in OWN:
        icon, label = OWN[kind]
        return Place(icon, str(label))
    offer = host().offers("channels").get(kind)
    if offer is None:
        return Place("forum", kind)
    return Place(host().manifests[offer.plugin].icon, said(offer.item.label, get_language() or ""))
