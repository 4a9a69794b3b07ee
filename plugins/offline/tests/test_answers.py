"""What a customer of a café reads: quotes with their source, in English, Arabic and German, or an honest refusal."""

from __future__ import annotations

import tomllib
from importlib.resources import files

import pytest
from frontdesk_offline.languages import KINDS, table
from frontdesk_offline.provider import CHAT, OfflineProvider
from frontdesk_offline.words import count

from frontdesk.sdk.provider import NoConfig
from frontdesk.sdk.testing.answers import Answer, read_answer
from frontdesk.sdk.values import ChatRequest, Passage, message


def passages(*pages: tuple[str, str]) -> list[Passage]:
    return [Passage(100 + number, text, title, 1 - number / 10, number, title) for number, (title, text) in enumerate(pages)]


CAFE = passages(
    (
        "About us",
        "Opening hours: Mon–Fri 8–18, Sat 9–17, Sun closed\nAddress: 12 Mill Lane, next to the old bridge\nPhone: 030 1234",
    ),
    (
        "Menu",
        "Item: Flat white; Size: small; Price: €3.40\nItem: Cappuccino; Size: small; Price: €3.20\n"
        "Item: Cappuccino; Size: large; Price: €3.90\nItem: Earl Grey; Size: pot; Price: €4.10",
    ),
    (
        "Allergens",
        "Allergens in our cakes\nCake Gluten Milk Nuts\nCheesecake yes yes no\nChocolate brownie yes yes yes\n"
        "Flourless orange no no yes\n\nPlease tell us about severe allergies. Our kitchen handles nuts.",
    ),
    (
        "Returns",
        "# Returns and refunds\n\nYou can return unopened coffee beans within 30 days. Bring the receipt and we refund the full\n"
        "price to your card. Opened bags can be exchanged if the beans are stale.\n\n## Gift cards\n\n"
        "Gift cards cannot be returned, but they never expire.",
    ),
    ("Wi-Fi", "We have free Wi-Fi in the garden room. The password is on your receipt. Dogs are welcome on the terrace."),
)
MAQHA = passages(
    ("عن المقهى", "ساعات العمل\nالسبت إلى الخميس: 8 صباحًا – 10 مساءً\nالجمعة: مغلق"),
    ("القائمة", "الصنف: كابتشينو؛ السعر: 18 ريالًا\nالصنف: قهوة عربية؛ السعر: 12 ريالًا؛ الحجم: دلة"),
    ("سياسة الإرجاع", "يمكنك إرجاع حبوب القهوة غير المفتوحة خلال 30 يومًا من الشراء. أحضر الفاتورة معك وسنعيد لك المبلغ كاملًا."),
    ("الحساسية", "الكيك | الجلوتين | الحليب | المكسرات\nكيك الجبن | نعم | نعم | لا\nبراوني | نعم | نعم | نعم"),
)
BAECKEREI = passages(
    ("Über uns", "Öffnungszeiten\n\nMo–Fr: 7–18 Uhr\nSa: 7–13 Uhr\nSo: geschlossen"),
    ("Bestellung", "Torten bestellen Sie bitte zwei Tage vorher. Wir liefern ab 30 Euro frei Haus."),
)


async def ask(knowledge: list[Passage], *said: str, language: str = "", confidence: float | None = None) -> Answer:
    request = ChatRequest(
        CHAT, [message("user", text) for text in said], passages=knowledge, language=language, confidence=confidence
    )
    return await read_answer(OfflineProvider(NoConfig()).chat(request))


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Are you open on Sunday?", "Opening hours: Mon–Fri 8–18, Sat 9–17, Sun closed [1]"),
        ("When are you open?", "Opening hours: Mon–Fri 8–18, Sat 9–17, Sun closed [1]"),
        ("are you open wednesdays", "Opening hours: Mon–Fri 8–18, Sat 9–17, Sun closed [1]"),
        ("How much is a large cappuccino?", "Cappuccino – Size: large, Price: €3.90 [2]"),
        (
            "How much is a cappuccino?",
            "- Cappuccino – Size: small, Price: €3.20 [2]\n- Cappuccino – Size: large, Price: €3.90 [2]",
        ),
        ("price of earl grey", "Earl Grey – Size: pot, Price: €4.10 [2]"),
        ("Does the cheesecake contain nuts?", "Allergens in our cakes – Cheesecake – Gluten: yes, Milk: yes, Nuts: no [3]"),
        ("Do gift cards expire?", "Gift cards cannot be returned, but they never expire. [4]"),
        ("Where are you?", "Address: 12 Mill Lane, next to the old bridge [1]"),
        ("هل", "لا أعرف ذلك. هل تريد أن أطلب من أحد الموظفين مساعدتك؟"),
    ],
)
async def test_the_exact_answer(question: str, expected: str) -> None:
    assert (await ask(CAFE, question)).text == expected


@pytest.mark.parametrize(
    ("question", "holds"),
    [
        ("What is your return policy?", "within 30 days"),
        ("Can I return coffee beans?", "You can return unopened coffee beans within 30 days."),
        ("Do you have wifi?", "free Wi-Fi in the garden room"),
        ("What is the wifi password?", "on your receipt"),
        ("Can I bring my dog?", "Dogs are welcome on the terrace."),
        ("Which cakes have no gluten?", "Flourless orange – Gluten: no"),
        ("What's your phone number?", "030 1234"),
    ],
)
async def test_the_answer_holds(question: str, holds: str) -> None:
    assert holds in (await ask(CAFE, question)).text


@pytest.mark.parametrize(
    ("question", "holds"),
    [
        ("هل أنتم مفتوحون يوم الجمعة؟", "ساعات العمل – الجمعة: مغلق [1]"),
        ("هل تفتحون يوم الثلاثاء؟", "السبت إلى الخميس: 8 صباحًا – 10 مساءً"),
        ("متى تفتحون؟", "السبت إلى الخميس"),
        ("بكم الكابتشينو؟", "كابتشينو – السعر: 18 ريالًا [2]"),
        ("كم سعر القهوة العربية؟", "12 ريالًا"),
        ("ما هي سياسة الإرجاع؟", "خلال 30 يومًا"),
        ("هل يحتوي كيك الجبن على مكسرات؟", "كيك الجبن – الجلوتين: نعم, الحليب: نعم, المكسرات: لا [4]"),
    ],
)
async def test_arabic(question: str, holds: str) -> None:
    assert holds in (await ask(MAQHA, question)).text


@pytest.mark.parametrize(
    ("question", "holds"),
    [
        ("Haben Sie am Samstag geöffnet?", "Öffnungszeiten – Sa: 7–13 Uhr [1]"),
        ("Haben Sie am Mittwoch offen?", "Mo–Fr: 7–18 Uhr"),
        ("Liefern Sie auch?", "Wir liefern ab 30 Euro frei Haus."),
    ],
)
async def test_german(question: str, holds: str) -> None:
    assert holds in (await ask(BAECKEREI, question)).text


@pytest.mark.parametrize(
    ("question", "knowledge", "code"),
    [
        ("Do you deliver to Berlin?", CAFE, "en"),
        ("Who is the president of France?", CAFE, "en"),
        ("Do you take credit cards?", CAFE, "en"),
        ("Can I speak to a human?", CAFE, "en"),
        ("Vendez-vous des vélos électriques ?", CAFE, "fr"),
        ("هل لديكم موقف سيارات؟", MAQHA, "ar"),
        ("من هو رئيس فرنسا؟", MAQHA, "ar"),
        ("Wer ist der Präsident von Frankreich?", BAECKEREI, "de"),
        ("你们卖自行车吗？", CAFE, "zh"),
    ],
)
async def test_what_is_not_known_is_refused_in_the_language_of_the_question(
    question: str, knowledge: list[Passage], code: str
) -> None:
    answer = await ask(knowledge, question)
    assert answer.text == table()[code].unknown
    assert answer.cited == ()


async def test_without_passages_nothing_is_known() -> None:
    assert (await ask([], "When do you open?")).text == table()["en"].unknown


async def test_quotes_name_their_passages() -> None:
    assert (await ask(CAFE, "Do gift cards expire?")).cited == (103,)


async def test_a_follow_up_is_understood_from_the_question_before() -> None:
    first = await ask(CAFE, "Are you open on Sunday?")
    assert (await ask(CAFE, "Are you open on Sunday?", "And on Saturday?")).text == first.text


async def test_the_hosts_confidence_decides_close_calls() -> None:
    sure, unsure = await ask(CAFE, "Can I bring my dog?", confidence=0.9), await ask(CAFE, "Can I bring my dog?", confidence=0.1)
    assert "Dogs are welcome" in sure.text
    assert unsure.text == table()["en"].unknown
    assert (await ask(CAFE, "When are you open?", confidence=0.0)).text == table()["en"].unknown


async def test_an_answer_has_at_most_sixty_words() -> None:
    text = " ".join(
        f"Rule {number}: a return of coffee beans number {number} needs the receipt and takes {number} days."
        for number in range(30)
    )
    answer = await ask(passages(("Returns", text)), "How do I return coffee beans?")
    assert 30 < count(answer.text) <= 63


ARCHIVE = (
    "The archive of the town keeps letters of the river trade, written by the merchants of the old harbor between the great flood"
    " and the building of the new bridge. {} the letters of the river trade were given to the archive by the widow of a merchant,"
    " as the notes of the first keeper say, after a fire had burned down the hall of the guild in which they had lain for two"
    " hundred years."
)
OPENED = "When were the letters of the river trade given to the archive?"


async def test_of_a_further_sentence_without_room_a_part_is_quoted() -> None:
    said = (await ask(passages(("Archive", ARCHIVE.format("In 1901")), ("Hall", "The hall is new.")), OPENED)).text
    assert "In 1901 the letters of the river trade were given to the archive" in said
    assert "…" in said
    assert count(said) <= 63


GARDEN = (
    "The garden has a glass house for palms. It was opened in 1888 by a princess. The palms in the glass house of the garden are"
    " watered at night, so that the leaves stay dry during the day when visitors walk below them. Every palm in the garden has a"
    " small sign of glass that says where it is from, how old it is and who gave it to the house."
)
FERRY = (
    "In 1901 the ferry over the lake was sold to a company of the north shore. The new owners gave it a second deck. A ferry over"
    " the lake can carry forty cars and has a small kitchen, and when the weather is good people sit outside on the deck to watch"
    " the shore. The company of the north shore also has a hotel by the lake, which guests of the ferry can use at a lower price."
)


@pytest.mark.parametrize(
    ("text", "question", "holds"),
    [
        (GARDEN, "When was the glass house for palms opened?", "It was opened in 1888"),
        (FERRY, "What was done to the ferry after it was sold in 1901?", "gave it a second deck"),
    ],
)
async def test_a_sentence_is_read_together_with_the_one_before(text: str, question: str, holds: str) -> None:
    assert holds in (await ask(passages(("Sights", text)), question)).text


async def test_sentences_from_two_passages_have_two_sources() -> None:
    knowledge = passages(
        ("Delivery", "We deliver bread in the city."), ("Prices", "We deliver bread for a price of three euros.")
    )
    answer = await ask(knowledge, "Do you deliver bread in the city, and at what price?")
    assert "[1]" in answer.text
    assert "[2]" in answer.text
    assert set(answer.cited) == {100, 101}


DELIVERY = passages(
    ("الدليل", "للمجموعات الكبيرة يرجى مراسلتنا قبل خمسة أيام. نوصل الكعك ووجبات الغداء إلى البيت. رسوم التوصيل أربعة يوروهات.")
)


async def test_an_answer_does_not_begin_beside_the_point() -> None:
    said = (await ask(DELIVERY, "هل توصلون الكعك؟")).text
    assert said.startswith("نوصل الكعك")
    assert "للمجموعات الكبيرة" in said


async def test_a_sentence_that_overlapping_passages_share_is_said_once() -> None:
    knowledge = passages(
        ("Parking", "Parking is free. It is behind the house."), ("Parking", "It is behind the house. Parking is free.")
    )
    assert (await ask(knowledge, "Is parking free?")).text.count("Parking is free.") == 1


@pytest.mark.parametrize("code", sorted(table()))
async def test_small_talk_in_every_language(code: str) -> None:
    row = tomllib.loads(files("frontdesk_offline").joinpath("languages.toml").read_text(encoding="utf-8"))[code]
    for reply, phrases in KINDS.items():
        for phrase in row[phrases]:
            assert (await ask(CAFE, f"{phrase}!", language=code)).text == row[reply], phrase


async def test_politeness_before_a_question_does_not_hide_it() -> None:
    assert "Sun closed" in (await ask(CAFE, "Hi there, are you open on Sunday? Thanks!")).text


async def test_a_huge_message_is_read_in_part() -> None:
    assert "Sun closed" in (await ask(CAFE, "Are you open on Sunday?" + " " * 2000 + "bicycle " * 100_000)).text


async def test_an_empty_message_is_greeted() -> None:
    assert (await ask(CAFE, "  ")).text == table()["en"].replies["greeting"]
    assert (await read_answer(OfflineProvider(NoConfig()).chat(ChatRequest(CHAT, [])))).text == table()["en"].replies["greeting"]


async def test_chinese_is_streamed_in_pieces() -> None:
    knowledge = passages(("营业时间", "我们周一至周五营业，时间是早上八点到晚上六点。周日休息。"))
    answer = await ask(knowledge, "你们周三营业吗？")
    assert "周一至周五" in answer.text
    assert len(answer.events) > 6


CAKES = passages(
    (
        "Cakes",
        "Cake: Almond and orange cake; Price: 46.00; Vegan: no\nCake: Date and walnut cake; Price: 44.00; Vegan: yes\n"
        "Cake: Lemon and olive oil cake; Price: 42.00; Vegan: yes\nCake: Chocolate and tahini cake; Price: 52.00; Vegan: no",
    )
)


async def test_a_column_of_yes_and_no_chooses_the_rows() -> None:
    said = (await ask(CAKES, "Which cakes are vegan?")).text
    assert "Date and walnut" in said
    assert "Lemon and olive oil" in said
    assert "Almond" not in said
    assert "Chocolate" not in said


async def test_what_is_not_so_is_asked_for_with_a_negation() -> None:
    said = (await ask(CAKES, "Which cakes are not vegan?")).text
    assert "Almond" in said
    assert "Date and walnut" not in said


async def test_a_row_asked_for_by_name_is_shown_though_it_says_no() -> None:
    assert "Almond and orange cake" in (await ask(CAKES, "Is the almond cake vegan?")).text


FAQ = passages(
    ("Guide", "Dogs are welcome on the terrace, and inside when they are on a lead. The toilet is on the ground floor."),
    ("Questions", "Can I bring my own cake for a birthday? Yes, we ask 1.50 euro a person.\n\nDo you have a loyalty card? Yes."),
)


async def test_a_question_in_the_knowledge_is_quoted_with_its_answer() -> None:
    assert "Yes, we ask 1.50 euro a person." in (await ask(FAQ, "Can I bring my own birthday cake?")).text


async def test_a_question_in_the_knowledge_is_no_answer_to_another() -> None:
    said = (await ask(FAQ, "Are dogs welcome inside?")).text
    assert "Dogs are welcome" in said
    assert "?" not in said
