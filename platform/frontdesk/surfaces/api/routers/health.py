"""Is it alive: for clients, and for operators' probes."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import redis
from django.db import DatabaseError, connection
from ninja import Router, Schema, Status
from psycopg_pool import PoolTimeout

from frontdesk.core import heartbeat
from frontdesk.core.valkey import client

from ..auth import OPTIONAL, ApiRequest

router = Router(tags=["Health"])


class HealthOut(Schema):
    status: str
    user_id: UUID | None = None
    workspace_id: UUID | None = None


class ReadyOut(Schema):
    status: str
    database: bool
    valkey: bool
    worker: bool


@router.get("/api/health", auth=OPTIONAL, response=HealthOut, exclude_unset=True, openapi_extra={"security": [{}]})
def health(request: ApiRequest) -> dict[str, Any]:
    """`{"status": "ok"}`; with a credential also whom it stands for. A key stands for no user."""
    if request.actor is None:
        return {"status": "ok"}
    user = request.actor.user
    return {"status": "ok", "user_id": user.uuid if user else None, "workspace_id": request.actor.workspace.uuid}


@router.get("/api/health/ready", auth=None, response={200: ReadyOut, 503: ReadyOut})
def ready(request: ApiRequest) -> Status:
    """Whether database, Valkey and a worker answer; 503 when one does not."""
    parts = {"database": _database_answers(), "valkey": _valkey_answers(), "worker": heartbeat.worker_alive()}
    well = all(parts.values())
    return Status(200 if well else 503, {"status": "ok" if well else "degraded", **parts})


def _database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        return True
    except (DatabaseError, PoolTimeout):
        return False


def _valkey_answers() -> bool:
    try:
        return bool(client().ping())
    except redis.RedisError:
        return False
