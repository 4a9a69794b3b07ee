"""What occurred most."""

from __future__ import annotations

from urllib.parse import quote

from pydantic import Field

from frontdesk.sdk.context import Context
from frontdesk.sdk.widgets import AnalyticsWidget, Bar, Figures, Ranking, View

from .periods import LongPeriod
from .words import phrase, words

WRITE_ANSWER = "/studio/write-answer/?question="
# Of a question, in its link: the form takes no more.
QUESTION = 255


class Listed(LongPeriod):
    limit: int = Field(default=5, ge=3, le=12, title=phrase("How many rows to show"))


class UnansweredQuestions(AnalyticsWidget):
    slug = "unanswered_questions"
    label = phrase("Questions without an answer")
    description = phrase("What customers asked that is not in your knowledge. Choose one to write the answer.")
    icon = "help"
    wide = True
    config_model = Listed

    async def look(self, figures: Figures, context: Context) -> View:
        _ = words.into(context.language).gettext
        found = await figures.top("question_not_found", days=context.settings.days, limit=context.settings.limit)
        rows = [Bar(text, times, WRITE_ANSWER + quote(_shortened(text), safe="")) for text, times in found]
        return Ranking(rows, _("Choose a question to write its answer"), _("Nothing: every question found an answer."))


class TopSources(AnalyticsWidget):
    slug = "top_sources"
    label = phrase("Most used sources")
    description = phrase("The parts of your knowledge that most answers rest on.")
    icon = "menu_book"
    config_model = Listed

    async def look(self, figures: Figures, context: Context) -> View:
        _ = words.into(context.language).gettext
        found = await figures.top("source", days=context.settings.days, limit=context.settings.limit)
        return Ranking(
            [Bar(name, times) for name, times in found], _("answers that rest on it"), _("No answer rests on a source yet.")
        )


class BusiestHours(AnalyticsWidget):
    slug = "busiest_hours"
    label = phrase("Busiest hours")
    description = phrase("When most is asked, so that somebody is there.")
    icon = "schedule"
    wide = True
    config_model = Listed

    async def look(self, figures: Figures, context: Context) -> View:
        _ = words.into(context.language).gettext
        found = await figures.top("hour", days=context.settings.days, limit=context.settings.limit)
        rows = [Bar(f"{int(hour):02}:00\N{EN DASH}{(int(hour) + 1) % 24:02}:00", times) for hour, times in found]
        return Ranking(rows, _("questions in this hour"), _("Nothing was asked yet."))


def _shortened(text: str) -> str:
    return text if len(text) <= QUESTION else text[: QUESTION - 1].rstrip() + "…"
