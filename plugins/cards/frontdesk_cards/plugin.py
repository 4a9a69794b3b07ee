"""What this plugin offers to Frontdesk."""

from __future__ import annotations

from collections.abc import Sequence

from frontdesk.sdk import Manifest, Permissions, hookimpl
from frontdesk.sdk.widgets import AnalyticsWidget

from . import __version__
from .lines import ConversationsByDay, CreditsSpent
from .numbers import AnswerSpeed, Feedback, SolvedByAi
from .rankings import BusiestHours, TopSources, UnansweredQuestions
from .words import phrase


@hookimpl
def manifest() -> Manifest:
    return Manifest(
        slug="cards",
        name=phrase("Cards"),
        version=__version__,
        requires_frontdesk=">=0.1,<1",
        description=phrase("How much is asked, how well it is answered and what it costs, on your Home page."),
        permissions=Permissions(data=("figures", "conversations")),
        icon="dashboard",
    )


@hookimpl
def register_analytics_widgets() -> Sequence[type[AnalyticsWidget]]:
    return [
        ConversationsByDay,
        SolvedByAi,
        AnswerSpeed,
        Feedback,
        UnansweredQuestions,
        TopSources,
        BusiestHours,
        CreditsSpent,
    ]
