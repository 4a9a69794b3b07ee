"""Keeping what went wrong, for the owner to see. Never in the way of what was going on: it is written by a thread of its own."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

from django.apps import apps
from django.db import close_old_connections, transaction
from django.db.models import F
from django.utils import timezone

from frontdesk.core.scoping import unscoped

from .models import Incident

logger = logging.getLogger(__name__)
_writer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="incidents")


def note(workspace: UUID, plugin: str, what: str, problem: str) -> None:
    """Count an incident of a plugin in a workspace; the same part failing again is the same row."""
    _writer.submit(_write, workspace, plugin, what[:100], problem[:300])


def written() -> None:
    """Wait until all that was noted is in the database."""
    _writer.submit(lambda: None).result()


def _write(workspace: UUID, plugin: str, what: str, problem: str) -> None:
    close_old_connections()
    try:
        with unscoped(), transaction.atomic():
            owner = apps.get_model("workspaces", "Workspace").objects.filter(uuid=workspace).values_list("pk", flat=True).first()
            if owner is None:
                return
            row, made = Incident.objects.get_or_create(
                workspace_id=owner, plugin=plugin, what=what, defaults={"problem": problem, "last_at": timezone.now()}
            )
            if not made:
                Incident.objects.filter(pk=row.pk).update(problem=problem, times=F("times") + 1, last_at=timezone.now())
    except Exception:
        logger.exception("an incident of plugin %s could not be written", plugin)
    finally:
        close_old_connections()
