"""What this plugin offers to Frontdesk."""

from __future__ import annotations

from collections.abc import Sequence

from frontdesk.sdk import Manifest, Permissions, hookimpl
from frontdesk.sdk.channel import Channel
from frontdesk.sdk.manifest import ANY_HOST

from . import __version__
from .channel import Webhook
from .words import phrase


@hookimpl
def manifest() -> Manifest:
    return Manifest(
        slug="webhook",
        name=phrase("Webhook channel"),
        version=__version__,
        requires_frontdesk=">=0.1,<1",
        description=phrase("Connects a system of your own: it posts customers' messages, and answers are posted back to it."),
        permissions=Permissions(hosts=(ANY_HOST,), data=("conversations", "contacts"), secrets=("secret",)),
        icon="webhook",
    )


@hookimpl
def register_channels() -> Sequence[type[Channel]]:
    return [Webhook]
