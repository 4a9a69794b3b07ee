"""What a vendor posts to a channel's address: checked, kept as it came, and only then acknowledged.

A channel that is off answers 503 instead of keeping what it cannot check: without the plugin nobody knows who wrote. Vendors send
again for hours or days, so nothing is lost when it is turned on again in time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, TypeVar

from django.db import DataError, IntegrityError, transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from frontdesk.core.jobs import enqueue, enqueue_all
from frontdesk.core.prepared import prepared
from frontdesk.core.saving import insert_all
from frontdesk.core.scoping import unscoped
from frontdesk.core.threads import in_thread
from frontdesk.core.together import Together
from frontdesk.plugins import calling
from frontdesk.plugins.errors import PluginFailed
from frontdesk.runs.task import storable
from frontdesk.sdk.channel import Envelope
from frontdesk.sdk.errors import ChannelError, PayloadInvalid, SignatureInvalid
from frontdesk.sdk.values import WebRequest, WebResponse

from .errors import ChannelNotFound, ChannelResting, RequestTooLarge, SignatureRefused
from .kinds import Connected, connected_all
from .models import Arrival, Channel

MOST_BYTES = 2**20
TOKEN = re.compile(r"hook_[A-Za-z0-9_-]{43}")
# A plugin only looks at what is in memory.
SECONDS = 3.0
TAKEN = WebResponse()

T = TypeVar("T")
Events = Sequence[tuple[WebRequest, Envelope]]
Taken = tuple[Connected, Events]


@dataclass(frozen=True, slots=True)
class Seen:
    """What the plugin says: the answer to a handshake; what the request is made of, each with how to tell it from others; what to
    answer when that is kept.
    """

    handshake: WebResponse | None
    events: Events
    taken: WebResponse = TAKEN


def take_in(token: str, request: WebRequest) -> WebResponse:
    """Keep a request and give the answer for the vendor. The same request is kept once.

    Raises ChannelNotFound, RequestTooLarge, SignatureRefused, or ChannelResting: come again.
    """
    served = _raised(find_all([token])[0])
    _check_size(request)
    with _refusals(served):
        seen = calling.call_now(
            served.plugin,
            served.part,
            lambda: _look(served, request),
            seconds=SECONDS,
            workspace=served.channel.workspace.uuid,
            answers=Seen,
        )
    if seen.handshake is not None:
        note_heard(served.channel)
        return seen.handshake
    _raised(keep_all([(served, seen.events)])[0])
    return seen.taken


async def take_in_soon(token: str, request: WebRequest) -> WebResponse:
    """The same for a server: requests that come in at the same moment are looked up together and kept in one transaction."""
    served = await _found(token)
    _check_size(request)

    async def look() -> Seen:
        return _look(served, request)

    try:
        with _refusals(served, count=False):
            seen = await calling.call(
                served.plugin, served.part, look, seconds=SECONDS, workspace=served.channel.workspace.uuid, answers=Seen
            )
    except SignatureRefused:
        await in_thread(_count_refused, served.channel)
        raise
    if seen.handshake is not None:
        await in_thread(note_heard, served.channel)
        return seen.handshake
    await _kept((served, seen.events))
    return seen.taken


def find_all(tokens: Sequence[str]) -> list[Connected | ChannelNotFound | ChannelResting]:
    """What each token leads to, of whichever workspaces."""
    with unscoped():
        channels = {row.webhook_token: row for row in _at([each for each in tokens if TOKEN.fullmatch(each)])}
        on = [channel for channel in channels.values() if channel.enabled]
        served = dict(zip(on, connected_all(on), strict=True))
    found: list[Connected | ChannelNotFound | ChannelResting] = []
    for token in tokens:
        channel = channels.get(token)
        one = served.get(channel, ChannelResting()) if channel else ChannelNotFound()
        # Nobody is told to write to a channel that asks by itself.
        found.append(ChannelNotFound() if isinstance(one, Connected) and one.kind.polls else one)
    return found


@prepared
def _at(tokens: Any) -> QuerySet[Channel]:
    return Channel.objects.select_related("workspace").filter(webhook_token__any=tokens)


def keep_all(taken: Sequence[Taken]) -> list[None | Exception]:
    """Write down what several requests are made of, each once, in one transaction; when that fails, each in its own."""
    with unscoped():
        try:
            with transaction.atomic():
                _write(taken)
        except (IntegrityError, DataError, ValueError):  # whose request it is, the rest must not pay for it
            return [_keep_alone(served, events) for served, events in taken]
    return [None] * len(taken)


_found = Together(find_all)
_kept = Together(keep_all)


def _write(taken: Sequence[Taken]) -> None:
    """Raises IntegrityError when somebody else writes one of them down at the same moment."""
    rows = [_arrival(served, event, envelope) for served, events in taken for event, envelope in events]
    fresh = {(row.channel_id, row.external_id): row for row in reversed(rows)}
    for known in _known(list({channel for channel, _id in fresh}), [own for _channel, own in fresh]):
        fresh.pop((known.channel_id, known.external_id), None)
    kept = list(reversed(fresh.values()))
    insert_all(kept)
    enqueue_all("channels.receive", [(row.workspace, str(row.pk), {"arrival_id": row.pk}) for row in kept])


@prepared
def _known(channels: Any, external_ids: Any) -> QuerySet[Arrival]:
    rows = Arrival.objects.filter(channel__any=channels, external_id__any=external_ids)
    return rows.only("channel", "external_id")


def _keep_alone(served: Connected, events: Events) -> Exception | None:
    try:
        with transaction.atomic():
            for event, envelope in events:
                keep(served, event, envelope)
    except (IntegrityError, DataError, ValueError) as error:
        return error
    return None


def _raised(found: T | Exception) -> T:
    if isinstance(found, Exception):
        raise found
    return found


def _check_size(request: WebRequest) -> None:
    if len(request.body) > MOST_BYTES:
        raise RequestTooLarge()


def _look(channel: Connected, request: WebRequest) -> Seen:
    """The plugin's work. Raises SignatureInvalid."""
    kind = channel.kind
    kind.verify(request, channel.settings)
    handshake = kind.handshake(request, channel.settings)
    try:
        events, taken = kind.split(request, channel.settings), kind.taken(request, channel.settings)
    except PayloadInvalid:
        events, taken = (request,), TAKEN
    return Seen(handshake, [(event, envelope_of(channel, event)) for event in events], taken)


@contextmanager
def _refusals(served: Connected, *, count: bool = True) -> Iterator[None]:
    """What a plugin's errors mean to the vendor."""
    try:
        yield
    except SignatureInvalid as error:
        if count:
            _count_refused(served.channel)
        raise SignatureRefused() from error
    except (PluginFailed, ChannelError) as error:
        raise ChannelResting() from error


def _count_refused(channel: Channel) -> None:
    with unscoped():
        Channel.objects.filter(pk=channel.pk).update(refused=F("refused") + 1)


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
            arrival = _arrival(served, request, envelope)
            arrival.save(force_insert=True)
            enqueue("channels.receive", workspace=channel.workspace, key=str(arrival.pk), arrival_id=arrival.pk)
    except IntegrityError:
        if not Arrival.objects.filter(channel=channel, external_id=fitting(envelope.id)).exists():
            raise


def _arrival(served: Connected, request: WebRequest, envelope: Envelope) -> Arrival:
    return Arrival(
        workspace=served.channel.workspace,
        channel=served.channel,
        external_id=fitting(envelope.id),
        lane=fitting(envelope.lane),
        method=request.method[:8],
        headers={name: storable(value) for name, value in request.headers.items() if name in served.kind.kept_headers},
        query={storable(name): storable(value) for name, value in request.query.items()},
        body=request.body,
    )


def note_heard(channel: Channel) -> None:
    """The vendor reaches us; written at most once a minute."""
    now = timezone.now()
    if channel.heard_at is None or (now - channel.heard_at).total_seconds() > 60:
        with unscoped():
            Channel.objects.filter(pk=channel.pk).update(heard_at=now)


def fitting(external_id: str) -> str:
    """A vendor's id as a column takes it; a longer one by its hash."""
    plain = storable(external_id)
    return plain if len(plain) <= 200 else sha256(plain.encode()).hexdigest()
