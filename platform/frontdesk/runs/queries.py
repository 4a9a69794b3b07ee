"""Every read of runs that a surface needs."""

from __future__ import annotations

from uuid import UUID

from .errors import RunNotFound
from .models import Run


def run_by_uuid(uuid: UUID) -> Run:
    """A run of the workspace in scope. Raises RunNotFound."""
    found = Run.objects.select_related("workspace").filter(uuid=uuid).first()
    if found is None:
        raise RunNotFound
    return found


def ever_tried() -> bool:
    """Whether somebody in this workspace has tried an agent in the playground."""
    return Run.objects.filter(test=True, conversation=None).exists()
