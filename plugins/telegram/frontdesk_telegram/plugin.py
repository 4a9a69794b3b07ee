"""What this plugin offers to Frontdesk."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from frontdesk.sdk import Manifest, Permissions, hookimpl
from frontdesk.sdk.channel import Channel

from . import __version__
from .api import api_url
from .channel import Telegram
from .words import phrase


@hookimpl
def manifest() -> Manifest:
    return Manifest(
        slug="telegram",
        name="Telegram",
        version=__version__,
        requires_frontdesk=">=0.1,<1",
        description=phrase("Customers write to your Telegram bot, and your agents answer."),
        permissions=Permissions(hosts=(urlsplit(api_url()).netloc,), data=("conversations", "contacts"), secrets=("token",)),
        uninstall="forget",
        homepage="https://core.telegram.org/bots/api",
        icon="send",
    )


@hookimpl
def register_channels() -> Sequence[type[Channel]]:
    return [Telegram]
