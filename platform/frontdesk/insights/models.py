"""Which cards stand on a workspace's Home page, and the figures of days that are over."""

from __future__ import annotations

from django.db import models

from frontdesk.core.models import WorkspaceModel


class Board(WorkspaceModel):
    """The cards in their order, as one value: moving one moves the others. A workspace that never arranged any has no row.

    A card is {"id", "widget", "settings"}. `removed` keeps the last ones that were taken away, each with its "place".
    """

    cards = models.JSONField(default=list, blank=True)
    removed = models.JSONField(default=list, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["workspace"], name="one_board_a_workspace")]

    def __str__(self) -> str:
        return f"{len(self.cards)} cards"


class Day(WorkspaceModel):
    """What was counted of one day of the business, by measure (`measures.MEASURES`)."""

    day = models.DateField()
    figures = models.JSONField(default=dict)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["workspace", "day"], name="one_count_a_day")]

    def __str__(self) -> str:
        return f"{self.day}"


# Models of the packages in this room, where Django looks for them.
from .unanswered.models import QuestionGroup, UnansweredQuestion  # noqa: E402, F401
