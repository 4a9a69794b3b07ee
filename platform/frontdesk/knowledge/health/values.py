"""What a sentence says in numbers: times, dates, money, shares, years and counts, each in one way of writing it."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from ..lexical.languages import languages
from ..lexical.terms import fold, terms
from .vocabulary import Vocabulary, vocabulary

_DIGIT_OF_A_SCRIPT = re.compile(r"[^\D0-9]")
_CODES = "eur usd gbp jpy inr rub try chf aed sar egp kwd cad aud sek nok dkk pln czk huf ron"
_CURRENCIES = {code: code for code in _CODES.split()} | {
    "€": "eur", "$": "usd", "£": "gbp", "¥": "jpy", "₹": "inr", "₽": "rub", "₺": "try", "₪": "ils", "₩": "krw",
    "euro": "eur", "euros": "eur", "dollar": "usd", "dollars": "usd", "dólares": "usd", "pounds": "gbp", "francs": "chf",
    "franken": "chf", "يورو": "eur", "دولار": "usd", "درهم": "aed", "ريال": "sar", "دينار": "dinar", "جنيه": "egp",
}  # fmt: skip
_MONEY = "|".join(sorted(map(re.escape, _CURRENCIES), key=len, reverse=True))
_NUMBER = r"\d{1,3}(?:[ \u00a0\u202f'’.,]\d{3})+(?:[.,]\d{1,2})?(?!\d)|\d+(?:[.,]\d+)?"
# In the order in which they are tried at each place of the text.
_VALUE = re.compile(
    rf"""
    (?P<iso>\d{{4}}-\d{{2}}-\d{{2}})
    | (?P<dotted>\d{{1,2}}[./]\d{{1,2}}[./]\d{{2,4}})
    | (?P<hour>\d{{1,2}})(?:[:.h](?P<minute>[0-5]\d))?\s*(?P<half>[ap]\.?\s?m\b\.?|uhr\b|o['’]clock)
    | (?P<clock>\d{{1,2}}:[0-5]\d)(?![:\d])
    | (?P<before>(?:(?<!\w)(?:{_MONEY})))\s*(?P<paid>{_NUMBER})
    | (?P<number>{_NUMBER})
      (?:\s*(?P<percent>%|٪|per\s?cent\b|prozent\b|pour\s?cent\b|por\s?ciento\b)|\s*(?P<after>(?:{_MONEY}))(?!\w))?
    """,
    re.VERBOSE,
)
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_BEFORE = re.compile(r"([^\W\d_]+)[\s.#]*$")
YEARS = range(1500, 2100)


@dataclass(frozen=True, slots=True)
class Value:
    """`kind`: time, date, money, percent, year or count; `unit`: the currency, or what is counted."""

    kind: str
    unit: str
    number: str


@dataclass(frozen=True, slots=True)
class Values:
    """`rest` is the sentence without them; `names` are numbers that only name something: "table 3"."""

    found: frozenset[Value]
    names: frozenset[str]
    rest: str


def values_of(sentence: str, language: str) -> Values:
    """The values in a sentence."""
    text = plain(sentence)
    known = vocabulary(language)
    found: set[Value] = set()
    names: set[str] = set()
    rest: list[str] = []
    end = 0
    for match in _VALUE.finditer(text):
        if _within_word(text, match):
            continue
        rest.append(text[end : match.start()])
        end = match.end()
        end = max(end, _take(match, text, sentence, known, language, found, names))
    rest.append(text[end:])
    found |= {Value("count", "", str(known.numbers[word])) for word in _WORD.findall(" ".join(rest)) if word in known.numbers}
    return Values(frozenset(found), frozenset(names), " ".join(rest))


def plain(text: str) -> str:
    """Folded, with the digits of every script as 0 … 9."""
    return _DIGIT_OF_A_SCRIPT.sub(lambda digit: str(unicodedata.decimal(digit[0])), fold(text))


def _within_word(text: str, match: re.Match[str]) -> bool:
    """ "B12" and "3D" are names."""
    before, after = text[match.start() - 1 : match.start()], text[match.end() : match.end() + 1]
    return before.isalpha() and match["before"] is None or (after.isalpha() and match["number"] is not None)


def _take(
    match: re.Match[str], text: str, sentence: str, known: Vocabulary, language: str, found: set[Value], names: set[str]
) -> int:
    """Put what stands here where it belongs; gives where it ends, with its unit."""
    if value := _marked(match):
        found.add(value)
        return match.end()
    digits = match["number"]
    word = _WORD.match(text, match.end() + len(text[match.end() :]) - len(text[match.end() :].lstrip(" .\u00a0-–")))
    if word and word.group() in known.months and "." not in digits and "," not in digits:
        found.add(Value("date", "", f"{known.months[word.group()]:02}-{int(digits):02}"[:12]))
        return word.end()
    before = _BEFORE.search(text, 0, match.start())
    if before and before[1] in known.months and len(digits) <= 2:
        found.add(Value("date", "", f"{known.months[before[1]]:02}-{int(digits):02}"))
        return match.end()
    if len(digits) == 4 and digits.isdigit() and int(digits) in YEARS:
        found.add(Value("year", "", digits))
        return match.end()
    unit = _unit(word.group(), language) if word else ""
    if before and (before[1] in known.labels or (not unit and _named(sentence, before))):
        names.add(f"{before[1]} {digits}")
        return match.end()
    found.add(Value("count", unit, _amount(digits)))
    return word.end() if word and unit else match.end()


def _marked(match: re.Match[str]) -> Value | None:
    """A value that says itself what it is."""
    if match["iso"] or match["dotted"]:
        return Value("date", "", (match["iso"] or match["dotted"]).replace("/", "."))
    if match["clock"]:
        hours, minutes = match["clock"].split(":")
        return Value("time", "", f"{int(hours):02}:{minutes}")
    if match["hour"]:
        afternoon, hour = match["half"].startswith("p"), int(match["hour"])
        hour = hour % 12 + 12 * afternoon if match["half"][0] in "ap" else hour
        return Value("time", "", f"{hour:02}:{match['minute'] or '00'}")
    if match["before"] or match["after"]:
        return Value("money", _CURRENCIES[match["before"] or match["after"]], _amount(match["paid"] or match["number"]))
    return Value("percent", "", _amount(match["number"])) if match["percent"] else None


def _named(sentence: str, before: re.Match[str]) -> bool:
    """ "Apollo 11": a capital in the middle of a sentence. In German every noun has one, so it tells nothing there."""
    start = before.start(1)
    return 0 < start < len(sentence) and sentence[start : start + 1].isupper() and sentence[:start].strip()[-1:] not in {"", ":"}


def _unit(word: str, language: str) -> str:
    stems = terms(word, language if language in languages() else "")
    return stems[0] if stems else ""


def _amount(digits: str) -> str:
    """ "1.234,50" and "1,234.50" are one number. A single separator before three digits groups them."""
    bare = re.sub(r"[ \u00a0\u202f'’]", "", digits)
    marks = [character for character in bare if character in ".,"]
    decimal = ""
    if len(set(marks)) == 2:
        decimal = marks[-1]
    elif len(marks) == 1 and not re.search(r"[.,]\d{3}$", bare):
        decimal = marks[0]
    grouped = "".join(
        "." if character == decimal else character for character in bare if character.isdigit() or character == decimal
    )
    try:
        return f"{Decimal(grouped).normalize():f}"
    except InvalidOperation:
        return grouped
