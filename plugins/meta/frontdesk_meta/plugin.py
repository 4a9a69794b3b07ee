"""What this plugin offers to Frontdesk."""

from __future__ import annotations

from collections.abc import Sequence

from frontdesk.sdk import Manifest, Permissions, hookimpl
from frontdesk.sdk.channel import Channel

from . import __version__, graph
from .channel import Instagram, Messenger
from .words import phrase

FILES = ("*.fbcdn.net", "*.fbsbx.com", "*.cdninstagram.com")
"""Where Meta keeps what customers send."""


@hookimpl
def manifest() -> Manifest:
    hosts = tuple(dict.fromkeys((graph.host_of(graph.FACEBOOK), graph.host_of(graph.INSTAGRAM))))
    return Manifest(
        slug="meta",
        name=phrase("Instagram and Messenger"),
        version=__version__,
        requires_frontdesk=">=0.1,<1",
        description=phrase("Customers write to your Instagram account or your Facebook page, and your agents answer."),
        permissions=Permissions(hosts=(*hosts, *FILES), data=("conversations", "contacts"), secrets=("token", "app_secret")),
        uninstall="forget",
        homepage="https://developers.facebook.com/docs/messenger-platform",
        icon="forum",
    )


@hookimpl
def register_channels() -> Sequence[type[Channel]]:
    return [Messenger, Instagram]
