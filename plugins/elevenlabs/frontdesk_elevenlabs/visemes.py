"""From letters and when they are spoken to shapes of a mouth.

ElevenLabs says when each letter is heard, not which sound it is, so this goes by spelling: letters that are written together
for one sound first (English, French, German), then single letters, by what they mostly stand for. The groups are those that
OpenXR gives for its visemes (XrFaceTrackingVisemeMETA). A letter of another script goes by its name in Unicode
("ARABIC LETTER BEH" is a b); where that says nothing, as in Chinese, the mouth opens.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from functools import lru_cache

from frontdesk.sdk.speech import Viseme

TOGETHER = {
    "th": Viseme.TH,
    "sh": Viseme.CH,
    "ch": Viseme.CH,
    "ph": Viseme.FF,
    "ng": Viseme.KK,
    "ck": Viseme.KK,
    "oo": Viseme.OU,
    "ou": Viseme.OU,
    "ee": Viseme.IH,
    "ea": Viseme.IH,
}
GROUPS = {
    Viseme.PP: "pbm",
    Viseme.FF: "fv",
    Viseme.DD: "td",
    Viseme.KK: "kgqcx",
    Viseme.CH: "j",
    Viseme.SS: "sz",
    Viseme.NN: "nl",
    Viseme.RR: "r",
    Viseme.AA: "a",
    Viseme.E: "e",
    Viseme.IH: "iy",
    Viseme.OH: "o",
    Viseme.OU: "uw",
}
LETTERS = {letter: viseme for viseme, letters in GROUPS.items() for letter in letters}
# Letters with a mark that are another sound than without it.
MARKED = {"ş": Viseme.CH, "ç": Viseme.CH, "š": Viseme.CH, "č": Viseme.CH, "ö": Viseme.OH, "ü": Viseme.OU, "ñ": Viseme.NN}
SHAPELESS = frozenset("h")


def timeline(letters: Sequence[str], starts: Sequence[float], after: tuple[float, int]) -> list[tuple[float, int]]:
    """Rows of (start, viseme) that go on from the row `after`, rising; a shape that stays is one row."""
    rows: list[tuple[float, int]] = []
    last = after
    skip = False
    for place, (letter, start) in enumerate(zip(letters, starts, strict=True)):
        if skip:
            skip = False
            continue
        pair = (letter + letters[place + 1]).lower() if place + 1 < len(letters) else ""
        skip = pair in TOGETHER
        viseme = TOGETHER[pair] if skip else shape(letter)
        if viseme is None or viseme == last[1] or start <= last[0]:
            continue
        last = (round(start, 3), int(viseme))
        rows.append(last)
    return rows


@lru_cache(maxsize=4096)
def shape(letter: str) -> Viseme | None:
    """The viseme of one letter; None for one that leaves the mouth as it is."""
    letter = letter.lower()
    if letter in MARKED:
        return MARKED[letter]
    plain = unicodedata.normalize("NFD", letter)[:1]
    if plain in SHAPELESS:
        return None
    if plain in LETTERS:
        return LETTERS[plain]
    category = unicodedata.category(plain)[:1] if plain else ""
    if category not in {"L", "M", "N"}:
        return Viseme.SIL
    return _by_name(plain)


def _by_name(letter: str) -> Viseme | None:
    """What the name of a letter begins with. Cyrillic names such as EF and EM begin with a vowel that is not meant."""
    whole = unicodedata.name(letter, "")
    if unicodedata.category(letter) == "Mn" and "VOWEL" not in whole:
        return None
    name = whole.rsplit(" ", 1)[-1]
    if "-" in name or not name:
        return Viseme.AA
    if len(name) == 2 and name[0] == "E":
        name = name[1]
    if name[:2].lower() in TOGETHER:
        return TOGETHER[name[:2].lower()]
    return None if name[0] == "H" else LETTERS.get(name[0].lower(), Viseme.AA)
