"""Lines over days."""

from __future__ import annotations

from frontdesk.sdk.context import Context
from frontdesk.sdk.widgets import AnalyticsWidget, Figures, Trend, View

from .periods import LongPeriod, Period
from .words import phrase, words


class ConversationsByDay(AnalyticsWidget):
    slug = "conversations_by_day"
    label = phrase("Conversations")
    description = phrase("How many conversations customers began, day by day.")
    icon = "forum"
    wide = True
    config_model = LongPeriod

    async def look(self, figures: Figures, context: Context) -> View:
        t = words.into(context.language)
        days = context.settings.days
        points = await figures.daily("conversations", days=days)
        caption = t.ngettext("begun in the last %(n)s day", "begun in the last %(n)s days", days) % {"n": days}
        return Trend(points, caption, total=sum(value for _day, value in points))


class CreditsSpent(AnalyticsWidget):
    slug = "credits_spent"
    label = phrase("Credits spent")
    description = phrase("What answers cost, day by day.")
    icon = "toll"
    wide = True
    config_model = Period

    async def look(self, figures: Figures, context: Context) -> View:
        t = words.into(context.language)
        days = context.settings.days
        # What was held before midnight and given back after it would be below zero.
        points = [(day, max(0.0, value)) for day, value in await figures.daily("credits", days=days)]
        caption = t.ngettext("spent in the last %(n)s day", "spent in the last %(n)s days", days) % {"n": days}
        return Trend(points, caption, total=sum(value for _day, value in points))
