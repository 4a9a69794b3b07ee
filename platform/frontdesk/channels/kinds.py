"""The kinds of channels that plugins bring, and a channel of the owner's as its plugin sees it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

from django.conf import settings as django_settings
from pydantic import BaseModel, ValidationError

from frontdesk.core.guarded import Room
from frontdesk.plugins import activation, capabilities
from frontdesk.plugins.host import host
from frontdesk.plugins.offers import Offer
from frontdesk.sdk.channel import Capabilities
from frontdesk.sdk.channel import Channel as Kind
from frontdesk.sdk.context import Context
from frontdesk.workspaces.models import Workspace

from .errors import ChannelResting, UnknownKind
from .models import Channel
from .rehearsal.playing import StageSockets, http_for


@dataclass(frozen=True, slots=True)
class Connected:
    """A channel with the code that serves it."""

    channel: Channel
    plugin: str
    kind: Kind
    settings: BaseModel

    @property
    def part(self) -> str:
        """How the plugins room names this part of the plugin."""
        return f"channel {self.channel.kind}"

    def context(self, room: Room | None = None) -> Context:
        """In a rehearsal the only way out leads to the vendor's double."""
        workspace = self.channel.workspace
        context = capabilities.context(workspace, self.plugin, self.settings, language=workspace.language, room=room)
        if not self.channel.rehearsal:
            return context
        return replace(context, http=partial(http_for, self), sockets=StageSockets(self))


def offered(workspace: Workspace) -> list[Offer]:
    """Kinds whose plugins are on here, by label."""
    on = activation.active(workspace)
    return sorted((offer for offer in host().offers("channels").values() if offer.plugin in on), key=lambda each: each.item.label)


def offer_of(workspace: Workspace, kind: str) -> Offer:
    """Raises UnknownKind when no plugin that is on here brings it."""
    offer = host().offers("channels").get(kind)
    if offer is None or not activation.is_on(workspace, offer.plugin):
        raise UnknownKind()
    return offer


def connected(channel: Channel) -> Connected:
    """Raises ChannelResting while its plugin is off, or its settings do not fit the plugin any more."""
    found = connected_all([channel])[0]
    if isinstance(found, ChannelResting):
        raise found
    return found


def connected_all(channels: Sequence[Channel]) -> list[Connected | ChannelResting]:
    """Each channel with the code that serves it, of whichever workspaces, in one query."""
    offers = [host().offers("channels").get(channel.kind) for channel in channels]
    pairs = list(zip(channels, offers, strict=True))
    on = activation.on_in([(channel.workspace, offer.plugin) for channel, offer in pairs if offer])
    return [
        _connected(channel, offer if offer and (channel.workspace.pk, offer.plugin) in on else None) for channel, offer in pairs
    ]


def _connected(channel: Channel, offer: Offer | None) -> Connected | ChannelResting:
    if offer is None:
        return ChannelResting()
    try:
        settings = offer.item.config_model.model_validate({**channel.settings, **channel.secrets})
    except ValidationError:
        return ChannelResting()
    return Connected(channel, offer.plugin, offer.item(), settings)


def capabilities_of(kind: str) -> Capabilities:
    """Those of the class, or common ones while its package is away."""
    offer = host().offers("channels").get(kind)
    return offer.item.capabilities if offer else Capabilities()


def webhook_url(channel: Channel) -> str:
    """Where the vendor writes to. Vendors insist on https, and so do their doubles, who never go there."""
    base = django_settings.BASE_URL
    if channel.rehearsal:
        base = f"https://{base.partition('://')[2]}"
    return f"{base}/hooks/{channel.webhook_token}"
