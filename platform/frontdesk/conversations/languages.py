"""Which language a customer speaks: what the letters of their words say for certain, else what their device is set to."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter

# Scripts that one language is written in, or nearly: the name of each of their letters begins so.
SCRIPTS = {
    "ARABIC": "ar",
    "HEBREW": "he",
    "GREEK": "el",
    "HANGUL": "ko",
    "HIRAGANA": "ja",
    "KATAKANA": "ja",
    "THAI": "th",
    "GEORGIAN": "ka",
    "ARMENIAN": "hy",
}
# Written in one of those scripts, too.
SHARE = {"ar": {"fa", "ur", "ps", "ckb", "sd", "ug"}, "he": {"yi"}}
CODE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,2}")
FEWEST_LETTERS = 3
LOOKED_AT = 500


def spoken(text: str, device: str = "") -> str:
    """A code such as "ar" or "pt-BR", at most ten letters; empty when nobody can tell.

    `device` is what a messenger or a browser says: "en-GB", or a whole Accept-Language header.
    """
    own = _code(device)
    base = own.partition("-")[0].lower()
    written = _by_script(text)
    if written:
        return own if base == written or base in SHARE.get(written, ()) else written
    # Somebody who writes in other letters than their device is in says nothing about which language that is.
    return "" if base in SCRIPTS.values() or base in set().union(*SHARE.values()) else own


def _by_script(text: str) -> str:
    letters = [letter for letter in text[:LOOKED_AT] if letter.isalpha()]
    if len(letters) < FEWEST_LETTERS:
        return ""
    scripts = Counter(unicodedata.name(letter, "").partition(" ")[0] for letter in letters)
    script, number = scripts.most_common(1)[0]
    return SCRIPTS.get(script, "") if 2 * number > len(letters) else ""


def _code(device: str) -> str:
    first = device.partition(",")[0].partition(";")[0].strip().replace("_", "-")
    return first if CODE.fullmatch(first) and len(first) <= 10 else ""
