"""What people type into cells → numbers, dates and booleans.

`1.234` and `03/04/2025` mean two things. A cell is therefore read in a `NumberStyle` or `DateOrder`, and the column it stands
in decides which (`columns`). Digits of other scripts count as digits.
"""

from __future__ import annotations

import datetime
import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Literal

from .words import words

NumberStyle = Literal[".", ","]
DateOrder = Literal["dmy", "mdy"]

_CURRENCY = (
    r"[$€£¥₹₪₺₽₩₫฿₴₦]|US\$|R\$|AED|AUD|BHD|BRL|CAD|CHF|CNY|CZK|DKK|EGP|EUR|GBP|HKD|HUF|IDR|ILS|INR|IQD|JOD|JPY|KRW|KWD|LBP|MAD|"
    r"MXN|MYR|NOK|NZD|OMR|PHP|PKR|PLN|QAR|RON|RUB|SAR|SEK|SGD|THB|TND|TRY|UAH|USD|VND|ZAR|kr\.?|zł|Kč|Ft|﷼|"
    r"ر\.?\s?س\.?|د\.?\s?إ\.?|د\.?\s?ك\.?|ج\.?\s?م\.?|ريال|درهم|دينار|جنيه"
)
_AMOUNT = re.compile(
    rf"(?P<open>\()?\s*(?P<sign>[-+])?\s*(?P<before>{_CURRENCY})?\s*(?P<sign2>[-+])?\s*"
    rf"(?P<number>\d[\d.,'’ ]*|[.,]\d+)\s*(?P<after>%|{_CURRENCY})?\s*(?P<close>\))?"
)
_DIGITS = {
    ".": re.compile(r"(?:\d{1,3}(?P<group>[, '’])\d{3}(?:(?P=group)\d{3})*|\d{1,2}(?:,\d{2})*,\d{3}|\d+)?(?:\.\d+)?"),
    ",": re.compile(r"(?:\d{1,3}(?P<group>[. '’])\d{3}(?:(?P=group)\d{3})*|\d+)?(?:,\d+)?"),
}
_SCIENTIFIC = re.compile(r"[-+]?\d+(?:\.\d+)?[eE][-+]?\d{1,2}")
# Codes, not amounts: what begins with a zero, numbers to call, and more digits than an amount has.
_CODE = re.compile(r"0\d+|\+\d{7,}|\d{16,}")
_ISO = re.compile(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})(?:[T ](\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?Z?)?")
_NUMERIC_DATE = re.compile(
    r"(\d{1,2})([-/.])\s?(\d{1,2})\2\s?(\d{4}|\d{2})(?:,?\s+(\d{1,2}):(\d{2})(?::(\d{2}))?\s*([AaPp]\.?[Mm]\.?)?)?"
)
_NAMED_DATE = re.compile(
    r"(?:(\d{1,2})\.?(?:st|nd|rd|th)?\s+(?:de\s+)?([^\W\d_]+)\.?|([^\W\d_]+)\.?\s+(\d{1,2})(?:st|nd|rd|th)?),?\s+(?:de\s+)?(\d{4})"
)
_LANGUAGES = ("en", "de", "fr", "es", "it", "pt", "nl", "tr", "ar")
_YES, _NO, _NOTHING = (words("cells", name) for name in ("yes", "no", "nothing"))


@dataclass(frozen=True, slots=True)
class Amount:
    """A number with what stands beside it: a currency, `%` (then 0.12 for 12 %), or nothing."""

    number: Decimal
    unit: str = ""


def folded(text: str) -> str:
    """One kind of digit, minus, percent sign and separator, for reading only."""
    if text.isascii():
        return text.strip()
    digits = (
        str(unicodedata.digit(mark)) if mark.isdigit() and not mark.isascii() and mark.isdecimal() else mark for mark in text
    )
    plain = "".join(digits).replace("−", "-").replace("٪", "%").replace("％", "%")
    return plain.replace("٬", "'").replace("٫", ".").replace("\u00a0", " ").replace("\u202f", " ").strip()


def is_nothing(text: str) -> bool:
    return text.strip().casefold() in _NOTHING


def is_code(text: str) -> bool:
    """Digits that name something, such as 00123, a telephone number or the number of a card."""
    plain = folded(text)
    return bool(_CODE.fullmatch(plain.replace(" ", "") if plain.startswith("+") else plain))


@lru_cache(maxsize=4096)
def amount(text: str, style: NumberStyle) -> Amount | None:
    """A number written in a style, or None: `1.234,56 €` in ",", `(12.5%)` in "."."""
    plain = folded(text)
    if "٫" in text:
        style = "."
    if _SCIENTIFIC.fullmatch(plain):
        return Amount(Decimal(plain))
    match = _AMOUNT.fullmatch(plain)
    if not match or bool(match["open"]) != bool(match["close"]) or (match["before"] and match["after"] not in {None, "%"}):
        return None
    digits = match["number"].strip()
    if not digits or not _DIGITS[style].fullmatch(digits):
        return None
    whole = re.sub(r"[^\d.]" if style == "." else r"[^\d,]", "", digits).replace(",", ".")
    number = Decimal(whole)
    if "-" in {match["sign"], match["sign2"]} or match["open"]:
        number = -number
    unit = match["after"] or match["before"] or ""
    return Amount(number.scaleb(-2), "%") if unit == "%" else Amount(number, unit)


@lru_cache(maxsize=4096)
def moment(text: str, order: DateOrder) -> datetime.datetime | datetime.date | None:
    """A date, with a time when one stands there. `31.12.2025` is never read with the month first."""
    plain = folded(text)
    try:
        if match := _ISO.fullmatch(plain):
            year, _mark, month, day, *time = match.groups()
            return _with_time(datetime.date(int(year), int(month), int(day)), time[0], time[1], time[2], None)
        if match := _NUMERIC_DATE.fullmatch(plain):
            first, mark, second, year, *time = match.groups()
            day, month = (second, first) if order == "mdy" and mark != "." else (first, second)
            return _with_time(datetime.date(_year(year), int(month), int(day)), *time)
        if match := _NAMED_DATE.fullmatch(plain):
            day, name, other_name, other_day, year = match.groups()
            number = _months().get((name or other_name).casefold())
            return datetime.date(int(year), number, int(day or other_day)) if number else None
    except ValueError:
        return None
    return None


def boolean(text: str) -> bool | None:
    word = text.strip().casefold()
    return True if word in _YES else False if word in _NO else None


def _year(text: str) -> int:
    """Of two digits, as POSIX reads them: 69–99 are 19xx."""
    number = int(text)
    return number if len(text) == 4 else number + (1900 if number >= 69 else 2000)


def _with_time(
    date: datetime.date, hour: str | None, minute: str | None, second: str | None, half: str | None
) -> datetime.datetime | datetime.date:
    if hour is None or minute is None:
        return date
    number = int(hour)
    if half:
        number = number % 12 + (12 if half[0] in "pP" else 0)
    return datetime.datetime.combine(date, datetime.time(number, int(minute), int(second or 0)))


@lru_cache(maxsize=1)
def _months() -> dict[str, int]:
    """The names of months, long and short, in the languages that spreadsheets come in most."""
    from babel import Locale

    names: dict[str, int] = {}
    for language in _LANGUAGES:
        for form in Locale(language).months.values():
            for width in ("wide", "abbreviated"):
                names.update({name.casefold().rstrip("."): number for number, name in form[width].items()})
    return names
