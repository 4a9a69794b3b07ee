"""Writing down what happened, in the transaction in which it happens."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from frontdesk.core.jobs import enqueue
from frontdesk.workspaces.models import Workspace

from .models import Event
from .wanted import wanted


def publish(workspace: Workspace, kind: str, data: Callable[[], dict[str, Any]]) -> Event | None:
    """Keep an event if somebody wants its kind. `data` is called only then. The workspace must be in scope."""
    if kind not in wanted(workspace.pk):
        return None
    event = Event.objects.create(workspace=workspace, kind=kind, data=data())
    enqueue("webhooks.fan_out", workspace=workspace, event_id=event.pk)
    return event
