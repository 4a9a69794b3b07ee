"""A plugin's words in other languages."""

from __future__ import annotations

import pytest
from frontdesk_cards.words import words

from frontdesk.sdk.words import Words, said

HOURS = words.phrase("Busiest hours")
IN_ARABIC = "أكثر الساعات ازدحامًا"


def test_a_phrase_is_english_until_it_is_said() -> None:
    assert HOURS == "Busiest hours"
    assert said(HOURS, "en") == "Busiest hours"
    assert said(HOURS, "ar") == IN_ARABIC


def test_what_is_no_phrase_stays_as_it_is() -> None:
    assert said("Busiest hours", "ar") == "Busiest hours"
    assert said(words.phrase(""), "ar") == ""


@pytest.mark.parametrize("language", ["ar-eg", "ar_EG", "ar"])
def test_a_country_falls_back_to_its_language(language: str) -> None:
    assert said(HOURS, language) == IN_ARABIC


@pytest.mark.parametrize("language", ["", "xx", "../../ar", "ar/..", "AR"])
def test_an_unknown_language_leaves_the_english(language: str) -> None:
    assert said(HOURS, language) == "Busiest hours"


def test_a_package_without_translations_speaks_english() -> None:
    assert Words("frontdesk.sdk").into("ar").gettext("Date and time") == "Date and time"
