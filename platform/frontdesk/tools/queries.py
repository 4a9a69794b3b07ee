"""Every read of tools that a surface needs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from .errors import ConnectionNotFound, ToolNotFound
from .models import Connection, HttpTool

KEPT_DAYS = 30


def http_tools() -> QuerySet[HttpTool]:
    return HttpTool.objects.filter(deleted_at=None).order_by("name", "id")


def deleted_http_tools() -> QuerySet[HttpTool]:
    """Those that can still be brought back, the last deleted first."""
    return HttpTool.objects.filter(deleted_at__gte=timezone.now() - timedelta(days=KEPT_DAYS)).order_by("-deleted_at")


def http_tool(key: int | UUID) -> HttpTool:
    """By its id or uuid. Raises ToolNotFound, also for one of another workspace."""
    return _found(http_tools(), key)


def kept_http_tool(uuid: UUID) -> HttpTool:
    """Also one that is deleted and can be brought back. Raises ToolNotFound."""
    return _found(http_tools() | deleted_http_tools(), uuid)


def _found(rows: QuerySet[HttpTool], key: int | UUID) -> HttpTool:
    # An id beyond what the column holds is no row's.
    if isinstance(key, int) and key >= 2**63:
        raise ToolNotFound()
    row = rows.filter(**({"uuid": key} if isinstance(key, UUID) else {"pk": key})).first()
    if row is None:
        raise ToolNotFound()
    return row


def values_of(tool: HttpTool) -> dict[str, Any]:
    """As `values.HttpToolValues` takes them, without the secrets, which stay when they are not sent."""
    return {
        "name": tool.name,
        "description": tool.description,
        "endpoint_url": tool.endpoint_url,
        "http_method": tool.http_method,
        "body_schema": tool.body_schema,
        "headers": tool.headers,
        "ask_first": tool.ask_first,
    }


def connections() -> QuerySet[Connection]:
    return Connection.objects.order_by("name", "id")


def connection(uuid: UUID) -> Connection:
    """Raises ConnectionNotFound."""
    row = Connection.objects.filter(uuid=uuid).first()
    if row is None:
        raise ConnectionNotFound()
    return row
