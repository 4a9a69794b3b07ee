"""Every change to a channel by its owner."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal
from urllib.parse import SplitResult, urlsplit

from asgiref.sync import async_to_sync
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from frontdesk.conversations import actions as conversations
from frontdesk.conversations.models import Message
from frontdesk.core.crypto import new_token
from frontdesk.core.errors import Invalid
from frontdesk.core.events import emit
from frontdesk.core.jobs import enqueue
from frontdesk.plugins import calling
from frontdesk.plugins.config import split
from frontdesk.sdk.errors import PluginError
from frontdesk.workspaces import audit
from frontdesk.workspaces.permissions import Actor, require

from . import kinds
from .errors import ConnectionFailed, NobodyWroteYet
from .models import Arrival, Channel, Delivery, Thread
from .outbox import GIVE_UP, ring
from .rehearsal import ending

WIDGET = "widget"
CONNECT_SECONDS = 20.0


@transaction.atomic
def create_widget(
    actor: Actor, agent_id: int, *, name: str, origins: list[str], settings: dict[str, Any] | None = None
) -> Channel:
    """A chat for the owner's web pages, opened by a key that may stand on the page."""
    require(actor, "manage_channels")
    channel = Channel.objects.create(
        workspace=actor.workspace,
        agent=_agent(agent_id),
        kind=WIDGET,
        name=name.strip()[:80] or _("Chat on my website"),
        public_key=new_token("pk"),
        origins=read_origins(origins),
        settings=settings or {},
    )
    audit.record(actor, "channel.created", channel, kind=WIDGET)
    emit(actor.workspace.uuid, "channel.changed", channel=str(channel.uuid))
    return channel


@transaction.atomic
def change_widget(actor: Actor, channel: Channel, **changes: Any) -> Channel:
    """Change `name`, `agent_id`, `origins`, `enabled` or `settings`."""
    require(actor, "manage_channels")
    channel = Channel.objects.select_for_update(of=("self",)).get(pk=channel.pk)
    if "origins" in changes:
        changes["origins"] = read_origins(changes["origins"])
    if "agent_id" in changes:
        changes["agent"] = _agent(changes.pop("agent_id"))
    for field, value in changes.items():
        if field not in {"name", "agent", "origins", "enabled", "settings"}:
            raise ValueError(field)
        setattr(channel, field, value)
    channel.save()
    audit.record(actor, "channel.changed", channel, fields=sorted(changes))
    emit(actor.workspace.uuid, "channel.changed", channel=str(channel.uuid))
    return channel


def connect(
    actor: Actor, kind: str, agent_id: int, values: Mapping[str, Any], *, name: str, channel: Channel | None = None
) -> Channel:
    """Connect a place where customers write, or change one that is. The vendor is told where to write before anything is saved.
    With the values of a real account, one that was rehearsed becomes real.

    Raises UnknownKind, Invalid with one entry a field, or ConnectionFailed in the vendor's words.
    """
    require(actor, "manage_channels")
    offer = kinds.offer_of(actor.workspace, kind)
    rehearsed = channel is not None and channel.rehearsal
    real = channel if channel and not rehearsed else None
    settings, secrets = split(
        offer.item.config_model, values, kept=real.secrets if real else {}, before=real.settings if real else None
    )
    row = channel or Channel(workspace=actor.workspace, kind=kind, webhook_token=new_token("hook"))
    row.rehearsal = False
    row.agent = _agent(agent_id)
    row.name = name.strip()[:80] or str(offer.item.label)
    row.settings, row.secrets = settings, secrets
    tell_vendor(row)
    with transaction.atomic():
        if rehearsed:
            ending.end(row)
        _save(row)
        audit.record(actor, "channel.changed" if channel else "channel.created", row, kind=kind)
        emit(actor.workspace.uuid, "channel.changed", channel=str(row.uuid))
    return row


def _save(channel: Channel) -> None:
    """Without what a poll may be changing at this moment; one that failed before is tried again at once."""
    asked = {"poll_state", "poll_lease", "poll_failures", "poll_problem", "heard_at", "refused"}
    fields = [field.name for field in Channel._meta.concrete_fields if field.name not in {"id", *asked}]
    channel.poll_at = None
    channel.save(update_fields=fields if channel.pk else None)


@transaction.atomic
def change_rehearsal(actor: Actor, channel: Channel, agent_id: int, *, name: str) -> Channel:
    """Another agent or name for a channel that stays in rehearsal."""
    require(actor, "manage_channels")
    channel = Channel.objects.select_for_update(of=("self",)).get(pk=channel.pk, rehearsal=True)
    channel.agent, channel.name = _agent(agent_id), name.strip()[:80] or channel.name
    channel.save(update_fields=["agent", "name", "updated_at"])
    audit.record(actor, "channel.changed", channel, fields=["agent", "name"])
    emit(actor.workspace.uuid, "channel.changed", channel=str(channel.uuid))
    return channel


def tell_vendor(channel: Channel) -> None:
    """Where to write to. Raises ConnectionFailed, ChannelResting."""
    _ask(kinds.connected(channel), "connect")


def check(actor: Actor, channel: Channel) -> str:
    """What the vendor says about the connection, in a sentence. Raises ConnectionFailed, ChannelResting."""
    require(actor, "manage_channels")
    return _ask(kinds.connected(channel), "check") or _("The settings are complete.")


def _ask(channel: kinds.Connected, what: Literal["connect", "check"]) -> str:
    function = getattr(channel.kind, what)
    workspace = channel.channel.workspace
    try:
        said = async_to_sync(calling.call)(
            channel.plugin,
            f"{channel.part}, {what}",
            function,
            kinds.webhook_url(channel.channel),
            channel.context(),
            seconds=CONNECT_SECONDS,
            workspace=workspace.uuid,
        )
    except PluginError as error:
        raise ConnectionFailed(str(error)) from error
    return str(said or "")


@transaction.atomic
def set_enabled(actor: Actor, channel: Channel, *, enabled: bool) -> None:
    """What comes while a channel is off is not taken: vendors send it again later."""
    require(actor, "manage_channels")
    Channel.objects.filter(pk=channel.pk).update(enabled=enabled)
    audit.record(actor, "channel.changed", channel, enabled=enabled)
    emit(actor.workspace.uuid, "channel.changed", channel=str(channel.uuid))


def send_test(actor: Actor, channel: Channel) -> Message:
    """Write to whoever wrote last on this channel. Raises NobodyWroteYet."""
    require(actor, "manage_channels")
    rows = Thread.objects.filter(channel=channel).select_related("conversation__workspace")
    thread = rows.order_by("-conversation__last_message_at").first()
    if thread is None:
        raise NobodyWroteYet()
    return conversations.reply_as_person(actor, thread.conversation, _("This is a test message. All is well."))


@transaction.atomic
def send_again(actor: Actor, message: Message) -> int:
    """Send what of a message was not delivered, or perhaps was: a person decides that. Gives how many parts."""
    require(actor, "answer")
    troubled = message.deliveries.filter(state__in=Delivery.TROUBLED, channel__isnull=False)
    fresh = {"state": Delivery.State.QUEUED, "attempts": 0, "problem": "", "not_before": None, "updated_at": timezone.now()}
    parts = troubled.update(**fresh, give_up_at=timezone.now() + GIVE_UP)
    if parts:
        ring(message)
        audit.record(actor, "message.sent_again", message.conversation, parts=parts)
        where = {"conversation": str(message.conversation.uuid), "message": message.pk}
        emit(actor.workspace.uuid, "delivery.changed", **where, state=Delivery.State.QUEUED)
    return parts


@transaction.atomic
def read_again(actor: Actor, arrival: Arrival) -> bool:
    """Work once more on what could not be read, as after an update of the plugin. False when it is no dead letter any more."""
    require(actor, "manage_channels")
    dead = Arrival.objects.filter(pk=arrival.pk, state=Arrival.State.DEAD)
    if not dead.update(state=Arrival.State.RECEIVED, problem="", updated_at=timezone.now()):
        return False
    enqueue("channels.receive", workspace=actor.workspace, key=str(arrival.pk), arrival_id=arrival.pk)
    audit.record(actor, "arrival.read_again", arrival)
    return True


@transaction.atomic
def discard(actor: Actor, arrival: Arrival) -> None:
    """Forget a dead letter."""
    require(actor, "manage_channels")
    Arrival.objects.filter(pk=arrival.pk, state=Arrival.State.DEAD).delete()
    audit.record(actor, "arrival.discarded", arrival)


@transaction.atomic
def renew_key(actor: Actor, channel: Channel) -> Channel:
    """A new publishable key; pages with the old one stop showing the chat."""
    require(actor, "manage_channels")
    channel = Channel.objects.select_for_update(of=("self",)).get(pk=channel.pk)
    channel.public_key = new_token("pk")
    channel.save(update_fields=["public_key", "updated_at"])
    audit.record(actor, "channel.key_renewed", channel)
    return channel


@transaction.atomic
def delete_channel(actor: Actor, channel: Channel) -> None:
    """Conversations stay."""
    require(actor, "manage_channels")
    audit.record(actor, "channel.deleted", channel, name=channel.name)
    channel.delete()
    emit(actor.workspace.uuid, "channel.changed", channel=str(channel.uuid))


def _agent(agent_id: int) -> Any:
    """An agent of the workspace in scope; rooms on one line know each other by label only."""
    agent = Channel._meta.get_field("agent").related_model.objects.filter(pk=agent_id, deleted_at=None).first()
    if agent is None:
        raise Invalid.field("agent", _("This agent does not exist. Choose again."))
    return agent


def read_origins(entries: list[str]) -> list[str]:
    """Web addresses as a browser sends them in Origin ("https://shop.example", with any port). "*" allows every page."""
    found: list[str] = []
    for entry in entries:
        text = entry.strip().rstrip("/").lower()
        if not text:
            continue
        parts = _parts(text if "://" in text or text == "*" else f"https://{text}")
        if text != "*" and (parts is None or parts.scheme not in {"http", "https"} or not parts.hostname):
            raise Invalid.field(
                "origins", _("“%(entry)s” is not a web address. Write it like https://shop.example.") % {"entry": entry}
            )
        found.append(text if parts is None or text == "*" else f"{parts.scheme}://{parts.netloc}")
    return list(dict.fromkeys(found))


def _parts(address: str) -> SplitResult | None:
    try:
        return urlsplit(address)
    except ValueError:
        return None
