"""What a vendor posts to a channel's address: checked, kept as it came, and only then acknowledged.

A channel that is off answers 503 instead of keeping what it cannot check: without the plugin nobody knows who wrote. Vendors send
again for hours or days, so nothing is lost when it is turned on again in time.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from frontdesk.core.jobs import enqueue
from frontdesk.core.scoping import scope, unscoped
from frontdesk.plugins import calling
from frontdesk.plugins.errors import PluginFailed
from frontdesk.sdk.channel import Envelope
from frontdesk.sdk.errors import ChannelError, PayloadInvalid, SignatureInvalid
from frontdesk.sdk.values import WebRequest, WebResponse

from .errors import ChannelNotFound, ChannelResting, RequestTooLarge, SignatureRefused
from .kinds import Connected, connected
from .models import Arrival, Channel

MOST_BYTES = 2**20
TOKEN = re.compile(r"hook_[A-Za-z0-9_-]{43}")
# A plugin only looks at what is in memory.
SECONDS = 3.0
TAKEN = WebResponse()


def take_in(token: str, request: WebRequest) -> WebResponse:
    """Keep a request and give the answer for the vendor. The same request is kept once.

    Raises ChannelNotFound, RequestTooLarge, SignatureRefused, or ChannelResting: come again.
    """
    channel = _channel(token)
    if len(request.body) > MOST_BYTES:
        raise RequestTooLarge()
    with scope(workspace=channel.workspace):
        if not channel.enabled:
            raise ChannelResting()
        served = connected(channel)
        if served.kind.polls:
            raise ChannelNotFound()  # nobody is told to write here
        seen = _inspect(served, request)
        if seen.handshake is not None:
            note_heard(channel)
            return seen.handshake
        with transaction.atomic():
            for event, envelope in seen.events:
                keep(served, event, envelope)
    return seen.taken


def _channel(token: str) -> Channel:
    with unscoped():
        rows = Channel.objects.select_related("workspace").filter(webhook_token=token)
        found = rows.first() if TOKEN.fullmatch(token) else None
    if found is None:
        raise ChannelNotFound()
    return found


@dataclass(frozen=True, slots=True)
class _Seen:
    """What the plugin says: the answer to a handshake; what the request is made of, each with how to tell it from others; what to
    answer when that is kept.
    """

    handshake: WebResponse | None
    events: Sequence[tuple[WebRequest, Envelope]]
    taken: WebResponse = TAKEN


def _inspect(channel: Connected, request: WebRequest) -> _Seen:
    kind = channel.kind

    def look() -> _Seen:
        kind.verify(request, channel.settings)
        handshake = kind.handshake(request, channel.settings)
        try:
            events, taken = kind.split(request, channel.settings), kind.taken(request, channel.settings)
        except PayloadInvalid:
            events, taken = (request,), TAKEN
        return _Seen(handshake, [(event, envelope_of(channel, event)) for event in events], taken)

    workspace = channel.channel.workspace
    try:
        return calling.call_now(channel.plugin, channel.part, look, seconds=SECONDS, workspace=workspace.uuid, answers=_Seen)
    except SignatureInvalid as error:
        Channel.objects.filter(pk=channel.channel.pk).update(refused=F("refused") + 1)
        raise SignatureRefused() from error
    except (PluginFailed, ChannelError) as error:
        raise ChannelResting() from error


def envelope_of(channel: Connected, request: WebRequest) -> Envelope:
    """The plugin's; by the body for what it cannot read."""
    try:
        return channel.kind.envelope(request, channel.settings)
    except PayloadInvalid:
        return Envelope(sha256(request.body).hexdigest())


def keep(served: Connected, request: WebRequest, envelope: Envelope) -> None:
    """Write a request down, once, and have a worker read it; in the caller's transaction."""
    channel = served.channel
    try:
        with transaction.atomic():
            arrival = Arrival.objects.create(
                workspace=channel.workspace,
                channel=channel,
                external_id=fitting(envelope.id),
                lane=fitting(envelope.lane),
                method=request.method[:8],
                headers={name: value for name, value in request.headers.items() if name in served.kind.kept_headers},
                query=dict(request.query),
                body=request.body,
            )
            enqueue("channels.receive", workspace=channel.workspace, key=str(arrival.pk), arrival_id=arrival.pk)
    except IntegrityError:
        if not Arrival.objects.filter(channel=channel, external_id=fitting(envelope.id)).exists():
            raise


def note_heard(channel: Channel) -> None:
    """The vendor reaches us; written at most once a minute."""
    now = timezone.now()
    if channel.heard_at is None or (now - channel.heard_at).total_seconds() > 60:
        Channel.objects.filter(pk=channel.pk).update(heard_at=now)


def fitting(external_id: str) -> str:
    """A vendor's id as a column takes it; a longer one by its hash."""
    plain = external_id.replace("\x00", "")
    return plain if len(plain) <= 200 else sha256(plain.encode()).hexdigest()
