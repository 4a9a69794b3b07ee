"""Channels: where customers write. Secrets go in and never come out."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from ninja import Field, Query, Router, Schema, Status
from pydantic import StringConstraints

from frontdesk.agents.queries import agent_by_uuid
from frontdesk.channels import actions, kinds, queries
from frontdesk.channels.models import Channel
from frontdesk.core.errors import Invalid
from frontdesk.workspaces.permissions import Actor, require

from ..auth import ApiRequest
from ..pagination import Page, Paging, page_of

router = Router(tags=["Channels"])
CHANNEL = "/api/channels/{uuid:channel_id}"
Name = Annotated[str, StringConstraints(strip_whitespace=True, max_length=80)]
Origins = Annotated[list[Annotated[str, StringConstraints(max_length=300)]], Field(max_length=100)]
_LOOK = gettext_lazy("The look of a website chat is chosen in the Studio.")
_ONLY_WIDGETS = gettext_lazy("Only a website chat has pages that may show it.")
SETTINGS = "Of a messenger, as its kind's form asks. A secret that is left empty on a change stays."


class ChannelIn(Schema):
    kind: Annotated[str, StringConstraints(max_length=40)] = Field(description="`widget`, or one of a plugin that is on.")
    agent_id: UUID
    name: Name = ""
    origins: Origins = Field([], description="Of a widget: pages that may show it; `*` for all.")
    settings: dict[str, Any] = Field({}, description=SETTINGS)


class ChannelPatch(Schema):
    """Any of the fields; what is left out stays."""

    agent_id: UUID | None = None
    name: Name = ""
    enabled: bool = True
    origins: Origins = []
    settings: dict[str, Any] = Field({}, description=SETTINGS)


class ChannelOut(Schema):
    id: int
    uuid: UUID
    kind: str
    name: str
    agent_id: UUID = Field(alias="agent.uuid")
    enabled: bool
    rehearsal: bool
    public_key: str | None = Field(description="Of a widget: may stand on a page.")
    origins: list[str]
    settings: dict[str, Any] = Field(description="Without secrets.")
    secrets: list[str] = Field(description="Names of those that are set.")
    webhook_url: str | None = Field(description="Where the vendor posts.")
    heard_at: datetime | None
    created_at: datetime
    updated_at: datetime

    @staticmethod
    def resolve_secrets(channel: Channel) -> list[str]:
        return sorted(channel.secrets)

    @staticmethod
    def resolve_webhook_url(channel: Channel) -> str | None:
        return kinds.webhook_url(channel) if channel.webhook_token else None


class CheckOut(Schema):
    message: str


@router.get("/api/channels", response=Page[ChannelOut])
def list_channels(request: ApiRequest, paging: Query[Paging]) -> dict[str, Any]:
    require(request.actor, "manage_channels")
    return page_of(request, queries.channels(), paging)


@router.post("/api/channels", response={201: ChannelOut})
def create_channel(request: ApiRequest, body: ChannelIn) -> Status:
    """A chat for web pages, or a messenger, whose vendor is told where to write before anything is saved."""
    agent = agent_by_uuid(body.agent_id)
    if body.kind == actions.WIDGET:
        _refuse(body, "settings", _LOOK)
        made = actions.create_widget(request.actor, agent.pk, name=body.name, origins=body.origins)
    else:
        _refuse(body, "origins", _ONLY_WIDGETS)
        made = actions.connect(request.actor, body.kind, agent.pk, body.settings, name=body.name)
    return Status(201, made)


@router.get(CHANNEL, response=ChannelOut)
def read_channel(request: ApiRequest, channel_id: UUID) -> Channel:
    require(request.actor, "manage_channels")
    return queries.channel_by_uuid(channel_id)


@router.patch(CHANNEL, response=ChannelOut)
def change_channel(request: ApiRequest, channel_id: UUID, body: ChannelPatch) -> Channel:
    """Of a messenger, other settings are told to its vendor before anything is saved."""
    channel = queries.channel_by_uuid(channel_id)
    changes = body.dict(exclude_unset=True)
    if named := changes.pop("agent_id", None):
        changes["agent_id"] = agent_by_uuid(named).pk
    if not changes.get("name"):
        changes.pop("name", None)
    if channel.kind == actions.WIDGET:
        _refuse(body, "settings", _LOOK)
        actions.change_widget(request.actor, channel, **changes)
    else:
        _refuse(body, "origins", _ONLY_WIDGETS)
        _change_messenger(request.actor, channel, changes)
    return queries.channel_by_uuid(channel_id)


@router.post(CHANNEL + "/check", response=CheckOut)
def check_channel(request: ApiRequest, channel_id: UUID) -> dict[str, str]:
    """What a messenger's vendor says about the connection. A widget has none and is always well."""
    channel = queries.channel_by_uuid(channel_id)
    if channel.kind == actions.WIDGET:
        require(request.actor, "manage_channels")
        return {"message": _("The settings are complete.")}
    return {"message": actions.check(request.actor, channel)}


@router.delete(CHANNEL, response={204: None})
def delete_channel(request: ApiRequest, channel_id: UUID) -> Status:
    """Conversations stay."""
    actions.delete_channel(request.actor, queries.channel_by_uuid(channel_id))
    return Status(204, None)


def _change_messenger(actor: Actor, channel: Channel, changes: dict[str, Any]) -> None:
    agent_id, name = changes.get("agent_id") or channel.agent_id, changes.get("name") or channel.name
    if "settings" in changes or (changes.keys() & {"agent_id", "name"} and not channel.rehearsal):
        values = {**channel.settings, **changes.get("settings", {})}
        actions.connect(actor, channel.kind, agent_id, values, name=name, channel=channel)
    elif changes.keys() & {"agent_id", "name"}:
        actions.change_rehearsal(actor, channel, agent_id, name=name)
    if "enabled" in changes:
        actions.set_enabled(actor, channel, enabled=changes["enabled"])


def _refuse(body: ChannelIn | ChannelPatch, field: str, why: Any) -> None:
    if getattr(body, field):
        raise Invalid.field(field, why)
