"""What this plugin offers to Frontdesk."""

from __future__ import annotations

from collections.abc import Sequence

from frontdesk_meta import graph

from frontdesk.sdk import Manifest, Permissions, hookimpl
from frontdesk.sdk.channel import Channel

from . import __version__
from .channel import WhatsApp
from .words import phrase

FILES = ("lookaside.fbsbx.com", "*.fbcdn.net", "*.whatsapp.net")
"""Where Meta keeps what customers send."""


@hookimpl
def manifest() -> Manifest:
    return Manifest(
        slug="whatsapp",
        name="WhatsApp",
        version=__version__,
        requires_frontdesk=">=0.1,<1",
        description=phrase("Customers write to your WhatsApp number, and your agents answer."),
        permissions=Permissions(
            hosts=(graph.host_of(graph.FACEBOOK), *FILES), data=("conversations", "contacts"), secrets=("token", "app_secret")
        ),
        uninstall="forget",
        homepage="https://developers.facebook.com/docs/whatsapp/cloud-api",
        icon="perm_phone_msg",
    )


@hookimpl
def register_channels() -> Sequence[type[Channel]]:
    return [WhatsApp]
