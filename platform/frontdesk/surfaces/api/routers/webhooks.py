"""Outgoing webhooks: addresses that are told what happens, and how that went."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from ninja import Field, Query, Router, Schema, Status
from pydantic import StringConstraints

from frontdesk.webhooks import actions, queries
from frontdesk.webhooks.kinds import KINDS
from frontdesk.webhooks.models import Delivery, Endpoint
from frontdesk.webhooks.sending import body_of
from frontdesk.workspaces.permissions import require

from ..auth import ApiRequest
from ..pagination import Page, Paging, page_of

router = Router(tags=["Webhooks"])
Url = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]
Note = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)]
EventName = Annotated[str, StringConstraints(max_length=40)]
StateName = Literal["queued", "sending", "delivered", "failed"]


class WebhookIn(Schema):
    url: Url = Field(description="A public https address.")
    events: list[EventName] = Field(max_length=50, description="See /api/webhooks/events.")
    description: Note = ""


class WebhookPatch(Schema):
    url: Url | None = None
    events: list[EventName] | None = Field(None, max_length=50)
    description: Note | None = None
    enabled: bool | None = None


class WebhookOut(Schema):
    id: int
    uuid: UUID
    url: str
    events: list[str]
    description: str
    enabled: bool
    problem: str = Field(description="Why the last one was not taken; empty when it was.")
    failing_since: datetime | None
    delivered_at: datetime | None
    created_at: datetime


class WebhookSecretOut(WebhookOut):
    secret: str = Field(description="Signs what is posted. Shown this once.")


class EventKindOut(Schema):
    name: str
    description: str


class AttemptOut(Schema):
    at: datetime
    took_ms: int
    status: int | None
    problem: str
    response: str = Field(description="The beginning of what was answered.")


class WebhookDeliveryOut(Schema):
    uuid: UUID
    event_id: UUID = Field(alias="event.uuid", description="The `webhook-id`: the same at every attempt.")
    event: str = Field(alias="event.kind")
    state: str
    attempts: int
    status: int | None
    problem: str
    next_at: datetime | None
    created_at: datetime


class WebhookDeliveryDetailOut(WebhookDeliveryOut):
    request: str = Field(description="The body that is posted.")
    log: list[AttemptOut]

    @staticmethod
    def resolve_request(delivery: Delivery) -> str:
        return body_of(delivery.event).decode()


class ReplayIn(Schema):
    since: datetime = Field(description="Not longer ago than 30 days.")
    failed_only: bool = Field(True, description="Only what was not taken; else everything, with the same ids.")


class ReplayOut(Schema):
    status: Literal["accepted"] = "accepted"


@router.get("/api/webhooks", response=Page[WebhookOut])
def list_webhooks(request: ApiRequest, paging: Query[Paging]) -> dict[str, Any]:
    require(request.actor, "manage_webhooks")
    return page_of(request, queries.endpoints(), paging)


@router.post("/api/webhooks", response={201: WebhookSecretOut})
def create_webhook(request: ApiRequest, body: WebhookIn) -> Status:
    """Register an address. The answer has its secret, this once."""
    endpoint, secret = actions.create_endpoint(request.actor, body.url, body.events, description=body.description)
    return Status(201, _with_secret(endpoint, secret))


@router.get("/api/webhooks/events", response=list[EventKindOut])
def list_webhook_events(request: ApiRequest) -> list[dict[str, str]]:
    """What an address can be told."""
    require(request.actor, "manage_webhooks")
    return [{"name": name, "description": str(words)} for name, words in KINDS.items()]


@router.get("/api/webhooks/{uuid:webhook_id}", response=WebhookOut)
def read_webhook(request: ApiRequest, webhook_id: UUID) -> Endpoint:
    endpoint = queries.endpoint_by_uuid(webhook_id)
    require(request.actor, "manage_webhooks")
    return endpoint


@router.patch("/api/webhooks/{uuid:webhook_id}", response=WebhookOut)
def change_webhook(request: ApiRequest, webhook_id: UUID, body: WebhookPatch) -> Endpoint:
    """What is left out stays."""
    endpoint = queries.endpoint_by_uuid(webhook_id)
    return actions.change_endpoint(request.actor, endpoint, **body.model_dump(exclude_none=True))


@router.delete("/api/webhooks/{uuid:webhook_id}", response={204: None})
def delete_webhook(request: ApiRequest, webhook_id: UUID) -> Status:
    actions.delete_endpoint(request.actor, queries.endpoint_by_uuid(webhook_id))
    return Status(204, None)


@router.post("/api/webhooks/{uuid:webhook_id}/secret", response=WebhookSecretOut)
def renew_webhook_secret(request: ApiRequest, webhook_id: UUID) -> dict[str, Any]:
    """A new secret, shown this once. For a day both sign."""
    endpoint = queries.endpoint_by_uuid(webhook_id)
    return _with_secret(endpoint, actions.renew_secret(request.actor, endpoint))


@router.post("/api/webhooks/{uuid:webhook_id}/test", response={202: WebhookDeliveryOut})
def test_webhook(request: ApiRequest, webhook_id: UUID) -> Status:
    """Post an event `webhook.test`, once. The log says how that went."""
    return Status(202, actions.send_test(request.actor, queries.endpoint_by_uuid(webhook_id)))


@router.post("/api/webhooks/{uuid:webhook_id}/replay", response={202: ReplayOut})
def replay_webhook(request: ApiRequest, webhook_id: UUID, body: ReplayIn) -> Status:
    """Post again what happened since a moment."""
    actions.replay(request.actor, queries.endpoint_by_uuid(webhook_id), body.since, failed_only=body.failed_only)
    return Status(202, ReplayOut())


@router.get("/api/webhooks/{uuid:webhook_id}/deliveries", response=Page[WebhookDeliveryOut])
def list_webhook_deliveries(
    request: ApiRequest, webhook_id: UUID, paging: Query[Paging], state: StateName | None = None
) -> dict[str, Any]:
    """The log, the newest first."""
    endpoint = queries.endpoint_by_uuid(webhook_id)
    require(request.actor, "manage_webhooks")
    return page_of(request, queries.deliveries(endpoint, state=state or ""), paging)


@router.get("/api/webhooks/deliveries/{uuid:delivery_id}", response=WebhookDeliveryDetailOut)
def read_webhook_delivery(request: ApiRequest, delivery_id: UUID) -> Delivery:
    """One event for one address: what is posted, and every attempt."""
    delivery = queries.delivery_by_uuid(delivery_id)
    require(request.actor, "manage_webhooks")
    return delivery


@router.post("/api/webhooks/deliveries/{uuid:delivery_id}/replay", response={202: WebhookDeliveryOut})
def replay_webhook_delivery(request: ApiRequest, delivery_id: UUID) -> Status:
    """Post one event once more, whatever became of it."""
    return Status(202, actions.send_again(request.actor, queries.delivery_by_uuid(delivery_id)))


def _with_secret(endpoint: Endpoint, secret: str) -> dict[str, Any]:
    return {**WebhookOut.from_orm(endpoint).model_dump(), "secret": secret}
