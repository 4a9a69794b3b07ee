"""The bundled cards: what each one says of given figures."""

from __future__ import annotations

from gettext import GNUTranslations
from pathlib import Path
from typing import Any

import frontdesk_cards
import pytest
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.pofile import read_po
from frontdesk_cards.lines import ConversationsByDay, CreditsSpent
from frontdesk_cards.numbers import AnswerSpeed, Feedback, SolvedByAi
from frontdesk_cards.plugin import manifest
from frontdesk_cards.rankings import BusiestHours, TopSources, UnansweredQuestions

from frontdesk.sdk.testing.figures import PlayedFigures
from frontdesk.sdk.testing.widget_contract import WidgetContract, draw

PACKAGE = Path(frontdesk_cards.__file__).parent
ARABIC = PACKAGE / "locale/ar/LC_MESSAGES"


class TestContract(WidgetContract):
    module = "frontdesk_cards.plugin"
    languages = ("en", "ar")


class Told(PlayedFigures):
    """Figures as a test says them, by (measure, period before)."""

    def __init__(self, **told: tuple[float, float]) -> None:
        super().__init__(empty=True)
        self.told = told

    async def total(self, measure: Any, *, days: int, before: int = 0) -> float:
        return self.told[measure][1 if before else 0]


async def show(card: Any, figures: PlayedFigures, language: str = "en", **settings: Any) -> Any:
    return await draw(card, figures, manifest(), language, **settings)


async def test_a_share_compares_with_the_period_before() -> None:
    figures = Told(conversations=(20, 10), handed_over=(2, 4))
    shown = await show(SolvedByAi, figures)
    assert (shown.value, shown.unit) == (90, "%")
    assert shown.change == pytest.approx(0.5)


async def test_nothing_before_is_no_change() -> None:
    shown = await show(SolvedByAi, Told(conversations=(20, 0), handed_over=(0, 0)))
    assert (shown.value, shown.change) == (100, None)


async def test_nothing_at_all_is_said_in_words() -> None:
    assert (await show(SolvedByAi, PlayedFigures(empty=True))).value is None
    assert (await show(AnswerSpeed, PlayedFigures(empty=True))).value is None
    assert (await show(TopSources, PlayedFigures(empty=True))).rows == []


async def test_a_slower_answer_is_not_praised() -> None:
    shown = await show(AnswerSpeed, Told(answer_seconds=(3, 2)))
    assert (shown.value, shown.unit, shown.more_is_better) == (3, "s", False)
    assert shown.change == pytest.approx(0.5)


async def test_feedback_counts_both_thumbs() -> None:
    shown = await show(Feedback, Told(helpful=(3, 1), not_helpful=(1, 1)))
    assert (shown.value, shown.caption) == (75, "helpful, of 4 rated answers")
    assert shown.change == pytest.approx(0.5)


@pytest.mark.parametrize("days", [7, 30, 90])
async def test_a_line_has_a_point_a_day_and_their_sum(days: int) -> None:
    shown = await show(ConversationsByDay, PlayedFigures(empty=False), days=days)
    assert len(shown.points) == days
    assert shown.total == sum(value for _day, value in shown.points)
    assert str(days) in shown.caption


async def test_a_day_on_which_more_was_given_back_costs_nothing() -> None:
    class GivenBack(PlayedFigures):
        async def daily(self, measure: Any, *, days: int) -> Any:
            (day, _value), *rest = await super().daily(measure, days=days)
            return [(day, -4.0), *rest]

    shown = await show(CreditsSpent, GivenBack(empty=True))
    assert {value for _day, value in shown.points} == {0}


async def test_each_question_leads_to_where_its_answer_is_written() -> None:
    first, arabic, long = (await show(UnansweredQuestions, PlayedFigures(empty=False))).rows
    assert first.link == "/studio/write-answer/?question=Do%20you%20have%20oat%20milk%3F"
    assert arabic.link.startswith("/studio/write-answer/?question=%D9%87")
    assert long.link.endswith("x%E2%80%A6")
    assert len(long.link) < 300


async def test_midnight_follows_the_last_hour() -> None:
    shown = await show(BusiestHours, PlayedFigures(empty=False), limit=12)
    assert [row.name for row in shown.rows] == ["17:00–18:00", "09:00–10:00", "00:00–01:00", "23:00–00:00"]


async def test_numbers_take_their_form_in_arabic() -> None:
    captions = [(await show(CreditsSpent, PlayedFigures(empty=True), "ar", days=days)).caption for days in (7, 30)]
    assert captions == ["استُهلك في آخر 7 أيام", "استُهلك في آخر 30 يومًا"]


def test_all_words_are_in_arabic_and_compiled() -> None:
    keywords = {**DEFAULT_KEYWORDS, "phrase": None}
    in_code = {message for _file, _line, message, _comments, _context in extract_from_dir(PACKAGE, keywords=keywords)}
    with (ARABIC / "messages.po").open("rb") as file:
        catalogue = read_po(file, locale="ar")
    assert {message.id for message in catalogue if message.id} == in_code
    assert [message.id for message in catalogue if message.id and (message.fuzzy or not all(_texts(message)))] == []
    with (ARABIC / "messages.mo").open("rb") as file:
        compiled = {text for key, text in GNUTranslations(file)._catalog.items() if key}
    assert compiled == {text for message in catalogue if message.id for text in _texts(message)}


def _texts(message: Any) -> list[str]:
    return [message.string] if isinstance(message.string, str) else list(message.string)
