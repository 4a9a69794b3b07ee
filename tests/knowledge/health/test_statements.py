"""What a sentence says, and whether two say different things of one."""

from __future__ import annotations

import pytest

from frontdesk.knowledge.health.contradictions import contradictions
from frontdesk.knowledge.health.duplicates import Text, duplicates
from frontdesk.knowledge.health.statements import statements_of
from frontdesk.knowledge.health.values import values_of

GARDEN = (
    "The garden behind the house has old apple trees, a pond with goldfish and forty chairs"
    " in the shade for guests who stay long."
)


@pytest.mark.parametrize(
    ("language", "sentence", "values"),
    [
        ("en", "Open from 9:00 to 6 pm.", {("time", "", "09:00"), ("time", "", "18:00")}),
        ("de", "Das kostet 1.234,50 € ab 9.30 Uhr.", {("money", "eur", "1234.5"), ("time", "", "09:30")}),
        ("en", "$1,234.50 or 1,200 guests", {("money", "usd", "1234.5"), ("count", "guest", "1200")}),
        ("ar", "الفطور من الساعة ٨:٣٠ ويكلف ٥٠ ريال", {("time", "", "08:30"), ("money", "sar", "50")}),
        ("en", "Founded on 5 May 1998, 20% off", {("date", "", "05-05"), ("year", "", "1998"), ("percent", "", "20")}),
        ("en", "Parking is free for two hours.", {("count", "", "2")}),
        ("en", "See table 3 and the Apollo 11 in B12.", set()),
    ],
)
def test_values_are_read_however_they_are_written(language, sentence, values) -> None:
    assert {(value.kind, value.unit, value.number) for value in values_of(sentence, language).found} == values


def differ(language, *sentences, sources=(1, 2)) -> list[str]:
    said = [
        statement
        for number, (source, text) in enumerate(zip(sources, sentences, strict=True))
        for statement in statements_of(number, source, text, language)
    ]
    return [each.kind for each in contradictions(said)]


@pytest.mark.parametrize(
    ("language", "first", "second", "kind"),
    [
        ("en", "Breakfast is served until 11:00.", "Breakfast is served until 10:30 every day.", "time"),
        ("en", "Cappuccino: 3.50 €", "Cappuccino: 3.80 €", "money"),
        ("en", "Item: Cappuccino; Price: 3.50 €", "Item: Cappuccino; Price: 3.80 €", "money"),
        ("en", "Our hotel has 12 rooms.", "The hotel has 14 rooms.", "count"),
        ("en", "Chairs in the garden: 30", "Chairs in the garden: 40", "count"),
        ("en", "The museum is open on Mondays.", "The museum is closed on Mondays.", "yes_no"),
        ("en", "We do not deliver on Sundays.", "We deliver on Sundays.", "yes_no"),
        ("de", "Hunde sind im Garten erlaubt.", "Hunde sind im Garten nicht erlaubt.", "yes_no"),
        ("ar", "الفطور من الساعة 8:30 صباحا كل يوم", "الفطور من الساعة ٩:٣٠ صباحا كل يوم", "time"),
    ],
)
def test_two_sentences_on_one_thing_that_differ(language, first, second, kind) -> None:
    assert differ(language, first, second) == [kind]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Breakfast is served until 11:00.", "Breakfast is served until 11 am."),
        ("The pool is open from 8:00 to 20:00.", "The sauna is open from 10:00 to 22:00."),
        ("Revenue grew by 3% in 2019.", "Revenue grew by 5% in 2020."),
        ("A double room is 90 EUR for 2 guests.", "A double room is 120 EUR for 3 guests."),
        ("On Mondays the bar opens at 17:00.", "On Sundays the bar opens at 19:00."),
        ("The museum is not open on Mondays.", "The museum is closed on Mondays."),
        ("Table 3 lists the fees of the club.", "Table 4 lists the fees of the club."),
        ("Step 1: the lid of the pan", "Step 2: the lid of the pan"),
        ("Is the museum open on Mondays?", "The museum is closed on Mondays."),
        ("Item: Espresso; Price: 2.20 €", "Item: Cappuccino; Price: 3.80 €"),
        ("Total assets | 795 | 772", "Total assets | 3,728 | 3,940"),
    ],
)
def test_what_agrees_or_speaks_of_two_things_is_left_alone(first, second) -> None:
    assert differ("en", first, second) == []


def test_a_price_list_does_not_contradict_itself() -> None:
    assert differ("en", "Cappuccino: 3.50 €", "Cappuccino: 3.80 €", sources=(1, 1)) == []


@pytest.mark.parametrize(
    ("other", "alike"),
    [(GARDEN, 1.0), (GARDEN.replace("old ", ""), 0.7), (f"Good to know for everybody: {GARDEN}", 0.9)],
)
def test_a_passage_that_stands_in_another_source_too(other, alike) -> None:
    (found,) = duplicates([Text(1, 1, GARDEN), Text(2, 2, other), Text(3, 3, "Something else " * 20)])
    assert (found.first.passage, found.second.passage) == (1, 2)
    assert found.alike >= alike


def test_a_source_may_repeat_itself_and_an_address_may_stand_anywhere() -> None:
    address = "Bakery Rose, 5 High Street, open daily"
    assert duplicates([Text(1, 1, GARDEN), Text(2, 1, GARDEN), Text(3, 2, address), Text(4, 3, address)]) == []
