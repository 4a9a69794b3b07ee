"""Every change to a channel."""

from __future__ import annotations

from typing import Any
from urllib.parse import SplitResult, urlsplit

from django.db import transaction
from django.utils.translation import gettext as _

from frontdesk.core.crypto import new_token
from frontdesk.core.errors import Invalid
from frontdesk.core.events import emit
from frontdesk.workspaces import audit
from frontdesk.workspaces.permissions import Actor, require

from .models import Channel

WIDGET = "widget"


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
