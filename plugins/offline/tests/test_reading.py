"""How text is cut into pieces, compared and understood, with no model."""

from __future__ import annotations

import pytest
from frontdesk_offline.days import days_in
from frontdesk_offline.languages import detect, small_talk, table
from frontdesk_offline.sentences import LONGEST, pieces
from frontdesk_offline.words import count, stems, tokens
from hypothesis import given
from hypothesis import strategies as st


def texts(passage: str) -> list[str]:
    return [piece.text for piece in pieces(passage, 0)]


@pytest.mark.parametrize(
    ("passage", "expected"),
    [
        (
            "Dr. Smith is here at 5 p.m. on Monday. Call No. 12 first! OK?",
            ["Dr. Smith is here at 5 p.m. on Monday.", "Call No. 12 first!", "OK?"],
        ),
        ("It costs 3.50 euros. J. K. Rowling wrote it.", ["It costs 3.50 euros.", "J. K. Rowling wrote it."]),
        ("商品可在三十天内退货。请带上收据。", ["商品可在三十天内退货。", "请带上收据。"]),
        ("هل تفتحون؟ نعم نفتح. أهلا!", ["هل تفتحون؟", "نعم نفتح.", "أهلا!"]),
        (
            "You can return goods within 30 days of\npurchase, if unopened. Bring the receipt.",
            ["You can return goods within 30 days of purchase, if unopened.", "Bring the receipt."],
        ),
        ("- Bring a towel\n- Bring soap", ["Bring a towel", "Bring soap"]),
        ("| Item | Price |\n|---|---:|\n| Tea | 2 |\n| Latte | 3.20 |", ["Tea – Price: 2", "Latte – Price: 3.20"]),
        ("Item\tPrice\nTea\t2", ["Tea – Price: 2"]),
        ("Item: Tea; Price: 2", ["Tea – Price: 2"]),
        ("Item: Tea, Size: pot, Price: 2", ["Tea – Size: pot, Price: 2"]),
        ("Item: Tea\nPrice: 2\nItem: Latte\nPrice: 3", ["Tea – Price: 2", "Latte – Price: 3"]),
        ("Phone: 030 1234\nAddress: 12 Mill Lane", ["Phone: 030 1234", "Address: 12 Mill Lane"]),
        (
            "Cake Gluten Nuts\nCheesecake yes no\nChocolate brownie yes yes",
            ["Cheesecake – Gluten: yes, Nuts: no", "Chocolate brownie – Gluten: yes, Nuts: yes"],
        ),
        ("", []),
    ],
)
def test_pieces(passage: str, expected: list[str]) -> None:
    assert texts(passage) == expected


def test_headings_go_with_what_is_below_them() -> None:
    found = pieces("# Opening hours\n\nSaturday: 9–17\nSunday: closed\n\n## Returns\n\nBring the receipt.", 3)
    assert [(piece.heading, piece.text, piece.is_line, piece.passage) for piece in found] == [
        ("Opening hours", "Saturday: 9–17", True, 3),
        ("Opening hours", "Sunday: closed", True, 3),
        ("Returns", "Bring the receipt.", False, 3),
    ]


def test_prose_that_wraps_after_a_full_stop_is_no_table() -> None:
    passage = (
        "Tea is served at four in the afternoon, every day of the week.\nIt comes with scones: two of them; more cost one euro."
    )
    assert texts(passage) == [
        "Tea is served at four in the afternoon, every day of the week.",
        "It comes with scones: two of them; more cost one euro.",
    ]


@given(st.text(max_size=600))
def test_any_text_is_cut_into_short_pieces(passage: str) -> None:
    assert all(piece.text.strip() and count(piece.text) <= LONGEST for piece in pieces(passage, 0))


@given(
    st.lists(
        st.sampled_from(
            [
                "bread,milk",
                "and",
                "honey.",
                "we",
                "open",
                "at",
                "9",
                "8:30",
                "|",
                ":",
                ";",
                "\n",
                "\t",
                "-",
                "#",
                "ขนมปัง",
                "面包",
                "خبز",
            ]
        ),
        max_size=300,
    )
)
def test_any_mix_is_cut_into_short_pieces(words: list[str]) -> None:
    assert all(piece.text.strip() and count(piece.text) <= LONGEST for piece in pieces(" ".join(words), 0))


@pytest.mark.parametrize(
    ("text", "code", "expected"),
    [
        ("Mon–Fri 8–18", "en", ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday"]),
        ("Saturday to Monday: 10–12", "en", ["Monday", "Saturday", "Sunday"]),
        ("Sat 9–17, Sun closed", "en", ["Saturday", "Sunday"]),
        ("The sun is up and I sat down at 9", "en", []),
        ("Mon–Fri", "en", []),
        ("Di. bis Do. 9 Uhr", "de", ["Dienstag", "Mittwoch", "Donnerstag"]),
        ("السبت إلى الاثنين 8–10", "ar", ["الاثنين", "السبت", "الأحد"]),
        ("du lundi au mercredi 9h", "fr", ["lundi", "mardi", "mercredi"]),
        ("周一至周三 8点", "zh", ["星期一", "星期二", "星期三"]),
    ],
)
def test_days_that_are_meant(text: str, code: str, expected: list[str]) -> None:
    assert days_in(text, code) == expected


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Are you open on Sunday?", "en"),
        ("Vous êtes ouverts le dimanche ?", "fr"),
        ("Gibt es WLAN?", "de"),
        ("¿Cuánto cuesta un café?", "es"),
        ("Quanto custa um café?", "pt"),
        ("Quanto costa un caffè?", "it"),
        ("Pazar günü açık mısınız?", "tr"),
        ("Sunteți deschiși duminică?", "ro"),
        ("Chủ nhật có mở cửa không?", "vi"),
        ("Вы работаете в воскресенье?", "ru"),
        ("Είστε ανοιχτά την Κυριακή;", "el"),
        ("هل أنتم مفتوحون يوم الأحد؟", "ar"),
        ("کافه ساعت چند باز می‌شود؟", "fa"),
        ("کیا آپ اتوار کو کھلے ہیں؟", "ur"),
        ("האם אתם פתוחים ביום ראשון?", "he"),
        ("क्या आप रविवार को खुले हैं?", "hi"),
        ("วันอาทิตย์เปิดไหม", "th"),
        ("你们星期天营业吗？", "zh"),
        ("😀", "en"),
    ],
)
def test_languages_are_told_apart(text: str, code: str) -> None:
    assert detect(text).code == code


def test_the_hint_decides_what_the_text_does_not() -> None:
    assert detect("WLAN?", "de-AT").code == "de"
    assert detect("سلام", "fa").code == "fa"
    assert detect("12345", "tr").code == "tr"
    assert detect("When do you open?", "de").code == "en"
    assert detect("WLAN?", "xx").code == "en"


def test_every_language_is_complete() -> None:
    assert " ".join(sorted(table())) == "ar de el en es fa fr he hi it pt ro ru th tr ur vi zh"
    for language in table().values():
        assert {kind for _, kind in language.by_length} == {"greeting", "thanks", "bye"}
        assert detect(language.unknown).code == language.code


def test_small_talk_is_nothing_but_small_talk() -> None:
    english = table()["en"]
    assert small_talk("Hello, thank you very much!", english) == "thanks"
    assert small_talk("thanks, bye 👋", english) == "thanks"
    assert small_talk("Hi, do you sell bread?", english) is None
    assert small_talk("high", english) is None


def test_words_are_folded() -> None:
    assert tokens("Crème BRÛLÉE") == ["creme", "brulee"]
    assert tokens("أَهْلًا ١٢") == ["اهلا", "12"]
    assert tokens("面包店 open") == ["面包", "包店", "open"]
    assert stems("opening opened", "english") == ["open", "open"]
    assert count("面包店 is open") == 4
