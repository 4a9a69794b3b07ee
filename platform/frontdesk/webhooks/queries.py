"""Every read of webhooks that a surface needs."""

from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet

from .errors import DeliveryNotFound, EndpointNotFound
from .models import Delivery, Endpoint


def endpoints() -> QuerySet[Endpoint]:
    """The oldest first."""
    return Endpoint.objects.filter(deleted_at=None).select_related("workspace").order_by("id")


def endpoint_by_uuid(uuid: UUID) -> Endpoint:
    """Raises EndpointNotFound."""
    found = endpoints().filter(uuid=uuid).first()
    if found is None:
        raise EndpointNotFound
    return found


def deliveries(endpoint: Endpoint, *, state: str = "") -> QuerySet[Delivery]:
    """The log of an endpoint, the newest first."""
    rows = _deliveries().filter(endpoint=endpoint).order_by("-id")
    return rows.filter(state=state) if state else rows


def delivery_by_uuid(uuid: UUID) -> Delivery:
    """Raises DeliveryNotFound."""
    found = _deliveries().filter(uuid=uuid, endpoint__deleted_at=None).first()
    if found is None:
        raise DeliveryNotFound
    return found


def _deliveries() -> QuerySet[Delivery]:
    return Delivery.objects.select_related("event__workspace", "endpoint__workspace")
