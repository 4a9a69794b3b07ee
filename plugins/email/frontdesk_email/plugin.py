"""What this plugin offers to Frontdesk."""

from __future__ import annotations

from collections.abc import Sequence

from frontdesk.sdk import Manifest, Permissions, hookimpl
from frontdesk.sdk.channel import Channel

from . import __version__
from .channel import Email
from .config import KNOWN
from .words import phrase


@hookimpl
def manifest() -> Manifest:
    return Manifest(
        slug="email",
        name=phrase("E-mail"),
        version=__version__,
        requires_frontdesk=">=0.1,<1",
        description=phrase("Customers write to your mailbox, and your agents answer by e-mail."),
        permissions=Permissions(
            hosts=tuple(server.where for servers in KNOWN.values() for server in servers),
            data=("conversations", "contacts"),
            secrets=("password",),
            storage=64,
            servers=True,
        ),
        uninstall="forget",
        icon="mail",
    )


@hookimpl
def register_channels() -> Sequence[type[Channel]]:
    return [Email]
