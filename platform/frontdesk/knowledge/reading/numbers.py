"""Cell values as a person sees them in the spreadsheet (number formats: ISO/IEC 29500-1 §18.8.31).

Two deliberate differences: digits are not grouped, so a search for 18421 finds $18421.20, and dates are ISO 8601.
"""

from __future__ import annotations

import datetime
import re
from decimal import ROUND_HALF_UP, Decimal

from .clean import one_line

_TOKEN = re.compile(
    r'"(?P<quoted>[^"]*)"|\\(?P<escaped>.)|\[\$(?P<currency>[^\]-]*)[^\]]*\]|\[[^\]]*\]|_.|\*.'
    r"|(?P<digits>(?:[0#?][0#?,]*(?:\.[0#?]*)?|\.[0#?]+)(?:[Ee][+-]0+)?)|(?P<other>.)"
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
    return one_line(str(value))


def _moment(value: datetime.datetime, number_format: str) -> str:
    value = (value + datetime.timedelta(microseconds=500_000)).replace(microsecond=0)
    bare = "".join(match["other"] or match["digits"] or "" for match in _TOKEN.finditer(number_format))
    time = value.strftime("%H:%M:%S" if value.second and "s" in bare.lower() else "%H:%M")
    if not _TIME_PARTS.search(bare):
        return value.date().isoformat()
    return f"{value.date().isoformat()} {time}" if _DATE_PARTS.search(bare) else time


def _number(value: float, number_format: str) -> str:
    if value != value or value in (float("inf"), float("-inf")):
        return ""
    sections = number_format.split(";")
    section = sections[1] if value < 0 and len(sections) > 1 else sections[0]
    if "general" in section.lower() or "[<" in section or "[>" in section:
        return _general(value)
    tokens = list(_TOKEN.finditer(section))
    digits = [match["digits"] for match in tokens if match["digits"]]
    others = [match["other"] for match in tokens if match["other"]]
    # Fractions and formats such as 000-0000 put words between digits: the plain number is clearer than half of one.
    if len(digits) != 1 or "/" in others or "@" in others:
        return _general(value)
    place = next(index for index, match in enumerate(tokens) if match["digits"])
    number = _formatted(abs(Decimal(repr(value))), digits[0], percent="%" in others)
    sign = "-" if value < 0 and number.strip("0.") else ""
    return one_line(sign + _words(tokens[:place]) + number + _words(tokens[place + 1 :]))


def _words(tokens: list[re.Match[str]]) -> str:
    """Currency and units around the digits, without the brackets and signs of accounting formats."""
    pieces = (
        match["quoted"] or match["currency"] or (match["escaped"] or match["other"] or "").strip("()+-") for match in tokens
    )
    return "".join(pieces)


def _formatted(value: Decimal, digits: str, *, percent: bool) -> str:
    if "e" in digits.lower():
        return f"{value:.{len(digits.lower().partition('e')[0].partition('.')[2])}E}"
    whole, _, fraction = digits.partition(".")
    value = value.scaleb(2) if percent else value.scaleb(-3 * (len(whole) - len(whole.rstrip(","))))
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
