"""The same work for every workspace, in its scope; one where it fails does not hold up the others."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from frontdesk.core.scoping import scope

from .models import Workspace

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Tally:
    """`done` adds up what the work gave; `failed` says why, by the workspace's short name."""

    workspaces: int = 0
    done: int = 0
    failed: dict[str, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return {"workspaces": self.workspaces, "done": self.done, "failed": self.failed}


def in_each(work: Callable[[Workspace], int], workspaces: Iterable[Workspace] | None = None) -> Tally:
    """Do the work in these workspaces, in all if none are named; it gives how much it did."""
    tally = Tally()
    for workspace in Workspace.objects.order_by("pk").iterator() if workspaces is None else workspaces:
        tally.workspaces += 1
        try:
            with scope(workspace=workspace):
                tally.done += work(workspace)
        except Exception as error:
            logger.exception("%s failed in workspace %s", work.__name__, workspace.slug)
            tally.failed[workspace.slug] = f"{type(error).__name__}: {error}"
    return tally
