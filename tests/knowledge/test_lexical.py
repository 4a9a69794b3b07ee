"""Words and pieces of words, in languages with and without spaces."""

from __future__ import annotations

import pytest

from frontdesk.knowledge.explaining import Asked
from frontdesk.knowledge.lexical import ngrams
from frontdesk.knowledge.lexical.languages import detect, scripts
from frontdesk.knowledge.lexical.postings import BLOCK, pack
from frontdesk.knowledge.lexical.reckoning import sought
from frontdesk.knowledge.lexical.terms import query_terms, term_id, terms


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Where is the station and when does it open?", "en"),
        ("Wann wird der Bahnhof geöffnet und wie komme ich zu ihm?", "de"),
        ("¿Dónde está la estación y cuándo abre?", "es"),
        ("Où est la gare et quand est-elle ouverte ?", "fr"),
        ("متى يفتح المتجر في يوم الجمعة؟", "ar"),
        ("Когда открывается магазин в субботу?", "ru"),
        ("स्टेशन कहाँ है और यह कब खुलता है?", "hi"),
        ("สถานีอยู่ที่ไหน", "th"),
        ("车站在哪里", "zh"),
        ("駅はどこですか", "ja"),
        ("역은 어디에 있나요", "ko"),
        ("42 + 17", ""),
    ],
)
def test_the_language_is_told(text: str, code: str) -> None:
    assert detect(text) == code


def test_scripts_are_shares_of_letters() -> None:
    assert scripts("abc абв!") == {"LATIN": 0.5, "CYRILLIC": 0.5}


def test_words_are_stemmed_and_small_words_left_out() -> None:
    assert terms("The openings of our cafés", "en") == ["open", "cafe"]


def test_scripts_without_spaces_become_overlapping_pieces() -> None:
    assert terms("東京都", "ja") == ["東京", "京都"]
    assert "กรุ" in terms("กรุงเทพ", "th")


def test_arabic_spelling_variants_are_one() -> None:
    assert terms("الإدارة", "ar") == terms("الادارة", "ar")


def test_vowel_marks_are_left_out_as_most_writers_do() -> None:
    assert terms("الوِلايات المُتّحِدَة", "ar") == terms("الولايات المتحدة", "ar")
    assert detect("وُلِدَ فِي مَدِينَةٍ عَلَى البَحْرِ") == "ar"
    assert terms("שָׁלוֹם", "he") == terms("שלום", "he")
    (score,) = ngrams.scores([ngrams.count("الولايات المتحدة", ["تقع الوِلايات المُتّحِدَة في أمريكا"])])
    assert score == ngrams.scores([ngrams.count("الولايات المتحدة", ["تقع الولايات المتحدة في أمريكا"])])[0] > 0


def test_digits_of_all_scripts_are_one() -> None:
    assert terms("سنة ١٩٩٥", "ar")[-1] == terms("year 1995", "en")[-1] == "1995"


@pytest.mark.parametrize(("one", "other"), [("بلجيكا", "وبلجيكا"), ("والسكان", "السكان"), ("المدارس", "مدارس")])
def test_arabic_words_have_two_stems_of_which_one_is_shared(one: str, other: str) -> None:
    assert set(terms(one, "ar")) & set(terms(other, "ar"))


def test_a_question_is_stemmed_in_every_language_of_the_passages() -> None:
    (group,) = query_terms("running", {"en", "de", "ar"})
    assert set(group) == {"run", "running"}


def test_a_small_word_of_the_questions_language_is_dropped() -> None:
    assert [group for group in query_terms("what is the price", {"en", "de"}) if "the" in group] == []


@pytest.mark.parametrize(
    ("question", "right", "wrong"),
    [
        ("refrigirator temprature", "Keep the refrigerator at a low temperature.", "Keep the door of the house closed."),
        ("Mannschaftsbus", "Die Fußballmannschaft fährt mit dem Bus.", "Das Wetter bleibt morgen schön."),
        ("المطاعم", "يوجد مطعم قريب من الفندق", "الطقس جميل اليوم"),
        ("北京天气", "北京今天的天气很好", "上海有很多餐厅"),
    ],
)
def test_pieces_find_what_is_spelt_otherwise(question: str, right: str, wrong: str) -> None:
    good, bad = ngrams.scores([ngrams.count(question, [right, wrong])])
    assert good > bad


def test_pieces_of_nothing_score_nothing() -> None:
    assert ngrams.scores([ngrams.count("?!", ["some text"])]).tolist() == [0.0]
    assert ngrams.scores([ngrams.count("words", [])]).tolist() == []


def test_pieces_are_counted_where_they_stand_in_words() -> None:
    counts = ngrams.count("Tea", ["Tea. TEATIME, tee", "coffee", "ΤΕΑ İTEA"])
    # " te", "tea", "ea ", " tea", "tea ".
    assert sorted(counts.table[0].tolist()) == [1, 1, 2, 2, 3]
    assert counts.table[1].sum() == 0
    assert sorted(counts.table[2].tolist()) == [0, 0, 1, 1, 1]
    assert counts.lengths.tolist() == [13 + 10, 6 + 5, 8 + 6]
    assert counts.of([1, 0]).lengths.tolist() == [11, 23]


@pytest.mark.parametrize("word", ["ΟΔΟΣ", "İSTANBUL", "ÉCOLE", "ﬁve"])
def test_capitals_are_found_as_python_lowers_them(word: str) -> None:
    assert ngrams.count(word.lower(), [word]).table.min() == 1


def test_entries_are_packed_numbers() -> None:
    packed = {(term, block): entries for term, block, entries in pack([(7, {"a": 2, "b": 1}), (9, {"a": 1})])}
    assert int.from_bytes(packed[term_id("b"), 0], "little") == 7 << 24 | 3 << 8 | 1
    assert len(packed[term_id("a"), 0]) == 16


def test_many_entries_of_a_term_are_cut_into_blocks() -> None:
    packed = pack([(number, {"a": 1}) for number in range(BLOCK * 2 + 5)])
    blocks = [(block, len(entries) // 8) for _term, block, entries in packed]
    assert blocks == [(0, BLOCK), (1, BLOCK), (2, 5)]


@pytest.mark.parametrize(
    ("question", "rest"),
    [
        ("What was the percentage change in sales between 2018 and 2019?", "What was the in sales 2018 and 2019?"),
        ("Wie war die Veränderung der Einnahmen zwischen 2018 und 2019?", "Wie war die der Einnahmen 2018 und 2019?"),
        ("ما متوسط الإيرادات في ٢٠١٩؟", "ما الإيرادات في ٢٠١٩؟"),
        ("2019 में बिक्री में कितने प्रतिशत की वृद्धि हुई?", "2019 में बिक्री में कितने की हुई?"),
    ],
)
def test_a_year_is_asked_about_without_what_to_reckon(question: str, rest: str) -> None:
    assert sought(question) == rest


@pytest.mark.parametrize(
    "question",
    [
        "What is the difference between a latte and a flat white?",
        "By what percentage did it change in 2019?",
        "What is the value of room 20195?",
        "2018 2019",
    ],
)
def test_a_question_about_no_year_or_nothing_else_stays_as_it_is(question: str) -> None:
    assert sought(question) == question


def test_what_to_reckon_is_not_told_as_missing() -> None:
    assert list(Asked.of("What was the change in sales between 2018 and 2019?", ["en"]).words) == ["sales", "2018", "2019"]
