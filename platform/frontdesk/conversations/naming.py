"""Names that strangers give themselves."""

from __future__ import annotations

import unicodedata

LONGEST = 200
# Persian and Indian letters and joined emoji need the joiners; a single mark of direction turns nothing around.
KEPT = "\u200c\u200d\u200e\u200f"
# Letters that nobody sees, with which a name would be an empty line.
BLANK = "\u115f\u1160\u2800\u3164\uffa0"


def as_name(said: str) -> str:
    """As it may stand in a list: in one line, turning no text around; empty when nobody could see any of it."""
    kept = "".join(each for each in said if each.isspace() or not _is_hidden(each))
    name = " ".join(kept.split())[:LONGEST].rstrip()
    return name if any(unicodedata.category(each)[0] in "LNPS" for each in name) else ""


def _is_hidden(letter: str) -> bool:
    return letter in BLANK or (letter not in KEPT and unicodedata.category(letter) in ("Cc", "Cf"))
