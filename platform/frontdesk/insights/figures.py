"""The figures that a plugin is handed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, TypeVar

from frontdesk.core.scoping import scope
from frontdesk.core.threads import in_thread
from frontdesk.sdk.errors import DataRefused
from frontdesk.sdk.manifest import DataKind, Manifest
from frontdesk.sdk.widgets import MOST_BARS, Dimension, Measure
from frontdesk.workspaces.models import Workspace

from . import dimensions, measures
from .periods import last_days, zone_of

T = TypeVar("T")
# So often may one look at one card ask: a card is drawn many times a day.
MOST_QUESTIONS = 12


class WorkspaceFigures:
    """`frontdesk.sdk.widgets.Figures` over the database, for one look of a plugin."""

    def __init__(self, workspace: Workspace, manifest: Manifest) -> None:
        self._workspace = workspace
        self._manifest = manifest
        self._zone = zone_of(workspace.time_zone)
        self._asked = 0

    async def total(self, measure: Measure, *, days: int, before: int = 0) -> float:
        return await self._ask("figures", lambda: measures.total(measure, last_days(days, before=before, zone=self._zone)))

    async def daily(self, measure: Measure, *, days: int) -> Sequence[tuple[date, float]]:
        return await self._ask("figures", lambda: measures.daily(measure, last_days(days, zone=self._zone)))

    async def top(self, dimension: Dimension, *, days: int, limit: int = 5) -> Sequence[tuple[str, float]]:
        needed: DataKind = "conversations" if dimension == "question_not_found" else "figures"
        most = max(1, min(limit, MOST_BARS))
        return await self._ask(needed, lambda: dimensions.top(dimension, self._workspace, last_days(days, zone=self._zone), most))

    async def _ask(self, needed: DataKind, question: Callable[[], T]) -> T:
        for kind in ("figures", needed):
            if kind not in self._manifest.permissions.data:
                raise DataRefused(f"The plugin {self._manifest.name} did not ask for the data “{kind}”, so it gets none.")
        self._asked += 1
        if self._asked > MOST_QUESTIONS:
            raise DataRefused(f"The plugin {self._manifest.name} asks for more than {MOST_QUESTIONS} figures for one card.")
        return await in_thread(self._in_scope, question)

    def _in_scope(self, question: Callable[[], Any]) -> Any:
        with scope(workspace=self._workspace):
            return question()
