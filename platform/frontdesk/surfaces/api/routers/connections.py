"""Places that a knowledge base learns from again and again, through the loaders of plugins."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

from ninja import Field, Router, Schema, Status
from pydantic import StringConstraints

from frontdesk.knowledge import queries as knowledge
from frontdesk.knowledge.connections import actions, loaders, queries
from frontdesk.knowledge.connections.items import Item
from frontdesk.knowledge.models import SourceConnection
from frontdesk.plugins.offers import Offer
from frontdesk.workspaces.permissions import require

from ..auth import ApiRequest

router = Router(tags=["Knowledge"])
CONNECTIONS = "/api/knowledge-bases/{uuid:kb_uuid}/connections"
CONNECTION = "/api/connections/{uuid:connection_id}"
Name = Annotated[str, StringConstraints(strip_whitespace=True, max_length=120)]
Slug = Annotated[str, StringConstraints(max_length=40)]
SETTINGS = "As the loader's `settings_schema` says. A secret that is left empty on a change stays."
INTERVAL = "How often to look there: ISO 8601, `HH:MM:SS` or seconds; null: as often as the base refreshes its links."


class LoaderOut(Schema):
    slug: str
    label: str = Field(alias="item.label")
    description: str = Field(alias="item.description")
    plugin: str
    lists_all: bool = Field(alias="item.lists_all", description="Whether what is not listed any more is gone there.")
    settings_schema: dict[str, Any]

    @staticmethod
    def resolve_settings_schema(offer: Offer) -> dict[str, Any]:
        schema: dict[str, Any] = offer.item.config_model.model_json_schema()
        return schema


class LookIn(Schema):
    loader: Slug
    settings: dict[str, Any] = Field({}, description=SETTINGS)


class ConnectionIn(LookIn):
    name: Name = ""
    interval: timedelta | None = Field(None, ge=timedelta(minutes=5), le=timedelta(days=365), description=INTERVAL)
    forgets: bool | None = Field(
        None,
        description="Whether what is no longer there is deleted, to be brought back for 30 days; null: as the loader advises.",
    )


class ConnectionPatch(Schema):
    """Any of the fields; what is left out stays."""

    settings: dict[str, Any] = Field({}, description=SETTINGS)
    name: Name = ""
    interval: timedelta | None = Field(None, ge=timedelta(minutes=5), le=timedelta(days=365), description=INTERVAL)
    forgets: bool = True


class ConnectionOut(Schema):
    uuid: UUID
    kb_uuid: UUID = Field(alias="base.uuid")
    loader: str
    name: str
    settings: dict[str, Any] = Field(description="Without secrets.")
    secrets: list[str] = Field(description="Names of those that are set.")
    interval: str | None
    forgets: bool
    status: str = Field(description="looking, learning, fresh, resting (its plugin is off) or problem")
    problem: str
    problem_code: str
    items: int = Field(alias="item_count")
    result: dict[str, int] = Field(description="Of the last whole look: found, added, changed, removed, skipped.")
    last_refreshed_at: datetime | None = Field(alias="refreshed_at")
    created_at: datetime
    updated_at: datetime

    @staticmethod
    def resolve_interval(connection: SourceConnection) -> str | None:
        return str(connection.interval) if connection.interval is not None else None

    @staticmethod
    def resolve_secrets(connection: SourceConnection) -> list[str]:
        return sorted(name for name, value in connection.secrets.items() if value)

    @staticmethod
    def resolve_status(connection: SourceConnection) -> str:
        return queries.progress(connection).state

    @staticmethod
    def resolve_problem(connection: SourceConnection) -> str:
        progress = queries.progress(connection)
        return progress.sentence if progress.state in {"problem", "resting"} else ""


class FoundOut(Schema):
    id: str
    name: str
    url: str
    beginning: str = Field(description="The first 300 characters of its text or markup.")

    @staticmethod
    def resolve_beginning(item: Item) -> str:
        return item.text[:300]


@router.get("/api/source-loaders", response=list[LoaderOut])
def list_loaders(request: ApiRequest) -> list[Offer]:
    """What kinds of places can be connected: those of plugins that are on."""
    require(request.actor, "view")
    return loaders.available(request.actor.workspace)


@router.get(CONNECTIONS, response=list[ConnectionOut])
def list_connections(request: ApiRequest, kb_uuid: UUID) -> list[SourceConnection]:
    """At most 50."""
    return list(queries.connections_of(knowledge.base(kb_uuid)))


@router.post(CONNECTIONS, response={201: ConnectionOut})
def connect(request: ApiRequest, kb_uuid: UUID, body: ConnectionIn) -> Status:
    """Connect a place and look there at once."""
    base = knowledge.base(kb_uuid)
    made = actions.connect(
        request.actor, base, body.loader, body.settings, name=body.name, interval=body.interval, forgets=body.forgets
    )
    return Status(201, queries.connection(made.uuid))


@router.post(CONNECTIONS + "/test", response=list[FoundOut])
def test_connection(request: ApiRequest, kb_uuid: UUID, body: LookIn) -> Any:
    """The first few things that are found there. Nothing is saved and nothing learned."""
    knowledge.base(kb_uuid)
    return actions.preview(request.actor, body.loader, body.settings)


@router.get(CONNECTION, response=ConnectionOut)
def read_connection(request: ApiRequest, connection_id: UUID) -> SourceConnection:
    return queries.connection(connection_id)


@router.patch(CONNECTION, response=ConnectionOut)
def change_connection(request: ApiRequest, connection_id: UUID, body: ConnectionPatch) -> SourceConnection:
    """With other settings the whole place is looked at again."""
    fields = body.dict(exclude_unset=True)
    values = fields.pop("settings", None)
    actions.change(request.actor, queries.connection(connection_id), values, **fields)
    return queries.connection(connection_id)


@router.post(CONNECTION + "/refresh", response={202: ConnectionOut})
def refresh_connection(request: ApiRequest, connection_id: UUID) -> Status:
    """Look there now; only what is new or changed is learned."""
    actions.refresh(request.actor, queries.connection(connection_id))
    return Status(202, queries.connection(connection_id))


@router.post(CONNECTION + "/cancel", response={202: ConnectionOut})
def cancel_connection(request: ApiRequest, connection_id: UUID) -> Status:
    """Stop looking. What was found so far is learned."""
    actions.stop(request.actor, queries.connection(connection_id))
    return Status(202, queries.connection(connection_id))


@router.delete(CONNECTION, response={204: None})
def disconnect(request: ApiRequest, connection_id: UUID, keep: bool = True) -> Status:
    """Forget the place. What was learned stays, or with `keep=false` is deleted and can be brought back for 30 days."""
    actions.disconnect(request.actor, queries.connection(connection_id), keep=keep)
    return Status(204, None)
