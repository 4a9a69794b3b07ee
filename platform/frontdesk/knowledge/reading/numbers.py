"""Cell values as a person sees them in the spreadsheet (number formats: ISO/IEC 29500-1 §18.8.31).

Two deliberate differences: digits are not grouped, so a search for 18421 finds $18421.20, and dates are ISO 8601.
"""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

from .clean import one_line

_TOKEN = re.compile(
    r'"(?P<quoted>[^"]*)"|\\(?P<escaped>.)|\[\$(?P<currency>[^\]-]*)[^\]]*\]|\[[^\]]*\]|_.|\*.'
    r"|(?P<digits>(?:[0#?][0#?,]*(?:\.[0#?]*)?|\.[0#?]+)(?:[Ee][+-]0+|,*))|(?P<other>.)"
)
_TIME_PARTS = re.compile(r"[hs]|am/pm", re.IGNORECASE)
_DATE_PARTS = re.compile(r"[yd]|mmm", re.IGNORECASE)


def display(value: object, number_format: str = "General") -> str:
    """The text of one cell; "" for an empty one."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        return _number(value, number_format)
    if isinstance(value, datetime.datetime):
        return _moment(value, number_format)
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, datetime.time):
        return value.strftime("%H:%M:%S" if value.second else "%H:%M")
    if isinstance(value, datetime.timedelta):
        minutes, seconds = divmod(round(value.total_seconds()), 60)
        return f"{minutes // 60}:{minutes % 60:02}" + (f":{seconds:02}" if seconds else "")
    return one_line(str(value))


@lru_cache(maxsize=1000)
def _time_of(number_format: str) -> tuple[bool, bool, bool]:
    """Whether a format shows a date, a time, and seconds."""
    bare = "".join(match["other"] or "" for match in _TOKEN.finditer(number_format))
    return bool(_DATE_PARTS.search(bare)), bool(_TIME_PARTS.search(bare)), "s" in bare.lower()


def _moment(value: datetime.datetime, number_format: str) -> str:
    has_date, has_time, has_seconds = _time_of(number_format)
    value = (value + datetime.timedelta(microseconds=500_000)).replace(microsecond=0)
    time = value.strftime("%H:%M:%S" if value.second and has_seconds else "%H:%M")
    if not has_time or (has_date and value.time() == datetime.time()):
        return value.date().isoformat()
    return f"{value.date().isoformat()} {time}" if has_date else time


def _number(value: float, number_format: str) -> str:
    if value != value or value in (float("inf"), float("-inf")):
        return ""
    picture = _picture(number_format, value < 0)
    if picture is None:
        return _general(value)
    number = _formatted(abs(Decimal(repr(value))), picture.digits, percent=picture.percent)
    sign = "-" if value < 0 and number.strip("0.") else ""
    return one_line(sign + picture.before + number + picture.after)


@dataclass(frozen=True, slots=True)
class _Picture:
    """One section of a number format: the digits with the words around them."""

    before: str
    digits: str
    after: str
    percent: bool


@lru_cache(maxsize=1000)
def _picture(number_format: str, negative: bool) -> _Picture | None:
    """None where the plain number says more: General, conditions, fractions, and words between digits (000-0000)."""
    sections = number_format.split(";")
    section = sections[1] if negative and len(sections) > 1 else sections[0]
    if "general" in section.lower() or "[<" in section or "[>" in section:
        return None
    tokens = list(_TOKEN.finditer(section))
    places = [index for index, match in enumerate(tokens) if match["digits"]]
    others = [match["other"] for match in tokens if match["other"]]
    if len(places) != 1 or "/" in others or "@" in others:
        return None
    place = places[0]
    return _Picture(_words(tokens[:place]), tokens[place]["digits"], _words(tokens[place + 1 :]), "%" in others)


def _words(tokens: list[re.Match[str]]) -> str:
    """Currency and units around the digits, without the brackets and signs of accounting formats."""
    pieces = (
        match["quoted"] or match["currency"] or (match["escaped"] or match["other"] or "").strip("()+-") for match in tokens
    )
    return "".join(pieces)


def _formatted(value: Decimal, digits: str, *, percent: bool) -> str:
    if "e" in digits.lower():
        return f"{value:.{len(digits.lower().partition('e')[0].partition('.')[2])}E}"
    thousands = len(digits) - len(digits.rstrip(","))
    whole, _, fraction = digits.rstrip(",").partition(".")
    value = value.scaleb(2 if percent else -3 * thousands)
    value = value.quantize(Decimal(1).scaleb(-len(fraction)), rounding=ROUND_HALF_UP)
    text = f"{value:f}"
    optional = len(fraction) - len(fraction.rstrip("#?"))
    if optional and "." in text:
        kept = text.rstrip("0") if set(text[-optional:]) == {"0"} else text
        text = kept.rstrip(".")
    head, dot, tail = text.partition(".")
    return head.zfill(whole.count("0")) + dot + tail


def _general(value: float) -> str:
    """Excel's General shows eleven digits; floating-point noise behind them is not shown."""
    text = f"{Decimal(f'{value:.12g}'):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
