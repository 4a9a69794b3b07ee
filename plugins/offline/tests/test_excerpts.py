"""Which part of a sentence is quoted when there is no room for all of it."""

from __future__ import annotations

import pytest
from frontdesk_offline.evidence import Question, read_question
from frontdesk_offline.excerpts import GAP, excerpt
from frontdesk_offline.languages import detect

SHOW = "After the show of the summer has ended, the price of every ticket is paid back within ten days, by card or in the hall"


def asked(text: str) -> Question:
    return read_question(text, "", detect(text))


def test_the_clauses_that_name_what_is_asked_are_quoted_and_gaps_are_shown() -> None:
    assert excerpt(f"{SHOW}.", 14, asked("When is my ticket paid back?")) == (
        "… the price of every ticket is paid back within ten days …"
    )


def test_as_much_as_there_is_room_for_is_quoted() -> None:
    said = excerpt(f"{SHOW}.", 18, asked("When is my ticket paid back?"))
    assert said == "… the price of every ticket is paid back within ten days, by card or in the hall."


@pytest.mark.parametrize("number", ["24,000", "٢٤،٠٠٠"])
def test_a_number_is_not_cut_at_its_comma(number: str) -> None:
    paid = f"The keeper of the hall paid {number} crowns for all the tickets that were left over, as the notes of the guild say."
    assert excerpt(paid, 13, asked("What did the keeper pay for the tickets?")) == "… as the notes of the guild say."


@pytest.mark.parametrize(
    ("sentence", "question"),
    [
        (f"{SHOW}, unless it was a gift.", "When is my ticket paid back?"),
        (
            "Nach dem Ende der Vorstellung bekommen Sie den Preis der Karte in zehn Tagen zurück, außer bei Geschenken.",
            "Wann bekomme ich den Preis der Karte zurück?",
        ),
        (
            "بعد انتهاء العرض الصيفي نعيد لك ثمن التذكرة كاملا خلال عشرة أيام من طلبك، إلا إذا كانت هدية من صديق.",
            "متى تعيدون ثمن التذكرة؟",
        ),
        ("演出结束以后我们会在十天之内退还您的全部票价，礼品票不能退。", "什么时候退还票价？"),
    ],
)
def test_what_may_be_taken_back_is_not_cut(sentence: str, question: str) -> None:
    assert excerpt(sentence, 14, asked(question)) == ""


def test_nothing_is_quoted_when_no_part_is_worth_it() -> None:
    assert excerpt("The price of every single ticket that was sold for the show is paid back.", 8, asked("ticket price?")) == ""
    assert GAP not in excerpt("The ticket is paid back soon.", 8, asked("When is the ticket paid back?"))
