"""Background work on connected places: refreshing them by hand and by the clock, and disconnecting."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import DateTimeField, ExpressionWrapper, F, Q, Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from frontdesk.core.bell import SWEEPS
from frontdesk.core.jobs import Work, enqueue, job
from frontdesk.core.models import Job
from frontdesk.core.scoping import unscoped

from ..models import SourceConnection
from . import sync

UNFINISHED = [Job.State.QUEUED, Job.State.RUNNING]
AT_ONCE = 50


def start(connection: SourceConnection) -> None:
    """Have a place looked at, unless that is going on. Called inside the action's transaction."""
    connection.job = enqueue(
        "knowledge.sync", workspace=connection.workspace, key=str(connection.pk), connection_id=connection.pk
    )
    connection.tried_at = timezone.now()
    connection.save(update_fields=["job", "tried_at", "updated_at"])


@job("knowledge.sync", lease=30, max_attempts=3)
def sync_connection(work: Work, *, connection_id: int) -> None:
    """Look at a place and learn what is new."""
    kept = SourceConnection.objects.filter(leaving=False, base__deleted_at=None).select_related("base", "workspace")
    connection = kept.filter(pk=connection_id).first()
    if connection is not None:
        sync.run(work, connection)


@job("knowledge.disconnect", lease=60)
def disconnect(work: Work, *, connection_id: int, keep: bool) -> None:
    connection = SourceConnection.objects.select_related("base", "workspace").filter(pk=connection_id, leaving=True).first()
    if connection is not None:
        sync.leave(connection, keep=keep, checkpoint=work.checkpoint)


def refresh_due() -> None:
    """Look at the places whose time has come. Every process may call it at any moment."""
    with unscoped(), transaction.atomic():
        due = SourceConnection.objects.select_for_update(skip_locked=True, of=("self",)).select_related("base", "workspace")
        due = due.filter(leaving=False, base__deleted_at=None).exclude(job__state__in=UNFINISHED)
        for connection in due.filter(Q(tried_at=None) | Q(tried_at__lt=_last_look(timezone.now()))).order_by("tried_at")[
            :AT_ONCE
        ]:
            start(connection)


def _last_look(now: datetime) -> ExpressionWrapper:
    """Before which a place must have been looked at last to be due."""
    interval = Coalesce(F("interval"), F("base__update_interval"))
    return ExpressionWrapper(Value(now) - interval, output_field=DateTimeField())


SWEEPS.append(refresh_due)
