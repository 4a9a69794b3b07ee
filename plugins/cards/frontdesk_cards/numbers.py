"""One figure each, and how it changed."""

from __future__ import annotations

from frontdesk.sdk.context import Context
from frontdesk.sdk.widgets import AnalyticsWidget, Figures, Number, View

from .periods import Period, change, share, sums
from .words import phrase, words


class SolvedByAi(AnalyticsWidget):
    slug = "solved_by_ai"
    label = phrase("Solved by the AI")
    description = phrase("The share of conversations that no person had to take over.")
    icon = "auto_awesome"
    config_model = Period

    async def look(self, figures: Figures, context: Context) -> View:
        _ = words.into(context.language).gettext
        days = context.settings.days
        begun, begun_before = await sums(figures, days, "conversations")
        handed, handed_before = await sums(figures, days, "handed_over")
        now, before = share(begun - handed, begun), share(begun_before - handed_before, begun_before)
        return Number(
            now,
            _("of conversations needed no person"),
            change=change(now, before) if now is not None and before else None,
            unit="%",
            empty=_("No conversations yet"),
        )


class AnswerSpeed(AnalyticsWidget):
    slug = "answer_speed"
    label = phrase("How fast answers come")
    description = phrase("From a customer's question to the end of the AI's answer, on average.")
    icon = "speed"
    config_model = Period

    async def look(self, figures: Figures, context: Context) -> View:
        _ = words.into(context.language).gettext
        now, before = await sums(figures, context.settings.days, "answer_seconds")
        return Number(
            now or None,
            _("from question to answer"),
            change=change(now, before) if now else None,
            unit="s",
            more_is_better=False,
            empty=_("No answers yet"),
        )


class Feedback(AnalyticsWidget):
    slug = "feedback"
    label = phrase("Feedback")
    description = phrase("The share of rated answers that customers found helpful.")
    icon = "thumb_up"
    config_model = Period

    async def look(self, figures: Figures, context: Context) -> View:
        t = words.into(context.language)
        days = context.settings.days
        up, up_before = await sums(figures, days, "helpful")
        down, down_before = await sums(figures, days, "not_helpful")
        now, before = share(up, up + down), share(up_before, up_before + down_before)
        rated = int(up + down)
        caption = t.ngettext("helpful, of %(n)s rated answer", "helpful, of %(n)s rated answers", rated) % {"n": rated}
        return Number(
            now,
            caption,
            change=change(now, before) if now is not None and before else None,
            unit="%",
            empty=t.gettext("Nobody has rated an answer yet"),
        )
