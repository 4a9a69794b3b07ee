"""Days of the week that a text means without naming them: "Mon–Fri 8–18" is also about Wednesday. Names are CLDR's."""

from __future__ import annotations

from functools import cache

import regex
from babel.dates import get_day_names

DIGIT = regex.compile(r"\p{N}")
RANGE = regex.compile(
    r"\.?\s*(?:[-–—~～]|to|through|thru|till?|until|bis|"
    r"à|au|al|a|até|إلى|الى|حتى|по|تا|से|तक|至|到|până la|la|έως|עד|ile|đến|ถึง)\s*",
    regex.IGNORECASE,
)


@cache
def _names(code: str) -> tuple[regex.Pattern[str], dict[str, int], list[str]]:
    """A pattern of all names, name → number of the day, number → full name."""
    wide = get_day_names("wide", locale=code)
    full = [wide[day] for day in range(7)]
    days = {name.rstrip("."): day for day, name in get_day_names("abbreviated", locale=code).items() if len(name.rstrip(".")) > 1}
    days |= {name: day for day, name in wide.items()} | {name.capitalize(): day for day, name in wide.items()}
    longest_first = sorted(days, key=len, reverse=True)
    unspaced = code in ("zh", "th")
    edges = ("", "") if unspaced else (r"(?<!\p{L})", r"(?!\p{L})")
    return regex.compile(f"{edges[0]}(?:{'|'.join(map(regex.escape, longest_first))}){edges[1]}"), days, full


def days_in(text: str, code: str) -> list[str]:
    """Full names of all days that a text with figures in it covers, in the language `code`; empty for other texts."""
    if not DIGIT.search(text):
        return []
    pattern, days, full = _names(code)
    found: set[int] = set()
    last: regex.Match[str] | None = None
    for match in pattern.finditer(text):
        day = days[match.group()]
        found.add(day)
        if last is not None and RANGE.fullmatch(text[last.end() : match.start()]):
            start = days[last.group()]
            found |= {(start + step) % 7 for step in range((day - start) % 7)}
        last = match
    return [full[day] for day in sorted(found)]
